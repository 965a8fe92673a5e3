/* SPDX-License-Identifier: MIT */
/*
 * test_decode_arm64.c - test_decode.c for arm64: prologues and exits as compilers made them, and what
 * must not be probed, because of what it is or of where it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode_entries.h"

#define MAX_WORDS 64

struct words {
	uint8_t *
		bytes; /* end where their allocation ends, for the sanitizer to notice reads behind */
	size_t size;
};

/* "f9400b90 eb3063ff": instructions as numbers. */
static struct words words_of(const char *text)
{
	struct words words = {.bytes = malloc(MAX_WORDS * 4)};

	assert_non_null(words.bytes);
	for (unsigned word; *text; text += 8) {
		text += strspn(text, " ");
		if (!*text)
			break;
		assert_int_equal(sscanf(text, "%8x", &word), 1);
		assert_true(words.size < MAX_WORDS * 4);
		for (int i = 0; i < 4; i++)
			words.bytes[words.size++] = (uint8_t)(word >> 8 * i);
	}
	words.bytes = realloc(words.bytes, words.size);
	assert_non_null(words.bytes);
	return words;
}

static struct decoded decode(const char *text)
{
	struct words words = words_of(text);
	struct decoded decoded;

	assert_null(decode_function(&arch_arm64, words.bytes, words.size, &decoded));
	free(words.bytes);
	return decoded;
}

