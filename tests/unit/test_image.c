/* SPDX-License-Identifier: MIT */
/* test_image.c - ELF files that are right, cut short, contradictory or not ELF at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "elf_file.h"
#include "gobin/image.h"

/* NULL and no error, or an image. The file may be gone: what is needed is read from its fd. */
static struct image *try_open(const void *bytes, size_t len, struct error **err)
{
	struct image *image;
	char path[64];
	int fd = elf_file_write(bytes, len, path);

	assert_true(fd >= 0);
	*err = image_open(path, &image);
	assert_true(!*err == !!image);
	close(fd);
	return image;
}

static struct image *open_good(const struct elf_file *file)
{
	struct error *err;
	struct image *image = try_open(file, sizeof(*file), &err);

	assert_null(err);
	return image;
}

static void expect_error(const void *bytes, size_t len, const char *part)
{
	_cleanup_error_ struct error *err = NULL;
	struct image *image = try_open(bytes, len, &err);

	assert_null(image);
	if (!strstr(error_message(err), part))
		fail_msg("\"%s\" does not say \"%s\"", error_message(err), part);
}

static void test_addresses(void **state)
{
	struct elf_file file;
	uint64_t off;

	elf_file_init(&file);
	file.code[0] = 0x90;
	file.data[ELF_FILE_PART - 1] = 7;
	struct image *image = open_good(&file);
	assert_false(image_is_pie(image));
	assert_int_equal(image_start_code_va(image), ELF_FILE_CODE_VA);
	assert_true(image_va_to_off(image, ELF_FILE_CODE_VA + 5, &off));
	assert_int_equal(off, ELF_FILE_PART + 5);
	assert_false(image_va_to_off(image, ELF_FILE_CODE_VA - 1, &off));
	assert_false(image_va_to_off(image, ELF_FILE_CODE_VA + ELF_FILE_PART, &off));
	/* In memory, but not in the file. */
	assert_false(image_va_to_off(image, ELF_FILE_DATA_VA + ELF_FILE_PART, &off));
	assert_int_equal(*image_at_va(image, ELF_FILE_CODE_VA, 1), 0x90);
	assert_int_equal(*image_at_va(image, ELF_FILE_DATA_VA + ELF_FILE_PART - 1, 1), 7);
	assert_null(image_at_va(image, ELF_FILE_DATA_VA + ELF_FILE_PART - 1, 2));
	assert_null(image_at_va(image, ELF_FILE_DATA_VA, UINT64_MAX));
	assert_null(image_at_va(image, ELF_FILE_DATA_VA, 0));
	assert_null(image_at_off(image, UINT64_MAX, 1));
	assert_null(image_at_off(image, 1, UINT64_MAX));
	assert_true(image_va_is_code(image, ELF_FILE_CODE_VA));
	assert_false(image_va_is_code(image, ELF_FILE_DATA_VA));
	image_close(image);
}

static void test_strings(void **state)
{
	struct elf_file file;

	elf_file_init(&file);
	memset(file.data, 'x', sizeof(file.data));
	file.data[300] = 0;
	struct image *image = open_good(&file);
	assert_int_equal(strlen(image_string_at_va(image, ELF_FILE_DATA_VA, 1000)), 300);
	assert_null(image_string_at_va(image, ELF_FILE_DATA_VA, 300));
	assert_non_null(image_string_at_va(image, ELF_FILE_DATA_VA, 301));
	/* Unterminated. */
	assert_null(image_string_at_va(image, ELF_FILE_DATA_VA + 301, SIZE_MAX));
	image_close(image);
}

/* A file that loses its end while it is open makes reads fail, not us. */
static void test_cut_while_open(void **state)
{
	struct elf_file file;
	struct image *image;
	char path[64];

	elf_file_init(&file);
	static uint8_t large[sizeof(file) + (1 << 20)];
	file.data_phdr.p_filesz = file.data_phdr.p_memsz = ELF_FILE_PART + (1 << 20);
	memcpy(large, &file, sizeof(file));
	int fd = elf_file_write(large, sizeof(large), path);
	assert_true(fd >= 0);
	struct error *err = image_open(path, &image);
	assert_null(err);
	assert_int_equal(ftruncate(fd, 8192), 0);
	assert_null(image_at_va(image, ELF_FILE_DATA_VA + (1 << 19), 16));
	image_close(image);
	close(fd);
}

