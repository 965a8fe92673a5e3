/* SPDX-License-Identifier: MIT */
/* test_decode.c - prologues and exits as compilers made them, and what cannot be probed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode_entries.h"

#define MAX_CODE 512

struct bytes {
	uint8_t data[MAX_CODE];
	size_t size;
};

/* "49 3b 66 10 76 18"; anything that is no hexadecimal digit parts bytes. */
static struct bytes hex(const char *text)
{
	struct bytes bytes = {0};

	for (unsigned byte; *text; text += 2) {
		text += strspn(text, " ");
		if (!*text)
			break;
		assert_int_equal(sscanf(text, "%2x", &byte), 1);
		assert_true(bytes.size < MAX_CODE);
		bytes.data[bytes.size++] = (uint8_t)byte;
	}
	return bytes;
}

/* Decodes a copy that ends where its allocation ends, for the sanitizer to notice reads behind. */
static struct decoded decode(const char *text)
{
	struct bytes bytes = hex(text);
	uint8_t *copy = malloc(bytes.size);
	struct decoded decoded;

	assert_non_null(copy);
	memcpy(copy, bytes.data, bytes.size);
	assert_null(decode_function(&arch_x86_64, copy, bytes.size, &decoded));
	free(copy);
	return decoded;
}

/* Shapes as compilers made them; displacements of calls do not matter. */
static const struct entry_row entries[] = {
	{"1.21: push behind the check",
	 "49 3b 66 10 76 18 55 48 89 e5 48 83 ec 08 48 8d 44 24 18 e8 a8 78 e2 ff 48 83 c4 08 5d "
	 "c3 66 90 e8 1b 6f e5 ff eb d9",
	 6, 0, SITE_EMULATED, "push"},
	{"1.19: the check's jbe",
	 "49 3b 66 10 76 22 48 83 ec 10 48 89 6c 24 08 48 8d 6c 24 08 48 8d 44 24 18 e8 c2 42 e2 "
	 "ff 48 8b 6c 24 08 48 83 c4 10 c3 e8 73 13 e5 ff eb d1",
	 4, SITE_BEHIND_CHECK, SITE_EMULATED, "jbe"},
	{"a medium frame: lea -N(%rsp),%r12",
	 "4c 8d 64 24 f8 4d 3b 66 10 76 07 55 48 89 e5 90 5d c3 e8 00 00 00 00 eb e7", 11, 0,
	 SITE_EMULATED, "push"},
	{"a huge frame: two branches to morestack",
	 "49 89 e4 49 81 ec 88 69 18 00 72 0c 4d 3b 66 10 76 06 55 48 89 e5 5d c3 e8 f6 71 e5 ff "
	 "e9 de ff ff ff",
	 18, 0, SITE_EMULATED, "push"},
	{"arguments are spilled and loaded around morestack",
	 "49 3b 66 10 76 06 55 48 89 e5 5d c3 48 89 44 24 08 e8 00 00 00 00 48 8b 44 24 08 eb e3",
	 6, 0, SITE_EMULATED, "push"},
	{"ABI0, g from thread-local storage",
	 "64 48 8b 0c 25 f8 ff ff ff 48 3b 61 10 76 06 55 48 89 e5 5d c3 e8 e5 fb ff ff eb e4", 15,
	 SITE_TLS, SITE_EMULATED, "push"},
	{"ABI0 in a PIE",
	 "49 c7 c6 f8 ff ff ff 64 4d 8b 36 49 3b 66 10 76 06 55 48 89 e5 5d c3 e8 e5 fb ff ff eb "
	 "e2",
	 17, SITE_TLS, SITE_EMULATED, "push"},
	{"a branch to what is not morestack is no check",
	 "49 3b 66 10 76 06 55 48 89 e5 5d c3 e8 73 13 e5 ff c3", 4, 0, SITE_EMULATED, "jbe"},
	{"no check, push first", "55 48 89 e5 5d c3", 0, 0, SITE_EMULATED, "push"},
	{"push %r12", "41 54 41 5c c3", 0, 0, SITE_EMULATED, "push"},
	{"no check, a branch behind a test", "48 85 c0 74 01 90 c3", 3, 0, SITE_EMULATED, "jz"},
	{"an argument register is written before", "48 8d 04 58 74 01 90 c3", 0, 0,
	 SITE_SINGLE_STEP, "lea"},
	{"memory is read that may fault", "48 83 38 00 74 01 90 c3", 0, 0, SITE_SINGLE_STEP, "cmp"},
	{"the stack is read, that cannot fault", "48 83 7c 24 08 00 74 01 90 c3", 6, 0,
	 SITE_EMULATED, "jz"},
	{"rsp changes", "48 83 ec 10 74 01 90 48 83 c4 10 c3", 0, 0, SITE_SINGLE_STEP, "sub"},
	{"a loop back to the branch: the first byte comes once", "48 85 c0 74 02 eb fc c3", 0, 0,
	 SITE_SINGLE_STEP, "test"},
	{"a loop to the first byte", "48 85 c0 48 ff c8 75 f8 c3", 0, SITE_MAY_REPEAT,
	 SITE_SINGLE_STEP, "test"},
	{"a loop to the push behind the check: the jbe",
	 "49 3b 66 10 76 05 55 5d eb fc c3 e8 00 00 00 00 eb ee", 4, SITE_BEHIND_CHECK,
	 SITE_EMULATED, "jbe"},
	{"the first instruction cannot be probed", "f0 48 ff 02 c3", UINT32_MAX, 0, 0, NULL},
	{"a cheap branch that is the exit is no entry", "48 85 c0 e9 00 10 00 00", 0, 0,
	 SITE_SINGLE_STEP, "test"},
};

