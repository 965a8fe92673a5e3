/* SPDX-License-Identifier: MIT */
/*
 * test_layout.c - where the runtime keeps things: the table against DWARF, and the place of g
 * against the code of programs that are linked in every way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>

#include "elf_file.h"
#include "go_program.h"
#include "gobin/allgs.h"
#include "gobin/dwarf.h"
#include "gobin/layout.h"
#include "gobin/tls.h"
#include "gofuncgraph/gobin.h"
#include "gofuncgraph/maps.h"

#define SOURCE "package main\n\nfunc main() {\n\tprintln(1)\n}\n"
#define CGO_SOURCE                                                                                 \
	"package main\n\n"                                                                         \
	"// static __thread int tls[30];\n"                                                        \
	"// static int twice(int x) { return tls[x % 30] + 2 * x; }\n"                             \
	"import \"C\"\n\nfunc main() {\n\tprintln(C.twice(21))\n}\n"

struct fixture {
	char folder[GO_MAX_PATH];
	char source[GO_MAX_PATH + 16];
	char cgo_source[GO_MAX_PATH + 16];
	char program[GO_MAX_PATH + 16];
};

static bool write_file(const char *path, const char *text)
{
	_cleanup_fclose_ FILE *file = fopen(path, "w");

	return file && fputs(text, file) >= 0;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || !go_folder(fixture->folder))
		return -1;
	snprintf(fixture->source, sizeof(fixture->source), "%s/main.go", fixture->folder);
	snprintf(fixture->cgo_source, sizeof(fixture->cgo_source), "%s/cgo.go", fixture->folder);
	snprintf(fixture->program, sizeof(fixture->program), "%s/program", fixture->folder);
	*state = fixture;
	return write_file(fixture->source, SOURCE) && write_file(fixture->cgo_source, CGO_SOURCE)
		       ? 0
		       : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	go_remove(fixture->folder);
	free(fixture);
	return 0;
}

static void expect_row(const char *version, unsigned minor, const struct gobin_layout *want,
		       bool certain)
{
	struct gobin_layout layout = {0}, expected = *want;

	expected.g_stack_hi = 8;
	expected.g_m = 48;
	expected.g_sched_sp = 56;
	expected.g_sched_pc = 64;
	expected.g_syscallsp = want->g_sched_bp + 8;
	expected.g_syscallpc = want->g_sched_bp + 16;
	expected.g_waitsince = want->g_goid + 16;
	expected.g_waiting = want->g_startpc + 16;
	expected.g_labels = want->g_startpc + 48;
	expected.labels_are_maps = minor < 24;
	expected.sudog_elem = minor < 26 ? 24 : 32;
	expected.sudog_waitlink = minor < 26 ? 64 : 72;
	expected.sudog_c = minor < 26 ? 80 : 96;
	expected.newer_than_known = !certain;
	assert_int_equal(layout_from_table(version, minor, &layout), certain);
	assert_memory_equal(&layout, &expected, sizeof(layout));
}

static void test_table(void **state)
{
	const struct gobin_layout go17 = {.g_atomicstatus = 144,
					  .g_goid = 152,
					  .g_waitreason = 176,
					  .g_gopc = 296,
					  .g_startpc = 312,
					  .g_sched_bp = 104,
					  .g_lockedm = 232,
					  .m_curg = 192};
	struct gobin_layout go21 = go17, go23, go25, go26;

	go21.g_gopc = 280;
	go21.g_startpc = 296;
	go21.g_parent_goid = 272;
	go21.g_lockedm = 208;
	go23 = go21;
	go23.g_atomicstatus = 152;
	go23.g_goid = 160;
	go23.g_waitreason = 184;
	go23.g_gopc = 288;
	go23.g_startpc = 304;
	go23.g_parent_goid = 280;
	go23.g_lockedm = 216;
	go25 = go21;
	go25.g_sched_bp = 96;
	go25.m_curg = 184;
	go26 = go25;
	go26.g_gopc = 288;
	go26.g_startpc = 304;
	go26.g_parent_goid = 280;

	expect_row("go1.17", 17, &go17, true);
	expect_row("go1.20.14", 20, &go17, true);
	expect_row("go1.22.12", 22, &go21, true);
	expect_row("go1.23rc1", 23, &go23, true);
	expect_row("go1.24.2 X:boringcrypto", 24, &go23, true);
	expect_row("go1.25.1", 25, &go25, true);
	expect_row("go1.27.4", 27, &go26, true);
	expect_row("go1.28", 28, &go26, false);
	expect_row("devel +abc", UINT_MAX, &go26, false);
	expect_row("devel go1.25-abcdef Thu Jan 1", 25, &go25, false);
	expect_row("go1.25-20250209-RC00 cl/724970549", 25, &go25, false);
}

/* Every toolchain at hand: the table says what DWARF says. */
static void test_table_is_dwarf(void **state)
{
	struct fixture *fixture = *state;
	unsigned num_checked = 0;

	/* Odd ones are for arm64. */
	for (int i = 2 * 16; i < 2 * 60; i++) {
		struct go_toolchain go;
		char version[16] = "";
		/* Once more: the system's. */
		if (i >= 2 * 17)
			snprintf(version, sizeof(version), "1.%d", i / 2);
		if (!go_toolchain_find(&go, version))
			continue;
		go.goarch = i % 2 ? "arm64" : "amd64";
		assert_true(go_build(&go, fixture->source, "", fixture->program));
		struct gobin *bin;
		struct gobin_layout table = {0}, layout;
		assert_null(gobin_open(fixture->program, &bin));
		layout_from_table(gobin_version(bin), gobin_minor_version(bin), &table);
		table.tls_g = i % 2 ? 16 : -8;
		assert_null(gobin_layout(bin, &layout));
		assert_memory_equal(&layout, &table, sizeof(layout));
		uint64_t allgs_va, code_va;
		const struct gobin_func *func = gobin_func_named(bin, "runtime.forEachG");
		assert_true(gobin_allgs(bin, &allgs_va));
		assert_non_null(func);

		/* That it was DWARF that was asked. */
		struct image *image;
		struct gobin_layout dwarf_layout = {0};
		struct dwarf_member descriptor = {.type = "runtime.pollDesc", .member = "fd"};
		assert_null(image_open(fixture->program, &image));
		struct dwarf *dwarf = dwarf_open(image, DWARF_FOR_TYPES);
		assert_non_null(dwarf);
		assert_true(layout_from_dwarf(dwarf, &dwarf_layout));
		dwarf_layout.tls_g = table.tls_g;
		dwarf_layout.labels_are_maps = table.labels_are_maps;
		assert_memory_equal(&dwarf_layout, &table, sizeof(table));
		dwarf_find_members(dwarf, &descriptor, 1);
		assert_true(descriptor.found);
		assert_int_equal(descriptor.offset, POLL_DESC_FD);
		/* What stripped programs are asked says the same as the symbol. */
		assert_true(allgs_find_in_code(image, func, &code_va));
		assert_int_equal(code_va, allgs_va);
		dwarf_close(dwarf);
		image_close(image);
		gobin_close(bin);
		num_checked++;
	}
	if (!num_checked)
		skip();
}