static void test_not_elf(void **state)
{
	struct elf_file file;

	expect_error("", 0, "not an ELF");
	expect_error("#!/bin/sh\n", 10, "not an ELF");
	elf_file_init(&file);
	expect_error(&file, sizeof(Elf64_Ehdr) - 1, "not an ELF");
	file.ehdr.e_ident[EI_CLASS] = ELFCLASS32;
	expect_error(&file, sizeof(file), "x86-64");
	elf_file_init(&file);
	file.ehdr.e_machine = EM_RISCV;
	expect_error(&file, sizeof(file), "x86-64 and arm64");
	elf_file_init(&file);
	file.ehdr.e_type = ET_REL;
	expect_error(&file, sizeof(file), "not an executable");

	struct image *image;
	_cleanup_error_ struct error *folder = image_open("/", &image);
	assert_non_null(strstr(error_message(folder), "regular file"));
	_cleanup_error_ struct error *missing = image_open("/no/such/file", &image);
	assert_non_null(strstr(error_message(missing), "No such file"));
}

static void test_fifo_does_not_block(void **state)
{
	char path[] = "/tmp/gofuncgraph-fifo.XXXXXX";
	struct image *image;

	assert_non_null(mkdtemp(path));
	_cleanup_free_ char *fifo = NULL;
	assert_true(asprintf(&fifo, "%s/fifo", path) > 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	_cleanup_error_ struct error *err = image_open(fifo, &image);
	unlink(fifo);
	rmdir(path);
	assert_non_null(err);
}

static void test_broken_headers(void **state)
{
	struct elf_file file;

	elf_file_init(&file);
	file.ehdr.e_phoff = UINT64_MAX - 10;
	expect_error(&file, sizeof(file), "program headers");
	elf_file_init(&file);
	file.ehdr.e_phnum = 65535;
	expect_error(&file, sizeof(file), "program headers");
	elf_file_init(&file);
	file.ehdr.e_phentsize = 1;
	expect_error(&file, sizeof(file), "program headers");
	elf_file_init(&file);
	expect_error(&file, sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), "program headers");
	elf_file_init(&file);
	file.code_phdr.p_flags = PF_R;
	expect_error(&file, sizeof(file), "executable segment");
}

static void test_broken_segments(void **state)
{
	struct elf_file file;
	uint64_t off;

	/* Wraps around the address space: left out. */
	elf_file_init(&file);
	file.data_phdr.p_vaddr = UINT64_MAX - 10;
	struct image *image = open_good(&file);
	assert_false(image_va_to_off(image, UINT64_MAX - 10, &off));
	assert_false(image_va_to_off(image, 0, &off));
	image_close(image);

	/* Longer than the file, and beyond its end. */
	elf_file_init(&file);
	file.data_phdr.p_filesz = file.data_phdr.p_memsz = UINT64_MAX / 2;
	image = open_good(&file);
	assert_int_equal(image_available(image, ELF_FILE_DATA_VA), ELF_FILE_PART);
	image_close(image);
	elf_file_init(&file);
	file.data_phdr.p_offset = UINT64_MAX - 5;
	image = open_good(&file);
	assert_int_equal(image_available(image, ELF_FILE_DATA_VA), 0);
	image_close(image);

	/* Overlapping: each address has one place. */
	elf_file_init(&file);
	file.data_phdr.p_vaddr = ELF_FILE_CODE_VA + 16;
	image = open_good(&file);
	assert_int_equal(image_available(image, ELF_FILE_CODE_VA), 16);
	assert_true(image_va_to_off(image, ELF_FILE_CODE_VA + 16, &off));
	assert_int_equal(off, 2 * ELF_FILE_PART);
	image_close(image);
}

static void test_broken_sections(void **state)
{
	struct elf_file file;
	size_t count;

	elf_file_init(&file);
	file.ehdr.e_shentsize = sizeof(Elf64_Shdr);
	file.ehdr.e_shoff = 2 * ELF_FILE_PART;
	file.ehdr.e_shnum = 3;
	file.ehdr.e_shstrndx = 2;
	Elf64_Shdr *shdrs = (Elf64_Shdr *)file.data;
	shdrs[1] = (Elf64_Shdr){.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_size = UINT64_MAX};
	shdrs[2] = (Elf64_Shdr){
		.sh_name = 7, .sh_type = SHT_STRTAB, .sh_offset = ELF_FILE_PART, .sh_size = 20};
	memcpy(file.code, "\0.text\0.names\0unfinished", 24);
	struct image *image = open_good(&file);
	/* One that reaches beyond the file is none. */
	assert_null(image_section(image, ".text"));
	assert_non_null(image_section(image, ".names"));
	image_close(image);

	/* A name that does not end. */
	shdrs[2].sh_name = 14;
	image = open_good(&file);
	image_sections(image, &count);
	assert_int_equal(count, 3);
	assert_null(image_section(image, "unfini"));
	image_close(image);

	file.ehdr.e_shnum = 65535;
	image = open_good(&file);
	image_sections(image, &count);
	assert_int_equal(count, 0);
	image_close(image);
}

