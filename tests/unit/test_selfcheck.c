/* SPDX-License-Identifier: MIT */
/*
 * test_selfcheck.c - which code a program compares with a checksum: in programs of every toolchain
 * at hand, and in files that are wrong in a chosen place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "elf_file.h"
#include "go_program.h"
#include "gobin/selfcheck.h"
#include "gofuncgraph/gobin.h"

static const char source[] = "package main\n"
			     "\n"
			     "import \"crypto/sha256\"\n"
			     "\n"
			     "func main() { println(sha256.Sum256(nil)[0]) }\n";

/* cmd/internal/obj/fips140.go, IsFIPS(). */
static bool is_fips_package(const char *name)
{
	size_t length = strlen("crypto/internal/fips140");

	return !strncmp(name, "crypto/internal/fips140", length) &&
	       (name[length] == '.' || name[length] == '/');
}

static void expect_by_names(struct gobin *bin, bool has_module)
{
	size_t count, num_checked = 0, num_named = 0;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	for (size_t i = 0; i < count; i++) {
		bool checked = gobin_self_check(bin, funcs[i].va, funcs[i].size);

		num_checked += checked;
		num_named += is_fips_package(funcs[i].name);
		/* Wrappers of method values and such are of the package, and outside of the module;
		 * assembly's own symbols have no package's name. */
		if (checked && !is_fips_package(funcs[i].name) && strchr(funcs[i].name, '/'))
			fail_msg("%s is not of the module", funcs[i].name);
	}
	if (!has_module) {
		assert_int_equal(num_checked, 0);
		return;
	}
	assert_true(num_checked > 50);
	assert_in_range(num_checked, num_named - num_named / 10, num_named + num_named / 10);
	/* What is probed first by whoever wants to know about hashing. */
	for (size_t i = 0; i < count; i++) {
		if (strstr(funcs[i].name, "sha256.(*Digest).Write") ||
		    strstr(funcs[i].name, "sha256.(*Digest).checkSum") ||
		    strstr(funcs[i].name, "sha256.block"))
			assert_non_null(gobin_self_check(bin, funcs[i].va, 1));
	}
}

/* The variable alone says the same as it and the marks in the function table. */
static void expect_by_variable(const char *program, struct gobin *bin, bool has_module)
{
	struct selfcheck found;
	struct image *image;
	size_t count;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	assert_null(image_open(program, &image));
	selfcheck_find(image, NULL, NULL, 0, &found);
	assert_int_equal(found.count, has_module);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(!selfcheck_reason(&found, funcs[i].va, funcs[i].size),
				 !gobin_self_check(bin, funcs[i].va, funcs[i].size));
	image_close(image);
}

static void expect_in_program(const char *program, unsigned minor)
{
	struct gobin *bin;
	struct error *err = gobin_open(program, &bin);

	if (err)
		fail_msg("%s", error_message(err));
	expect_by_names(bin, minor >= 24);
	expect_by_variable(program, bin, minor >= 24);
	gobin_close(bin);
}

/* As sstrip and packers leave it. */
static void drop_section_headers(const char *program)
{
	FILE *file = fopen(program, "r+");
	Elf64_Ehdr ehdr;

	assert_non_null(file);
	assert_int_equal(fread(&ehdr, sizeof(ehdr), 1, file), 1);
	ehdr.e_shoff = 0;
	ehdr.e_shnum = ehdr.e_shstrndx = 0;
	rewind(file);
	assert_int_equal(fwrite(&ehdr, sizeof(ehdr), 1, file), 1);
	fclose(file);
}

static void test_toolchains(void **state)
{
	/* What the system's linker makes is looked at by tests/e2e/test_selfcheck.py. */
	static const char *const options[] = {"", "-ldflags='-s -w'", "-buildmode=pie",
					      "-buildmode=pie -ldflags='-s -w'"};
	char folder[GO_MAX_PATH], path[GO_MAX_PATH + 16], program[GO_MAX_PATH + 16], version[16];
	unsigned num_checked = 0;

	assert_true(go_folder(folder));
	snprintf(program, sizeof(program), "%s/program", folder);
	assert_true(go_write(folder, source, path));
	/* 23: the last one without the module */
	for (unsigned minor = 23; minor < 60; minor++) {
		struct go_toolchain go;
		snprintf(version, sizeof(version), "1.%u", minor);
		if (!go_toolchain_find(&go, version))
			continue;
		/* Once more for arm64, stripped. */
		for (size_t i = 0; i <= sizeof(options) / sizeof(*options); i++) {
			go.goarch = i ? "amd64" : "arm64";
			assert_true(go_build(&go, path, options[i ? i - 1 : 1], program));
			expect_in_program(program, minor);
			drop_section_headers(program);
			expect_in_program(program, minor);
			num_checked++;
		}
	}
	go_remove(folder);
	if (!num_checked)
		skip();
}

/* ---- files made by hand ---- */

#define MAGIC_SIZE 16
static const char magic[MAGIC_SIZE] = "\xff Go fipsinfo \xff";