/* What the program's own thread-local block makes of g's place, as objdump shows it. */
static int32_t objdump_tls_g(const char *program)
{
	_cleanup_free_ char *command = NULL, *line = NULL;
	size_t capacity = 0;
	int32_t offset = 0;

	/* The offset in the first instruction of runtime.morestack. */
	assert_true(
		asprintf(&command,
			 "objdump -d --no-show-raw-insn --disassemble=runtime.morestack.abi0 %s "
			 "| grep -om1 '0xf*[0-9a-f]*'",
			 program) > 0);
	FILE *out = popen(command, "r");
	assert_non_null(out);
	if (getline(&line, &capacity, out) > 0)
		offset = (int32_t)strtoull(line, NULL, 16);
	pclose(out);
	return offset;
}

static bool build(const struct fixture *fixture, const char *source, const char *options)
{
	_cleanup_free_ char *command = NULL;

	if (asprintf(&command, "CGO_ENABLED=1 GO111MODULE=off go build -o %s %s %s >&2",
		     fixture->program, options, source) < 0)
		return false;
	return system(command) == 0;
}

static void test_tls_of_real_programs(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		const char *source, *options;
	} cases[] = {
		{fixture->source, ""},
		{fixture->source, "-buildmode=pie"},
		{fixture->cgo_source, "-ldflags=-linkmode=internal"},
		{fixture->cgo_source, "-ldflags=-linkmode=external"},
		{fixture->cgo_source, "-buildmode=pie"},
		{fixture->cgo_source, "-ldflags='-linkmode=external -extldflags \"-static\"'"},
		{fixture->cgo_source, "-buildmode=pie "
				      "-ldflags='-linkmode=external -extldflags \"-static-pie\"'"},
	};

	if (system("go version >/dev/null 2>&1") != 0 || system("objdump -v >/dev/null 2>&1") != 0)
		skip();
	unsigned num_not_eight = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gobin *bin;
		struct gobin_layout layout;
		if (!build(fixture, cases[i].source, cases[i].options)) {
			print_message("cannot build with %s\n", cases[i].options);
			continue;
		}
		assert_null(gobin_open(fixture->program, &bin));
		assert_null(gobin_layout(bin, &layout));
		int32_t want = objdump_tls_g(fixture->program);
		if (layout.tls_g != want)
			fail_msg("%s: %d, not %d", cases[i].options, layout.tls_g, want);
		num_not_eight += layout.tls_g != -8;
		gobin_close(bin);
	}
	/* Static C programs have other thread-local variables behind it. */
	assert_true(num_not_eight > 0);
}