/* DT_RELA at data + 0x100, what it relocates at data + 0x200. */
static void make_relocated(struct elf_file *file, const Elf64_Rela *relocations, size_t count)
{
	Elf64_Dyn dynamic[] = {
		{.d_tag = DT_RELA, .d_un.d_ptr = ELF_FILE_DATA_VA + 0x100},
		{.d_tag = DT_RELASZ, .d_un.d_val = count * sizeof(*relocations)},
		{.d_tag = DT_RELAENT, .d_un.d_val = sizeof(*relocations)},
		{.d_tag = DT_NULL},
	};

	elf_file_init(file);
	file->ehdr.e_type = ET_DYN;
	file->ehdr.e_phnum = 3;
	file->more_phdrs[0] = (Elf64_Phdr){
		.p_type = PT_DYNAMIC,
		.p_vaddr = ELF_FILE_DATA_VA,
		.p_filesz = sizeof(dynamic),
	};
	memcpy(file->data, dynamic, sizeof(dynamic));
	memcpy(file->data + 0x100, relocations, count * sizeof(*relocations));
}

static void test_relocations(void **state)
{
	const Elf64_Rela relocations[] = {
		{ELF_FILE_DATA_VA + 0x210, ELF64_R_INFO(0, R_X86_64_RELATIVE), 0x1234},
		{ELF_FILE_DATA_VA + 0x200, ELF64_R_INFO(0, R_X86_64_RELATIVE), 0x5678},
		{ELF_FILE_DATA_VA + 0x208, ELF64_R_INFO(0, R_X86_64_TPOFF64), 16},
	};
	struct image_relocation relocation;
	struct elf_file file;
	uint64_t value;
	size_t count;

	make_relocated(&file, relocations, 3);
	file.data[0x218] = 9;
	struct image *image = open_good(&file);
	assert_true(image_is_pie(image));
	assert_true(image_read_pointer(image, ELF_FILE_DATA_VA + 0x200, &value));
	assert_int_equal(value, 0x5678);
	assert_true(image_read_pointer(image, ELF_FILE_DATA_VA + 0x210, &value));
	assert_int_equal(value, 0x1234);
	/* Without one, what is in the file. */
	assert_true(image_read_pointer(image, ELF_FILE_DATA_VA + 0x218, &value));
	assert_int_equal(value, 9);
	assert_false(image_read_pointer(image, 0, &value));
	const struct image_relative *relatives = image_relatives(image, &count);
	assert_int_equal(count, 2);
	assert_true(relatives[0].va < relatives[1].va);
	assert_true(image_relocation_at(image, ELF_FILE_DATA_VA + 0x208, &relocation));
	assert_int_equal(relocation.type, R_X86_64_TPOFF64);
	assert_int_equal(relocation.addend, 16);
	image_close(image);
}

static void test_broken_relocations(void **state)
{
	Elf64_Rela relocation = {0};
	struct elf_file file;
	uint64_t value;
	size_t count;

	make_relocated(&file, &relocation, 1);
	((Elf64_Dyn *)file.data)[1].d_un.d_val = UINT64_MAX;
	struct image *image = open_good(&file);
	assert_null(image_relatives(image, &count));
	assert_true(image_read_pointer(image, ELF_FILE_DATA_VA + 0x200, &value));
	image_close(image);

	make_relocated(&file, &relocation, 1);
	file.more_phdrs[0].p_vaddr = UINT64_MAX - 8;
	file.more_phdrs[0].p_filesz = UINT64_MAX;
	image = open_good(&file);
	assert_null(image_relatives(image, &count));
	image_close(image);
}

/* DT_SYMTAB and DT_STRTAB behind what make_relocated() writes. */
static void add_symbols(struct elf_file *file, const Elf64_Sym *symbols, size_t size,
			const char *strings, size_t strings_size)
{
	Elf64_Dyn *dyn = (Elf64_Dyn *)file->data;

	while (dyn->d_tag != DT_NULL)
		dyn++;
	*dyn++ = (Elf64_Dyn){.d_tag = DT_SYMTAB, .d_un.d_ptr = ELF_FILE_DATA_VA + 0x400};
	*dyn++ = (Elf64_Dyn){.d_tag = DT_STRTAB, .d_un.d_ptr = ELF_FILE_DATA_VA + 0x500};
	*dyn++ = (Elf64_Dyn){.d_tag = DT_NULL};
	file->more_phdrs[0].p_filesz = (uint8_t *)dyn - file->data;
	memcpy(file->data + 0x400, symbols, size);
	memcpy(file->data + 0x500, strings, strings_size);
}