static void test_entries(void **state)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		struct decoded decoded = decode(entries[i].code);

		check_entry(&entries[i], &decoded);
		decoded_destroy(&decoded);
	}
}

/* Exits as "OFFSET ret" and "OFFSET tail", in order. */
static void expect_exits(const char *code, const char *expected)
{
	struct decoded decoded = decode(code);
	char text[256] = "";

	assert_null(decoded.refused);
	for (size_t i = 1; i < decoded.num_sites; i++) {
		const struct decoded_site *site = &decoded.sites[i];
		bool tail = site->kind == SITE_TAIL_CALL;

		assert_true(tail || site->kind == SITE_RETURN);
		assert_int_equal(site->flags & ~SITE_STEP, 0);
		assert_int_equal(site->sp_delta, 0);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u %s",
			 i > 1 ? " " : "", site->offset, tail ? "tail" : "ret");
	}
	assert_string_equal(text, expected);
	assert_int_equal(decoded.has_ret, strstr(expected, "ret") != NULL);
	decoded_destroy(&decoded);
}

static void test_exits(void **state)
{
	expect_exits("55 5d c3", "2 ret");
	expect_exits("55 5d c2 10 00", "2 ret");
	expect_exits("55 5d f3 c3", "2 ret");
	expect_exits("55 74 02 5d c3 5d c3", "4 ret 6 ret");
	/* padding and what is behind it */
	expect_exits("55 5d c3 cc cc cc", "2 ret");
	/* go 1.27: os.(*fileWithoutWriteTo).Write and io.(*nopCloser).Read */
	expect_exits("48 89 5c 24 10 48 8b 00 e9 d3 b2 ff ff", "8 tail");
	expect_exits("48 89 5c 24 10 48 8b 10 48 8b 40 08 48 8b 52 18 ff e2", "16 tail");
	/* jmp *%r10, jmp *8(%rdx), jmp *x(%rip) */
	expect_exits("55 41 ff e2", "1 tail");
	expect_exits("55 ff 62 08", "1 tail");
	expect_exits("55 ff 25 00 00 00 00", "1 tail");
	/* jump tables: jmp *(%rdx,%rcx,8), jmp *(%rdx,%r12,8); as C compilers make them: add, jmp
	 */
	expect_exits("55 ff 24 ca 5d c3", "5 ret");
	expect_exits("55 42 ff 24 e2 5d c3", "6 ret");
	expect_exits("55 48 01 d0 ff e0 5d c3", "7 ret");
	/* a base of r12 needs a SIB byte, but has no index */
	expect_exits("55 41 ff 24 24", "1 tail");
	/* jumps inside, and to just behind the end */
	expect_exits("55 eb 00 5d c3", "4 ret");
	expect_exits("55 5d eb 00", "2 tail");
	expect_exits("55 5d eb fa", "2 tail");
	/* entry and exit in one */
	expect_exits("c3", "0 ret");
	expect_exits("e9 00 10 00 00", "0 tail");
	/* an endless loop */
	expect_exits("55 90 eb fd", "");
}

/* What a BPF program must not do in the CPU's place. */
static void test_exits_to_step(void **state)
{
	static const struct {
		const char *code;
		bool step;
	} exits[] = {
		{"55 c3", false}, {"55 f3 c3", false}, {"55 c2 08 00", true}, {"55 66 c3", true}};

	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		struct decoded decoded = decode(exits[i].code);

		assert_int_equal(decoded.num_sites, 2);
		assert_int_equal(!!(decoded.sites[1].flags & SITE_STEP), exits[i].step);
		decoded_destroy(&decoded);
	}
}

static void expect_refused(const char *code, uint32_t offset)
{
	struct decoded decoded = decode(code);

	assert_non_null(decoded.refused);
	assert_int_equal(decoded.refused_offset, offset);
	assert_int_equal(decoded.num_sites, 0);
	assert_null(decoded.sites);
	decoded_destroy(&decoded);
}