#define SLOT_VA (ELF_FILE_DATA_VA + 0x200)

/* Whether an access is found in code at the begin of the code page, and what it is. The slot has a
 * relocation with `symbol` and 8 as addend, symbol 1 is a variable 16 bytes into the block, and 2
 * is in another file. */
static bool find_access_in(uint16_t machine, uint16_t file_type, const void *code, size_t len,
			   struct tls_access *access, uint32_t reloc_type, uint32_t symbol)
{
	Elf64_Rela rela = {SLOT_VA, ELF64_R_INFO(symbol, reloc_type), 8};
	const Elf64_Sym symbols[3] = {
		[1] = {.st_info = STT_TLS, .st_shndx = 1, .st_value = 16},
		[2] = {.st_info = STT_TLS},
	};
	const Elf64_Dyn dynamic[] = {
		{.d_tag = DT_SYMTAB, .d_un.d_ptr = ELF_FILE_DATA_VA + 0x300},
		{.d_tag = DT_RELA, .d_un.d_ptr = ELF_FILE_DATA_VA + 0x100},
		{.d_tag = DT_RELASZ, .d_un.d_val = sizeof(rela)},
		{.d_tag = DT_NULL},
	};
	struct elf_file file;
	struct image *image;
	char path[64];

	elf_file_init(&file);
	file.ehdr.e_machine = machine;
	file.ehdr.e_type = file_type;
	file.ehdr.e_phnum = 4;
	file.more_phdrs[0] = (Elf64_Phdr){
		.p_type = PT_DYNAMIC, .p_vaddr = ELF_FILE_DATA_VA, .p_filesz = sizeof(dynamic)};
	file.more_phdrs[1] = (Elf64_Phdr){.p_type = PT_TLS, .p_memsz = 0x1c, .p_align = 16};
	memcpy(file.data, dynamic, sizeof(dynamic));
	memcpy(file.data + 0x100, &rela, sizeof(rela));
	memcpy(file.data + 0x300, symbols, sizeof(symbols));
	memcpy(file.code, code, len);
	int fd = elf_file_write(&file, sizeof(file), path);
	assert_true(fd >= 0);
	assert_null(image_open(path, &image));
	bool found = tls_find_access(image, ELF_FILE_CODE_VA, len, access);
	image_close(image);
	close(fd);
	return found;
}

static bool find_access(const void *code, size_t len, struct tls_access *access,
			uint32_t reloc_type)
{
	return find_access_in(EM_X86_64, ET_EXEC, code, len, access, reloc_type, 0);
}