/* All but the first two are `...; ret; morestack's part`, or `...; ret`. */
static const struct entry_row entries[] = {
	{"the check's b.ls",
	 "f9400b90 eb3063ff 54000089 f81e0ffe f84207fe d65f03c0 aa1e03e3 94000002 17fffff8", 8,
	 SITE_BEHIND_CHECK, SITE_EMULATED, "b.ls"},
	{"a cheap instruction behind it: adrp",
	 "f9400b90 eb3063ff 54000069 90000000 d65f03c0 aa1e03e3 94000002 17fffff9", 12, 0,
	 SITE_EMULATED, "adrp"},
	{"adrp of x27 may come again, behind a signal",
	 "f9400b90 eb3063ff 54000069 9000001b d65f03c0 aa1e03e3 94000002 17fffff9", 8,
	 SITE_BEHIND_CHECK, SITE_EMULATED, "b.ls"},
	{"on the system stack: stackguard1",
	 "f9400f90 eb3063ff 54000049 d65f03c0 aa1e03e3 94000002 17fffffa", 8, SITE_BEHIND_CHECK,
	 SITE_EMULATED, "b.ls"},
	{"a medium frame: sub x17,sp,#112",
	 "f9400b90 d101c3f1 eb10023f 54000069 f8110ffe d65f03c0 aa1e03e3 94000002 17fffff8", 12,
	 SITE_BEHIND_CHECK, SITE_EMULATED, "b.ls"},
	{"whose size is in x27",
	 "f9400b90 d282721b cb3b63f1 eb10023f 54000069 f8110ffe d65f03c0 aa1e03e3 94000002 17fffff7",
	 16, SITE_BEHIND_CHECK, SITE_EMULATED, "b.ls"},
	{"a huge frame: two branches to morestack",
	 "f9400b90 f14063f1 540000a3 eb10023f 54000069 f8110ffe d65f03c0 aa1e03e3 94000002 17fffff7",
	 16, SITE_BEHIND_CHECK, SITE_EMULATED, "b.ls"},
	{"arguments are spilled and loaded around morestack",
	 "f9400b90 eb3063ff 54000069 f81e0ffe d65f03c0 f90007e0 a9010be1 fd0013e0 aa1e03e3 94000005 "
	 "f94007e0 a9410be1 fd4013e0 17fffff3",
	 8, SITE_BEHIND_CHECK, SITE_EMULATED, "b.ls"},
	{"a branch to what is not morestack is no check",
	 "f9400b90 eb3063ff 54000049 d65f03c0 aa1e03e3 94000002 d65f03c0", 8, 0, SITE_EMULATED,
	 "b.ls"},
	{"nor to what returns without having saved x30",
	 "f9400b90 eb3063ff 54000049 d65f03c0 d503201f 94000002 17fffffa", 0, SITE_MAY_REPEAT,
	 SITE_SINGLE_STEP, "ldr"},
	{"a leaf that compares and branches so", "eb01001f 54000049 d65f03c0 d2800020 d65f03c0", 4,
	 0, SITE_EMULATED, "b.ls"},
	{"behind a load that may fault", "f9400810 eb10003f 54000049 d65f03c0 d2800020 d65f03c0", 0,
	 0, SITE_SINGLE_STEP, "ldr"},
	{"no check, a branch first", "b4000040 d65f03c0 d65f03c0", 0, 0, SITE_EMULATED, "cbz"},
	{"an address first", "90000000 f9400000 d65f03c0", 0, 0, SITE_EMULATED, "adrp"},
	{"an address in x27 first, which may come again", "9000001b f9400360 d65f03c0", 0,
	 SITE_MAY_REPEAT, SITE_EMULATED, "adrp"},
	{"a nop may be the first half of an address",
	 "d503201f 1000001b f9400360 d65f03c0 d65f03c0", 0, SITE_MAY_REPEAT, SITE_SINGLE_STEP,
	 "nop"},
	{"but not one before that",
	 "d503201f d503201f 1000001b f9400370 b4000040 d65f03c0 d65f03c0", 0, 0, SITE_SINGLE_STEP,
	 "nop"},
	{"behind nop and bti", "d503201f d503245f 90000000 d65f03c0", 8, 0, SITE_EMULATED, "adrp"},
	{"an argument register is written before", "d2800021 b4000040 d65f03c0 d65f03c0", 0, 0,
	 SITE_SINGLE_STEP, "mov"},
	{"the stack is read, that cannot fault", "f94007f0 b4000050 d65f03c0 d65f03c0", 4, 0,
	 SITE_EMULATED, "cbz"},
	{"sp changes", "d10043ff b4000020 910043ff d65f03c0", 0, 0, SITE_SINGLE_STEP, "sub"},
	{"x30 is saved", "f81f0ffe b4000020 f84107fe d65f03c0", 0, 0, SITE_SINGLE_STEP, "str"},
	{"a loop back to the branch: the first instruction comes once",
	 "ea00001f 54000040 17ffffff d65f03c0", 0, 0, SITE_SINGLE_STEP, "tst"},
	{"a loop to the first instruction", "f1000400 54ffffe1 d65f03c0", 0, SITE_MAY_REPEAT,
	 SITE_SINGLE_STEP, "subs"},
	{"the first instruction cannot be probed", "885ffc01 8802fc01 35ffffc2 d65f03c0",
	 UINT32_MAX, 0, 0, NULL},
	{"nor stepped over", "d4000001 d65f03c0", UINT32_MAX, 0, 0, NULL},
	{"a literal that is loaded first is stepped over",
	 "58000070 b4000020 d65f03c0 00000001 00000000", 4, 0, SITE_EMULATED, "cbz"},
};

static void test_entries(void **state)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		struct decoded decoded = decode(entries[i].code);

		check_entry(&entries[i], &decoded);
		if (!decoded.refused && decoded.sites[0].length != 4)
			fail_msg("%s: of %u bytes", entries[i].what, decoded.sites[0].length);
		decoded_destroy(&decoded);
	}
}

/* Exits as "OFFSET ret" and "OFFSET tail", in order; or "refused at OFFSET". */
static void expect_exits(const char *code, const char *expected)
{
	struct decoded decoded = decode(code);
	char text[256] = "";

	if (decoded.refused)
		snprintf(text, sizeof(text), "refused at %u", decoded.refused_offset);
	for (size_t i = 1; i < decoded.num_sites; i++) {
		const struct decoded_site *site = &decoded.sites[i];
		bool tail = site->kind == SITE_TAIL_CALL;

		assert_true(tail || site->kind == SITE_RETURN);
		assert_int_equal(site->flags, 0);
		assert_int_equal(site->cost, SITE_EMULATED);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u %s",
			 i > 1 ? " " : "", site->offset, tail ? "tail" : "ret");
	}
	if (strcmp(text, expected))
		fail_msg("%s: %s", code, text);
	decoded_destroy(&decoded);
}