static void test_dynamic_symbols(void **state)
{
	const Elf64_Rela relocations[] = {
		{ELF_FILE_DATA_VA + 0x200, ELF64_R_INFO(1, R_X86_64_TPOFF64), 0},
		{ELF_FILE_DATA_VA + 0x208, ELF64_R_INFO(2, R_X86_64_TPOFF64), 0},
		{ELF_FILE_DATA_VA + 0x210, ELF64_R_INFO(UINT32_MAX, R_X86_64_TPOFF64), 0},
	};
	const Elf64_Sym symbols[3] = {
		[1] = {.st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_TLS)},
		[2] = {.st_name = 6,
		       .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_TLS),
		       .st_shndx = 5,
		       .st_value = 24},
	};
	struct image_dynamic_symbol symbol;
	struct image_relocation found;
	struct elf_file file;

	make_relocated(&file, relocations, 3);
	add_symbols(&file, symbols, sizeof(symbols), "\0here\0there", 12);
	struct image *image = open_good(&file);
	assert_true(image_relocation_naming(image, R_X86_64_TPOFF64, "there", &found));
	assert_int_equal(found.va, ELF_FILE_DATA_VA + 0x208);
	assert_true(image_dynamic_symbol(image, found.symbol, &symbol));
	assert_true(symbol.is_defined);
	assert_int_equal(symbol.type, STT_TLS);
	assert_int_equal(symbol.value, 24);
	assert_true(image_relocation_naming(image, R_X86_64_TPOFF64, "here", &found));
	assert_true(image_dynamic_symbol(image, found.symbol, &symbol));
	assert_false(symbol.is_defined);
	assert_false(image_relocation_naming(image, R_X86_64_TPOFF64, "her", &found));
	assert_false(image_relocation_naming(image, R_X86_64_DTPMOD64, "here", &found));
	/* Number 0 is no symbol, and the table has an end. */
	assert_false(image_dynamic_symbol(image, 0, &symbol));
	assert_false(image_dynamic_symbol(image, UINT32_MAX, &symbol));
	image_close(image);
}

/* Whether it is taken for a library, with one more program header and DT_FLAGS_1. */
static bool is_library(uint16_t type, uint32_t phdr_type, uint64_t flags_1)
{
	struct elf_file file;

	make_relocated(&file, &(Elf64_Rela){0}, 1);
	file.ehdr.e_type = type;
	file.ehdr.e_phnum = 4;
	file.more_phdrs[1] = (Elf64_Phdr){.p_type = phdr_type};
	((Elf64_Dyn *)file.data)[2] = (Elf64_Dyn){.d_tag = DT_FLAGS_1, .d_un.d_val = flags_1};
	((Elf64_Dyn *)file.data)[3] = (Elf64_Dyn){.d_tag = DT_NULL};
	file.more_phdrs[0].p_filesz = 4 * sizeof(Elf64_Dyn);
	struct image *image = open_good(&file);
	bool result = image_is_library(image);
	image_close(image);
	return result;
}

static void test_libraries(void **state)
{
	assert_true(is_library(ET_DYN, PT_NULL, DF_1_NOW));
	assert_false(is_library(ET_DYN, PT_INTERP, DF_1_NOW));
	assert_false(is_library(ET_DYN, PT_NULL, DF_1_NOW | DF_1_PIE)); /* static-pie */
	assert_false(is_library(ET_EXEC, PT_NULL, 0));
}

static void test_packed(void **state)
{
	struct elf_file file;

	elf_file_init(&file);
	struct image *image = open_good(&file);
	assert_false(image_is_packed(image));
	image_close(image);
	/* struct l_info, behind the program headers */
	memcpy((uint8_t *)&file.more_phdrs[0] + 4, "UPX!", 4);
	image = open_good(&file);
	assert_true(image_is_packed(image));
	image_close(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_cut_while_open),
		cmocka_unit_test(test_not_elf),
		cmocka_unit_test(test_fifo_does_not_block),
		cmocka_unit_test(test_broken_headers),
		cmocka_unit_test(test_broken_segments),
		cmocka_unit_test(test_broken_sections),
		cmocka_unit_test(test_relocations),
		cmocka_unit_test(test_broken_relocations),
		cmocka_unit_test(test_dynamic_symbols),
		cmocka_unit_test(test_libraries),
		cmocka_unit_test(test_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
