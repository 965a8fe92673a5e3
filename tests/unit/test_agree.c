/* SPDX-License-Identifier: MIT */
/* test_agree.c - DWARF and Go's function table give the same line for every call of a large
 * program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <Zydis/Zydis.h>

#include "go_program.h"
#include "gobin/dwarf.h"
#include "gobin/image.h"
#include "gobin/pclntab.h"
#include "gofuncgraph/gobin.h"

static const char source[] = "package main\n"
			     "\n"
			     "import \"net/http\"\n"
			     "\n"
			     "func main() { panic(http.ListenAndServe(\"\", nil)) }\n";

struct account {
	struct dwarf *dwarf;
	struct pclntab *table;
	unsigned calls, differ, unknown;
};

static bool same(const struct gobin_line *one, const struct gobin_line *other)
{
	return one->line == other->line && one->file && other->file &&
	       !strcmp(one->file, other->file);
}

/* A caller's line is that of the byte before the return address. */
static void compare(struct account *account, const char *name, uint64_t va)
{
	struct gobin_line dwarf = dwarf_line(account->dwarf, va);
	struct gobin_line table = pclntab_line(account->table, va);

	account->calls++;
	if (!dwarf.line && !table.line)
		account->unknown++;
	else if (!same(&dwarf, &table) && account->differ++ < 10)
		print_message("# %s at %#llx: %s:%u in DWARF, %s:%u in the table\n", name,
			      (unsigned long long)va, dwarf.file ?: "?", dwarf.line,
			      table.file ?: "?", table.line);
}

/* bl and blr */
static void compare_on_arm64(struct account *account, const struct gobin_func *func,
			     const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 4 <= len; i += 4) {
		uint32_t word;

		memcpy(&word, bytes + i, sizeof(word));
		if ((word & 0xfc000000) == 0x94000000 || (word & 0xfffffc1f) == 0xd63f0000)
			compare(account, func->name, func->va + i + 3);
	}
}

static void compare_function(struct account *account, const struct gobin *bin,
			     const struct gobin_func *func)
{
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;
	size_t len = func->size;
	const uint8_t *bytes = gobin_bytes(bin, func->va, &len);

	if (gobin_arch(bin) == &arch_arm64) {
		if (bytes)
			compare_on_arm64(account, func, bytes, len);
		return;
	}

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (size_t i = 0; bytes && i < len; i += insn.length) {
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes + i, len - i,
								&insn)))
			return;
		if (insn.mnemonic == ZYDIS_MNEMONIC_CALL)
			compare(account, func->name, func->va + i + insn.length - 1);
	}
}

static void compare_program(const char *program)
{
	struct account account = {0};
	struct image *image = NULL;
	struct gobin *bin = NULL;
	const struct gobin_func *funcs;
	size_t count;

	assert_null(gobin_open(program, &bin));
	assert_null(image_open(program, &image));
	assert_null(pclntab_open(image, gobin_minor_version(bin), &account.table));
	account.dwarf = dwarf_open(image, DWARF_FOR_LINES);
	assert_non_null(account.table);
	assert_non_null(account.dwarf);
	funcs = gobin_funcs(bin, &count);
	for (size_t i = 0; i < count; i++)
		compare_function(&account, bin, &funcs[i]);
	print_message("# %s: %u calls, %u differ, %u without a line in either\n",
		      gobin_version(bin), account.calls, account.differ, account.unknown);
	assert_true(account.calls > 20000);
	assert_int_equal(account.differ, 0);
	assert_true(account.unknown < account.calls / 1000);
	dwarf_close(account.dwarf);
	pclntab_close(account.table);
	image_close(image);
	gobin_close(bin);
}

static void agree(const struct go_toolchain *go)
{
	char folder[GO_MAX_PATH], path[GO_MAX_PATH + 32], program[GO_MAX_PATH + 32];

	assert_true(go_folder(folder));
	snprintf(program, sizeof(program), "%s/program", folder);
	assert_true(go_write(folder, source, path));
	assert_true(go_build(go, path, "", program));
	compare_program(program);
	go_remove(folder);
}

static void test_oldest(void **state)
{
	struct go_toolchain oldest, newest;

	assert_true(go_toolchains(&oldest, &newest));
	agree(&oldest);
}

static void test_newest(void **state)
{
	struct go_toolchain oldest, newest;

	assert_true(go_toolchains(&oldest, &newest));
	agree(&newest);
}

static void test_arm64(void **state)
{
	struct go_toolchain oldest, newest;

	assert_true(go_toolchains(&oldest, &newest));
	oldest.goarch = newest.goarch = "arm64";
	agree(&oldest);
	agree(&newest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_arm64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