static void test_exits(void **state)
{
	expect_exits("d65f03c0", "0 ret");
	expect_exits("f81f0ffe f84107fe d65f03c0 00000000 00000000", "8 ret");
	expect_exits("b4000040 d65f03c0 d65f03c0", "4 ret 8 ret");
	/* ret x27; b out of it, and to just behind its end; b to its beginning */
	expect_exits("f81f0ffe d65f0360", "4 tail");
	expect_exits("f81f0ffe 17fffbff", "4 tail");
	expect_exits("f81f0ffe 14000001", "4 tail");
	expect_exits("f81f0ffe 17ffffff", "");
	/* br through a table; by another register than was loaded; through a pointer */
	expect_exits("f81f0ffe f865785b d61f0360 d65f03c0", "12 ret");
	expect_exits("f81f0ffe f865785b d61f0340", "8 tail");
	expect_exits("f81f0ffe f940005b d61f0360", "8 tail");
	/* add x0,x1,w0,sxth #2; br x0: C's tables */
	expect_exits("f81f0ffe 8b20a820 d61f0000 d65f03c0", "12 ret");
	/* cbz out of it; retaa, which the kernel refuses; cut off */
	expect_exits("f81f0ffe b4ff7fe0 d65f03c0", "refused at 4");
	expect_exits("f81f0ffe d65f0bff", "refused at 4");
}

static void test_odd_sizes(void **state)
{
	static const uint8_t cut[] = {0xfe, 0x0f, 0x1f, 0xf8, 0xc0, 0x03, 0x5f, 0xd6, 0xc0, 0x03};
	static const uint8_t padded[] = {0xfe, 0x0f, 0x1f, 0xf8, 0xc0, 0x03, 0x5f, 0xd6, 0, 0};
	struct decoded decoded;

	assert_null(decode_function(&arch_arm64, cut, sizeof(cut), &decoded));
	assert_non_null(decoded.refused);
	assert_int_equal(decoded.refused_offset, 8);
	decoded_destroy(&decoded);
	assert_null(decode_function(&arch_arm64, padded, sizeof(padded), &decoded));
	assert_null(decoded.refused);
	assert_int_equal(decoded.num_sites, 2);
	decoded_destroy(&decoded);
}

/* ---- by what it is ---- */

static bool is_refused(uint32_t word, bool *emulated)
{
	uint8_t bytes[4];
	struct code code = {.arch = &arch_arm64, .bytes = bytes, .size = sizeof(bytes)};

	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
	*emulated = arch_arm64.is_emulated(&code, 0);
	return arch_arm64.refusal(&code, 0);
}