/* A slot says where g is before the program runs, or only then. */
static void test_tls_slots(void **state)
{
	/* mov slot(%rip),%rcx; mov %fs:(%rcx),%rax */
	const char code[] = "\x48\x8b\x0d\xf9\xf1\x0f\x00\x64\x48\x8b\x01";
	struct tls_access access;
	/* By a variable of the program itself, whose block is 0x1c bytes, aligned to 16. */
	assert_true(find_access_in(EM_X86_64, ET_EXEC, code, 11, &access, R_X86_64_TPOFF64, 1));
	assert_int_equal(access.place.offset, 16 + 8 - 0x20);
	assert_int_equal(access.place.slot_va, 0);
	/* By one of another file; a library's own block is anywhere. */
	assert_true(find_access_in(EM_X86_64, ET_EXEC, code, 11, &access, R_X86_64_TPOFF64, 2));
	assert_int_equal(access.place.offset, 0);
	assert_int_equal(access.place.slot_va, SLOT_VA);
	for (uint32_t symbol = 0; symbol < 3; symbol++) {
		assert_true(find_access_in(EM_X86_64, ET_DYN, code, 11, &access, R_X86_64_TPOFF64,
					   symbol));
		assert_int_equal(access.place.offset, 0);
		assert_int_equal(access.place.slot_va, SLOT_VA);
	}
	/* A symbol that is none. */
	assert_true(
		find_access_in(EM_X86_64, ET_DYN, code, 11, &access, R_X86_64_TPOFF64, UINT32_MAX));
	assert_int_equal(access.place.slot_va, 0);
}

static void test_tls_forms(void **state)
{
	struct tls_access access;

	/* nop; mov %fs:-8,%rcx */
	assert_true(find_access("\x90\x64\x48\x8b\x0c\x25\xf8\xff\xff\xff", 10, &access, 0));
	assert_int_equal(access.at, 1);
	assert_int_equal(access.place.offset, -8);
	assert_int_equal(access.reg, 1);
	assert_true(access.loads);
	/* mov %fs:-88,%r14; then a store of rdx */
	assert_true(find_access("\x64\x4c\x8b\x34\x25\xa8\xff\xff\xff", 9, &access, 0));
	assert_int_equal(access.place.offset, -88);
	assert_int_equal(access.reg, 14);
	assert_true(find_access("\x64\x48\x89\x14\x25\xf8\xff\xff\xff", 9, &access, 0));
	assert_false(access.loads);
	/* mov $-8,%r14; mov %fs:(%r14),%r14 */
	assert_true(find_access("\x49\xc7\xc6\xf8\xff\xff\xff\x64\x4d\x8b\x36", 11, &access, 0));
	assert_int_equal(access.place.offset, -8);
	assert_int_equal(access.reg, 14);
	/* mov $-8,%r12; mov %fs:(%r12),%r14 */
	assert_true(
		find_access("\x49\xc7\xc4\xf8\xff\xff\xff\x64\x4d\x8b\x34\x24", 12, &access, 0));
	assert_int_equal(access.reg, 14);
	/* mov slot(%rip),%rcx; mov %fs:(%rcx),%rax: slot has an R_X86_64_TPOFF64 of 8, the block is
	 * 0x1c bytes, aligned to 16. */
	const char slot[] = "\x48\x8b\x0d\xf9\xf1\x0f\x00\x64\x48\x8b\x01";
	assert_true(find_access(slot, 11, &access, R_X86_64_TPOFF64));
	assert_int_equal(access.place.offset, 8 - 0x20);
	assert_int_equal(access.reg, 0);
	/* A relocation of another kind says nothing. */
	assert_true(find_access(slot, 11, &access, R_X86_64_DTPMOD64));
	assert_int_equal(access.place.offset, 0);

	/* %fs:0x28 is the C compiler's stack protector; a constant that no access follows; a window
	 * that ends in the middle. */
	assert_false(find_access("\x64\x48\x8b\x04\x25\x28\x00\x00\x00", 9, &access, 0));
	assert_false(
		find_access("\x48\xc7\xc1\xf8\xff\xff\xff\x90\x90\x90\x90\x90", 12, &access, 0));
	assert_false(find_access("\x48\xc7\xc1\xf8\xff\xff\xff\x64\x48", 9, &access, 0));
	assert_false(find_access("\x64\x48\x8b\x0c\x25\xf8\xff\xff", 8, &access, 0));
	/* The register that is loaded is not the one that is used. */
	assert_false(find_access("\x48\xc7\xc1\xf8\xff\xff\xff\x64\x48\x8b\x03", 11, &access, 0));
}