/* The variable at `at` of the data: says that the module's code is [start, end). */
static void put_info(struct elf_file *file, size_t at, uint64_t start_va, uint64_t end_va)
{
	uint64_t sects[8] = {start_va,
			     end_va,
			     ELF_FILE_DATA_VA,
			     ELF_FILE_DATA_VA,
			     ELF_FILE_DATA_VA,
			     UINT64_MAX - 8,
			     8,
			     0};

	assert_true(at + 120 <= sizeof(file->data));
	memcpy(file->data + at, magic, MAGIC_SIZE);
	memcpy(file->data + at + 56, sects, sizeof(sects));
}

static void find(const void *bytes, size_t len, struct selfcheck *found)
{
	struct image *image;
	char path[64];
	int fd = elf_file_write(bytes, len, path);

	assert_true(fd >= 0);
	assert_null(image_open(path, &image));
	selfcheck_find(image, NULL, NULL, 0, found);
	image_close(image);
	close(fd);
}

static void test_range(void **state)
{
	struct selfcheck found;
	struct elf_file file;

	elf_file_init(&file);
	find(&file, sizeof(file), &found);
	assert_int_equal(found.count, 0);
	assert_null(selfcheck_reason(&found, ELF_FILE_CODE_VA, 16));

	put_info(&file, 0x20, ELF_FILE_CODE_VA + 0x100, ELF_FILE_CODE_VA + 0x200);
	find(&file, sizeof(file), &found);
	assert_int_equal(found.count, 1);
	assert_null(selfcheck_reason(&found, ELF_FILE_CODE_VA, 0x100));
	assert_non_null(selfcheck_reason(&found, ELF_FILE_CODE_VA, 0x101));
	assert_non_null(selfcheck_reason(&found, ELF_FILE_CODE_VA + 0x100, 1));
	assert_non_null(selfcheck_reason(&found, ELF_FILE_CODE_VA + 0x1ff, 1));
	assert_null(selfcheck_reason(&found, ELF_FILE_CODE_VA + 0x200, 1));
	assert_non_null(selfcheck_reason(&found, 0, UINT64_MAX));
	assert_null(selfcheck_reason(&found, UINT64_MAX, UINT64_MAX));
}

static void test_ranges_that_make_no_sense(void **state)
{
	static const struct {
		uint64_t start_va, end_va;
	} rows[] = {
		{ELF_FILE_CODE_VA, ELF_FILE_CODE_VA},
		{ELF_FILE_CODE_VA + 1, ELF_FILE_CODE_VA},
		{ELF_FILE_CODE_VA, UINT64_MAX},
		{ELF_FILE_CODE_VA, ELF_FILE_CODE_VA + ELF_FILE_PART + 1},
		{ELF_FILE_CODE_VA - 1, ELF_FILE_CODE_VA + 1},
		{ELF_FILE_DATA_VA, ELF_FILE_DATA_VA + 1},
		{0, UINT64_MAX},
	};
	struct selfcheck found;
	struct elf_file file;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		elf_file_init(&file);
		put_info(&file, 0, rows[i].start_va, rows[i].end_va);
		find(&file, sizeof(file), &found);
		assert_int_equal(found.count, 0);
	}
	/* Cut off by the end of the data. */
	elf_file_init(&file);
	memcpy(file.data + sizeof(file.data) - MAGIC_SIZE, magic, MAGIC_SIZE);
	find(&file, sizeof(file), &found);
	assert_int_equal(found.count, 0);
}

/* Wherever it begins, also across what is read in one go. */
static void test_every_place(void **state)
{
	static struct {
		struct elf_file file;
		uint8_t more[0x10000];
	} large;
	struct selfcheck found;

	for (size_t at = 16384 - 130; at < 16384 + 20; at++) {
		memset(&large, 0, sizeof(large));
		elf_file_init(&large.file);
		large.file.data_phdr.p_filesz = large.file.data_phdr.p_memsz =
			ELF_FILE_PART + sizeof(large.more);
		uint64_t sects[2] = {ELF_FILE_CODE_VA, ELF_FILE_CODE_VA + 8};
		uint8_t *info = large.file.data + at;
		memcpy(info, magic, MAGIC_SIZE);
		memcpy(info + 56, sects, sizeof(sects));
		find(&large, sizeof(large), &found);
		assert_int_equal(found.count, 1);
	}
}

/* More than there can be: then nothing at all may be probed. */
static void test_too_many(void **state)
{
	struct selfcheck found;
	struct elf_file file;

	elf_file_init(&file);
	for (size_t i = 0; i <= SELFCHECK_MAX_RANGES; i++)
		put_info(&file, i * 128, ELF_FILE_CODE_VA + i, ELF_FILE_CODE_VA + i + 1);
	find(&file, sizeof(file), &found);
	assert_int_equal(found.count, SELFCHECK_MAX_RANGES);
	assert_non_null(selfcheck_reason(&found, ELF_FILE_CODE_VA + 0x800, 1));

	/* The same again is no other. */
	for (size_t i = 0; i <= SELFCHECK_MAX_RANGES; i++)
		put_info(&file, i * 128, ELF_FILE_CODE_VA, ELF_FILE_CODE_VA + 1);
	find(&file, sizeof(file), &found);
	assert_int_equal(found.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_toolchains),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_ranges_that_make_no_sense),
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