static void test_refused_instructions(void **state)
{
	static const uint32_t simulated[] = {
		0xd65f03c0, /* ret */
		0xd65f0360, /* ret x27 */
		0xd61f0020, /* br */
		0xd63f0040, /* blr */
		0x97ffffd7, /* bl */
		0x17ffffd6, /* b */
		0x54fffaa0, /* b.eq */
		0x34fffa80, /* cbz */
		0xb70ffa60, /* tbnz */
		0x10fffa40, /* adr */
		0x90000000, /* adrp */
	};
	static const uint32_t stepped[] = {
		0xd503201f, /* nop: simulated by the newest kernels alone */
		0xd503245f, /* bti c */
		0xd503233f, /* paciasp */
		0x88e1fc02, /* casal */
		0x88dffc20, /* ldar */
		0x889ffc20, /* stlr */
		0xd53bd040, /* mrs tpidr_el0 */
		0xd5033bbf, /* dmb */
		0xd5033f5f, /* clrex */
		0xd50b7420, /* dc zva */
		0xf9400020, /* ldr */
		0xa8c107e0, /* ldp with a change of sp */
		0x1e622820, /* fadd */
		0x4c407000, /* ld1 */
		0xb8200041, /* ldadd */
		0xf8e08041, /* swpal */
	};
	static const uint32_t refused[] = {
		0x48207c82, /* casp */
		0xd53b4220, /* mrs daif */
		0xd51b4200, /* msr nzcv */
		0xd5380000, /* mrs midr_el1 */
		0xd503203f, /* yield */
		0xd503205f, /* wfe */
		0xd503207f, /* wfi */
		0xd503229f, /* csdb */
		0xd4200000, /* brk */
		0xd4400000, /* hlt */
		0xd4000001, /* svc */
		0x00000000, /* udf */
		0x58fffd00, /* ldr of a literal, */
		0x98fffce0, /* ldrsw, */
		0x5cfffcc0, /* of a vector register, */
		0x9cfffca0, /* of both sizes, */
		0xd8fffc80, /* prfm */
		0x885f7c20, /* ldxr */
		0x88027c20, /* stxr */
		0x085f7c20, /* ldxrb */
		0xc8208861, /* stlxp */
		0xd71f0801, /* braa */
		0xd63f081f, /* blraaz */
		0xd65f0bff, /* retaa */
		0xd69f03e0, /* eret */
		0x19010440, /* cpyfp */
		0x54000050, /* bc.eq */
		0x74000000, /* cbgt */
	};
	bool emulated;

	for (size_t i = 0; i < sizeof(simulated) / sizeof(*simulated); i++)
		if (is_refused(simulated[i], &emulated) || !emulated)
			fail_msg("%08x: not simulated", simulated[i]);
	for (size_t i = 0; i < sizeof(stepped) / sizeof(*stepped); i++)
		if (is_refused(stepped[i], &emulated) || emulated)
			fail_msg("%08x: not stepped", stepped[i]);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (!is_refused(refused[i], &emulated) || emulated)
			fail_msg("%08x: not refused", refused[i]);
}

/* ---- by where it is ---- */

/* For each instruction: '.' if it may be probed, else what it is marked as. */
static void expect_marks(const char *what, const char *text, const char *expected)
{
	struct words words = words_of(text);
	struct code code = {.arch = &arch_arm64, .bytes = words.bytes, .size = words.size};
	char marks[MAX_WORDS + 1] = "";

	assert_true(code_mark(&code));
	for (size_t i = 0; i < words.size / 4; i++) {
		uint8_t mark = code.marks ? code.marks[i] : 0;

		marks[i] = ".DAX"[mark];
		if (mark && !arch_arm64.refusal(&code, (uint32_t)i * 4))
			fail_msg("%s: +%zu is not refused", what, i * 4);
	}
	if (strcmp(marks, expected))
		fail_msg("%s: %s", what, marks);
	code_release(&code);
	free(words.bytes);
}

static void test_exclusive(void **state)
{
	/* from the load to the store; not behind it, nor where the program gives up */
	expect_marks("ldaxr, cmp, b.ne, stlxr, cbnz, cset, ret",
		     "885ffcbb 6b01037f 54000061 881bfca2 35ffff9b 9a9f17e6 d65f03c0", ".XX....");
	expect_marks("ldaxr, cbz to the second ret, nop, stlxr, cbnz, ret, ret",
		     "885ffca3 340000a3 d503201f 8804fca2 35ffff84 d65f03c0 d65f03c0", ".XX....");
	expect_marks("pairs", "c87f8c02 eb04005f 54000061 c8259c06 35ffff85 d65f03c0", ".XX...");
	/* b to the load; stlxr, ret; load, nop, b back to the store */
	expect_marks("backwards", "14000003 8804fca2 d65f03c0 885f7ca3 d503201f 17fffffc",
		     "....XX");
	/* load, cbnz behind the ret, ret, add, store */
	expect_marks("around a ret", "885f7ca3 35000043 d65f03c0 11000463 88047ca3 d65f03c0",
		     ".X.X..");
	expect_marks("over a call", "885f7ca3 97ffffff 88047ca2 d65f03c0", ".X..");
	expect_marks("clrex ends it", "885f7ca3 d5033f5f d503201f 88047ca2 d65f03c0", ".....");
	expect_marks("a load alone", "885f7ca3 d503201f d65f03c0", "...");
}