static void test_refused_functions(void **state)
{
	struct decoded decoded;

	expect_refused("cc cc", 0);
	expect_refused("55 5d 06 c3", 2); /* no instruction of 64-bit code */
	expect_refused("55 5d e9 00 00", 2); /* cut off */
	expect_refused("55 5d 74 7f c3", 2); /* leaves only when taken */
	assert_null(decode_function(&arch_x86_64, (const uint8_t *)"", 0, &decoded));
	assert_non_null(decoded.refused);
	decoded_destroy(&decoded);
}

static void expect_insn(const char *code, bool fine)
{
	struct bytes bytes = hex(code);
	struct code function = {.arch = &arch_x86_64, .bytes = bytes.data, .size = bytes.size};

	if (!arch_x86_64.refusal(&function, 0) != fine)
		fail_msg("%s is %s", code, fine ? "refused" : "not refused");
}

static void test_refused_instructions(void **state)
{
	static const char *const fine[] = {
		"55",          "41 57",          "c3",
		"c2 08 00",    "f3 c3",          "90",
		"f3 90",       "e8 00 00 00 00", "e9 00 00 00 00",
		"eb 00",       "76 22",          "0f 86 00 00 00 00",
		"ff e2",       "41 ff e2",       "64 48 8b 0c 25 f8 ff ff ff",
		"49 3b 66 10", "0f 1f 44 00 00", "66 0f ef c0",
		"f2 0f 10 00", "c5 f8 10 00",    /* vmovups */ "49 91",
		"48 90",       "8f 00",          "8e d8"};
	static const char *const bad[] = {"f0 21 08",
					  "f0 48 ff 02",
					  "2e 90",
					  "3e ff e0",
					  "26 90",
					  "36 90",
					  "cc",
					  "cd 80",
					  "62 f1 7c 48 10 00",
					  "f4",
					  "fa",
					  "fb",
					  "6c",
					  "ee",
					  "e4 00",
					  "06",
					  "d6",
					  "f1",
					  "0f 05",
					  "0f 0b",
					  "0f 01 f9",
					  "0f 34",
					  "66 90",
					  "66 e8 00 00",
					  "66 0f 84 00 00",
					  "41 90",
					  "49 90",
					  "9c",
					  "66 9c",
					  "8e d0",
					  "8f e8 00",
					  "",
					  "48",
					  "f3",
					  "c5",
					  "c5 fd eb c0", /* vpor: taken for a jump */
					  "c5 f8 77", /* vzeroupper: for ja */
					  "c5 fe 6f 00", /* vmovdqu: for outs */
					  "c5 f8 c2 c0 00" /* vcmpps: for ret */};

	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		expect_insn(fine[i], true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_insn(bad[i], false);
}

/* A function of nothing but returns: no more than is allowed, and said. */
static void test_too_many_exits(void **state)
{
	size_t size = DECODE_MAX_EXITS + 2;
	uint8_t *code = malloc(size);
	struct decoded decoded;

	assert_non_null(code);
	memset(code, 0xc3, size);
	code[0] = 0x55;
	assert_null(decode_function(&arch_x86_64, code, size, &decoded));
	assert_non_null(decoded.refused);
	decoded_destroy(&decoded);
	assert_null(decode_function(&arch_x86_64, code, size - 1, &decoded));
	assert_null(decoded.refused);
	assert_int_equal(decoded.num_sites, DECODE_MAX_EXITS + 1);
	decoded_destroy(&decoded);
	free(code);
}

/* Which registers are something else at the entry's probe than at the first byte. */
static void test_changed_registers(void **state)
{
	enum { CX = 1 << 1, DX = 1 << 2, SP = 1 << 4, R12 = 1 << 12, R13 = 1 << 13, R14 = 1 << 14 };
	static const struct {
		const char *what, *code;
		uint32_t changed;
		bool is_looped;
	} rows[] = {
		{"the usual check changes none",
		 "49 3b 66 10 76 06 55 48 89 e5 5d c3 e8 73 13 e5 ff eb ed", 0, false},
		{"a medium frame: r12",
		 "4c 8d 64 24 f8 4d 3b 66 10 76 07 55 48 89 e5 90 5d c3 e8 00 00 00 00 eb e7", R12,
		 false},
		{"a huge frame: r12",
		 "49 89 e4 49 81 ec 88 69 18 00 72 0c 4d 3b 66 10 76 06 55 48 89 e5 5d c3 e8 f6 71 e5 ff "
		 "e9 de ff ff ff",
		 R12, false},
		{"ABI0: rcx has g",
		 "64 48 8b 0c 25 f8 ff ff ff 48 3b 61 10 76 06 55 48 89 e5 5d c3 e8 e5 fb ff ff eb e4",
		 CX, false},
		{"ABI0 in a PIE: r14",
		 "49 c7 c6 f8 ff ff ff 64 4d 8b 36 49 3b 66 10 76 06 55 48 89 e5 5d c3 e8 e5 fb ff ff eb "
		 "e2",
		 R14, false},
		{"the first byte", "55 48 89 e5 5d c3", 0, false},
		{"without a check, behind xor edx,edx and movzx r13d,dl",
		 "31 d2 44 0f b6 ea 74 01 90 c3", DX | R13, false},
		{"behind mov dl,1: part of a register", "b2 01 74 01 90 c3", DX, false},
		{"behind a test", "48 85 c0 74 01 90 c3", 0, false},
		{"a loop to it", "48 85 c0 48 ff c8 75 f8 c3", 0, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct decoded decoded = decode(rows[i].code);

		if (decoded.refused || (decoded.changed_at_entry & ~SP) != rows[i].changed ||
		    decoded.is_entry_looped != rows[i].is_looped)
			fail_msg("%s: %x, looped %d", rows[i].what, decoded.changed_at_entry,
				 decoded.is_entry_looped);
		decoded_destroy(&decoded);
	}
}

/* Which registers are something else behind the check if that has called morestack. */
static void test_lost_by_growth(void **state)
{
	static const struct {
		const char *what, *code;
		uint32_t lost;
	} rows[] = {
		{"none is kept", "49 3b 66 10 76 06 55 48 89 e5 5d c3 e8 73 13 e5 ff eb ed",
		 UINT32_MAX},
		{"rax and cl are",
		 "49 3b 66 10 76 06 55 48 89 e5 5d c3 48 89 44 24 08 88 4c 24 10 e8 73 13 e5 ff "
		 "48 8b 44 24 08 0f b6 4c 24 10 eb da",
		 ~3u},
		{"no check", "55 48 89 e5 5d c3", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct decoded decoded = decode(rows[i].code);

		if (decoded.refused || decoded.lost_by_growth != rows[i].lost)
			fail_msg("%s: %x", rows[i].what, decoded.lost_by_growth);
		decoded_destroy(&decoded);
	}
}

static uint32_t changed_by(const char *text)
{
	struct bytes bytes = hex(text);
	struct code code = {.arch = &arch_x86_64, .bytes = bytes.data, .size = bytes.size};

	return arch_x86_64.changed_registers(&code, 0);
}

/* Also those that no operand names. */
static void test_changes(void **state)
{
	assert_int_equal(changed_by("48 f7 e3"), 1 << 0 | 1 << 2); /* mul %rbx */
	assert_int_equal(changed_by("48 a5"), 1 << 6 | 1 << 7); /* movsq */
	assert_int_equal(changed_by("48 87 cb"), 1 << 1 | 1 << 3); /* xchg */
	assert_int_equal(changed_by("b4 01"), 1 << 0); /* mov $1,%ah */
	assert_int_equal(changed_by("48 89 03"), 0); /* mov %rax,(%rbx) */
	assert_int_equal(changed_by("48 39 c3"), 0); /* cmp */
	assert_int_equal(changed_by("f3 0f 10 00"), 0); /* movss (%rax),%xmm0 */
	assert_int_equal(changed_by("06"), UINT32_MAX); /* none in 64-bit mode */
}

static int number_of(const struct arch *arch, const char *name)
{
	return arch->register_number(name, strlen(name));
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {
		{"ax", 0},
		{"rax", 0},
		{"cx", 1},
		{"rdi", 7},
		{"r8", 8},
		{"r15", 15},
		{"sp", ARCH_STACK_REGISTER},
		{"rsp", ARCH_STACK_REGISTER},
		{"eax", ARCH_NO_REGISTER},
		{"al", ARCH_NO_REGISTER},
		{"r16", ARCH_NO_REGISTER},
		{"rr8", ARCH_NO_REGISTER},
		{"r08", ARCH_NO_REGISTER},
		{"AX", ARCH_NO_REGISTER},
		{"r", ARCH_NO_REGISTER},
		{"x", ARCH_NO_REGISTER},
		{"xmm0", ARCH_FLOAT_REGISTER},
		{"ymm15", ARCH_FLOAT_REGISTER},
		{"X0", ARCH_FLOAT_REGISTER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (number_of(&arch_x86_64, rows[i].name) != rows[i].number)
			fail_msg("%s: %d", rows[i].name, number_of(&arch_x86_64, rows[i].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_exits_to_step),
		cmocka_unit_test(test_refused_functions),
		cmocka_unit_test(test_refused_instructions),
		cmocka_unit_test(test_too_many_exits),
		cmocka_unit_test(test_changed_registers),
		cmocka_unit_test(test_lost_by_growth),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