/* Instructions of arm64, at the begin of the code page. */
static bool find_arm64_access(uint16_t file_type, const uint32_t *code, size_t count,
			      struct tls_access *access, uint32_t reloc_type, uint32_t symbol)
{
	return find_access_in(EM_AARCH64, file_type, code, count * sizeof(*code), access,
			      reloc_type, symbol);
}

static void test_tls_on_arm64(void **state)
{
	/* nop; mrs x0,tpidr_el0; mov x27,#16; ldr x28,[x0,x27] */
	const uint32_t constant[] = {0xd503201f, 0xd53bd040, 0xd280021b, 0xf87b681c};
	/* mrs x0,tpidr_el0; movz x27,#1,lsl #16; movk x27,#8; str x28,[x0,x27] */
	const uint32_t halves[] = {0xd53bd040, 0xd2a0003b, 0xf280011b, 0xf83b681c};
	/* mrs x0,tpidr_el0; adrp x27,slot; ldr x27,[x27,#:lo12:slot]; ldr x28,[x0,x27] */
	const uint32_t slot[] = {0xd53bd040, 0xf00007fb, 0xf941037b, 0xf87b681c};
	/* another register is used than was loaded; or another base */
	const uint32_t other[] = {0xd53bd040, 0xd280021b, 0xf87a681c};
	const uint32_t base[] = {0xd53bd040, 0xd280021b, 0xf87b683c};
	struct tls_access access;

	assert_true(find_arm64_access(ET_EXEC, constant, 4, &access, 0, 0));
	assert_int_equal(access.at, 4);
	assert_int_equal(access.place.offset, 16);
	assert_int_equal(access.reg, 28);
	assert_true(access.loads);
	assert_true(find_arm64_access(ET_EXEC, halves, 4, &access, 0, 0));
	assert_int_equal(access.place.offset, 0x10008);
	assert_false(access.loads);
	/* The program's own block is behind two words, aligned to 16. */
	assert_true(find_arm64_access(ET_EXEC, slot, 4, &access, R_AARCH64_TLS_TPREL, 1));
	assert_int_equal(access.place.offset, 16 + 16 + 8);
	assert_int_equal(access.place.slot_va, 0);
	assert_true(find_arm64_access(ET_EXEC, slot, 4, &access, R_AARCH64_TLS_TPREL, 2));
	assert_int_equal(access.place.slot_va, SLOT_VA);
	assert_true(find_arm64_access(ET_DYN, slot, 4, &access, R_AARCH64_TLS_TPREL, 1));
	assert_int_equal(access.place.offset, 0);
	assert_int_equal(access.place.slot_va, SLOT_VA);
	/* R_X86_64_TPOFF64's number says nothing here. */
	assert_true(find_arm64_access(ET_EXEC, slot, 4, &access, R_X86_64_TPOFF64, 1));
	assert_int_equal(access.place.offset, 0);
	assert_int_equal(access.place.slot_va, 0);
	assert_false(find_arm64_access(ET_EXEC, other, 3, &access, 0, 0));
	assert_false(find_arm64_access(ET_EXEC, base, 3, &access, 0, 0));
	assert_false(find_arm64_access(ET_EXEC, constant, 3, &access, 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),          cmocka_unit_test(test_tls_forms),
		cmocka_unit_test(test_tls_slots),      cmocka_unit_test(test_tls_on_arm64),
		cmocka_unit_test(test_table_is_dwarf), cmocka_unit_test(test_tls_of_real_programs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