static void test_data(void **state)
{
	/* ldr w27, of 4 bytes; ldr q0, of 16; ret; the data, returns and jumps; ret */
	expect_marks(
		"literals",
		"1800007b 9c000060 d65f03c0 d65f03c0 d65f03c0 14001000 d61f0000 58000020 d65f03c0",
		"...DDDDD.");
	expect_exits(
		"1800007b 9c000060 d65f03c0 d65f03c0 d65f03c0 14001000 d61f0000 58000020 d65f03c0",
		"refused at 0");
	expect_exits(
		"f81f0ffe 1800007b 9c000060 d65f03c0 d65f03c0 d65f03c0 14001000 d61f0000 58000020 d65f03c0",
		"12 ret 36 ret");
	/* prfm of the ret: of what is code */
	expect_exits("f81f0ffe d8000020 d65f03c0", "8 ret");
	/* b over the pool; ret, b; ldr of 8 bytes */
	expect_marks("in the middle", "14000003 d65f03c0 17fffbff 58ffffc0 d65f03c0", ".DD..");
	expect_exits("14000003 d65f03c0 17fffbff 58ffffc0 d65f03c0", "16 ret");
	/* duffzero's caller puts the address of what is behind a bl into its frame */
	expect_marks("an address of code", "9102a3f4 1000007b a93eeffd 97fffffd d65f03c0", ".....");
	/* what is behind a ret may be either; to where a branch goes */
	expect_marks("an address of anything", "10000060 b9400000 d65f03c0 d65f03c0", "...A");
	expect_marks("up to code", "10000060 b4000081 d65f03c0 00000001 00000002 d65f03c0",
		     "...AA.");
	expect_exits("10000060 b9400000 d65f03c0 d65f03c0", "refused at 12");
}

/* Which registers are something else at the entry's probe than at the first instruction. */
static void test_changed_registers(void **state)
{
	static const struct {
		const char *what, *code;
		uint32_t changed;
		bool is_looped;
	} rows[] = {
		{"the check: x16",
		 "f9400b90 eb3063ff 54000089 f81e0ffe f84207fe d65f03c0 aa1e03e3 94000002 17fffff8",
		 1 << 16, false},
		{"a medium frame: x17 too",
		 "f9400b90 d101c3f1 eb10023f 54000069 f8110ffe d65f03c0 aa1e03e3 94000002 17fffff8",
		 1 << 16 | 1 << 17, false},
		{"whose size is in x27",
		 "f9400b90 d282721b cb3b63f1 eb10023f 54000069 f8110ffe d65f03c0 aa1e03e3 94000002 17fffff7",
		 1 << 16 | 1 << 17 | 1 << 27, false},
		{"a branch first", "b4000040 d65f03c0 d65f03c0", 0, false},
		{"a loop to it", "f1000400 54ffffe1 d65f03c0", 0, true},
		{"begun again by the runtime", "9000001b 9100037b f9400360 d65f03c0", 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct decoded decoded = decode(rows[i].code);

		if (decoded.refused || decoded.changed_at_entry != rows[i].changed ||
		    decoded.is_entry_looped != rows[i].is_looped)
			fail_msg("%s: %x, looped %d", rows[i].what, decoded.changed_at_entry,
				 decoded.is_entry_looped);
		decoded_destroy(&decoded);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {
		{"x0", 0},
		{"x9", 9},
		{"x30", 30},
		{"lr", 30},
		{"fp", 29},
		{"sp", ARCH_STACK_REGISTER},
		{"x31", ARCH_NO_REGISTER},
		{"x00", ARCH_NO_REGISTER},
		{"x", ARCH_NO_REGISTER},
		{"w0", ARCH_NO_REGISTER},
		{"pc", ARCH_NO_REGISTER},
		{"ax", ARCH_NO_REGISTER},
		{"d0", ARCH_FLOAT_REGISTER},
		{"v31", ARCH_FLOAT_REGISTER},
		{"F7", ARCH_FLOAT_REGISTER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int number = arch_arm64.register_number(rows[i].name, strlen(rows[i].name));

		if (number != rows[i].number)
			fail_msg("%s: %d", rows[i].name, number);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_odd_sizes),
		cmocka_unit_test(test_refused_instructions),
		cmocka_unit_test(test_exclusive),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_changed_registers),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
