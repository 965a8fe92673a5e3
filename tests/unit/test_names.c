/* SPDX-License-Identifier: MIT */
/* test_names.c - sites and addresses by name, from a table of names; goroutines' states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "names/goroutine_state.h"
#include "names/names.h"
#include "printed_place.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct gobin_func funcs[] = {
	{.name = "main.f", .va = 0x1000, .size = 0x100},
	{.name = "main.\x1b[\xff", .va = 0x1200, .size = 0x100},
	{.name = "sync.(*Mutex).Unlock", .va = 0x1400, .size = 0x100},
	{.name = "runtime.goexit", .va = 0x1500, .size = 0x100},
};

static const struct name_line lines[] = {
	{0x1000, {"/src/main.go", 7}, 0},
	{0x1010, {"/src/main.go", 8}, 0x1000},
	{0x1100, {"/src/\x1b.go", 0}, 0},
	{0x1280, {NULL, 0}, 0},
};

static const char *const reasons[] = {"", "sleep", NULL, "odd\n"};

static const struct name_module modules[] = {
	{FOREIGN_ADDRESS | 1, {"libc.so.6", 0x1234}},
	{FOREIGN_ADDRESS | 2, {"odd\n.so", 0}},
	{FOREIGN_ADDRESS | 4, {NULL, 0xabcd}},
};

static const struct name_table table = {
	.funcs = funcs,
	.lines = lines,
	.modules = modules,
	.reasons = reasons,
	.num_funcs = COUNT(funcs),
	.num_lines = COUNT(lines),
	.num_modules = COUNT(modules),
	.num_reasons = COUNT(reasons),
	.arch = &arch_x86_64,
	.own_code = {.goroot = "/go/src/"},
};

static const struct name_site sites[] = {{0x1004, 3}, {0x12ff, 5}, {0x1300, 6}};

static int setup(void **state)
{
	const struct name_source source = name_source_table(&table);
	struct names *names;

	if (names_new(&source, sites, COUNT(sites), &names))
		return -1;
	*state = names;
	return 0;
}

static int teardown(void **state)
{
	names_free(*state);
	return 0;
}

static void test_sites(void **state)
{
	struct names *names = *state;
	const struct place *first = names_site(names, 0);

	assert_place(first, "main.f+4 /src/main.go:7");
	assert_string_equal(first->function->text, "main.f");
	assert_int_equal(first->function->len, strlen("main.f"));
	assert_int_equal(first->offset, 4);
	assert_string_equal(first->file->text, "/src/main.go");
	assert_int_equal(first->file->len, strlen("/src/main.go"));
	assert_int_equal(first->line, 7);
	assert_place(names_site(names, 1), "main.\\x1b[\\xff+255");
	assert_place(names_site(names, 2), "0x1300");
	assert_place(names_site(names, 3), "?");
	assert_ptr_equal(names_site(names, 0), first);
	assert_int_equal(names_func_of_site(names, 0), 3);
	assert_int_equal(names_func_of_site(names, 2), 6);
	assert_int_equal(names_func_of_site(names, 3), UINT32_MAX);
	assert_int_equal(names_func_of_site(names, UINT32_MAX), UINT32_MAX);
}

/* The same address is three things, as what it is asked for. */
static void test_addresses(void **state)
{
	struct names *names = *state;

	for (int i = 0; i < 2; i++) {
		/* Whether it is known or not, and even while nothing is. */
		names_expect_caller(names, 0x1010);
		names_expect_caller(names, 0);
		assert_place(names_caller(names, 0x1010), "main.f+16 /src/main.go:7");
		assert_place(names_caller(names, 0x1011), "main.f+17 /src/main.go:8");
		assert_place(names_waker(names, 0x1011), "main.f+17 /src/main.go:7");
		assert_place(names_start(names, 0x1011), "0x1011");
		assert_place(names_start(names, 0x1000), "main.f+0 /src/main.go:7");
		assert_place(names_caller(names, 0x1000), "0x1000");
		assert_place(names_caller(names, 0x1100), "main.f+256 /src/main.go:8");
		assert_place(names_caller(names, 0x1201), "main.\\x1b[\\xff+1 /src/\\x1b.go");
		assert_place(names_caller(names, 0x7ffffffffffffffe), "0x7ffffffffffffffe");
		assert_place(names_caller(names, 0), "?");
		assert_place(names_waker(names, 0), "?");
		assert_place(names_start(names, 0), "?");
	}
	assert_null(names_start(names, 0x1011)->function);
}

static void test_other_files(void **state)
{
	struct names *names = *state;

	assert_place(names_caller(names, FOREIGN_ADDRESS | 1), "libc.so.6+0x1234");
	assert_string_equal(names_caller(names, FOREIGN_ADDRESS | 1)->module->text, "libc.so.6");
	assert_int_equal(names_caller(names, FOREIGN_ADDRESS | 1)->offset, 0x1234);
	assert_place(names_waker(names, FOREIGN_ADDRESS | 2), "odd\\x0a.so");
	assert_place(names_start(names, FOREIGN_ADDRESS | 4), "0xabcd");
	assert_null(names_start(names, FOREIGN_ADDRESS | 4)->module);
	assert_place(names_caller(names, FOREIGN_ADDRESS | 3), "?");
	assert_place(names_caller(names, UINT64_MAX), "?");
}

/* 0x1011 lies in main.g, which was inlined into main.f at 0x1005. */
static size_t fake_inlined(const void *context, uint64_t va, struct gobin_inlined *calls,
			   size_t max)
{
	if (va != 0x1010)
		return 0;
	calls[0] = (struct gobin_inlined){"main.g", 0x1005};
	return 1;
}

static void test_frames(void **state)
{
	struct name_source source = name_source_table(&table);
	struct name_frames frames;
	struct names *names;

	source.inlined_at = fake_inlined;
	assert_null(names_new(&source, sites, COUNT(sites), &names));
	for (int again = 0; again < 2; again++) {
		frames = names_frames(names, 0x1011);
		assert_int_equal(frames.count, 2);
		assert_string_equal(frames.places[0].function->text, "main.g");
		assert_int_equal(frames.places[0].line, 8);
		assert_string_equal(frames.places[1].function->text, "main.f");
		assert_int_equal(frames.places[1].line, 7);
	}
	/* The call is the last instruction of the function before. */
	frames = names_frames(names, 0x1500);
	assert_int_equal(frames.count, 1);
	assert_string_equal(frames.places[0].function->text, "sync.(*Mutex).Unlock");
	assert_false(names_is_bottom(&frames.places[0]));
	assert_true(names_is_bottom(&names_frames(names, 0x1501).places[0]));
	frames = names_frames(names, FOREIGN_ADDRESS | 1);
	assert_int_equal(frames.count, 1);
	assert_string_equal(frames.places[0].module->text, "libc.so.6");
	for (uint64_t va = 0; va <= NAMES_MAX_FRAMES + 1; va++)
		assert_int_equal(names_frames(names, 0x7000000000 + va).count, 1);
	frames = names_frames(names, 0);
	assert_null(frames.places[0].function);
	assert_false(names_is_bottom(&frames.places[0]));
	names_free(names);
}

static void test_waker(void **state)
{
	const uint64_t own[WAKER_DEPTH] = {0x1401, 0x1501};
	const uint64_t typed[WAKER_DEPTH] = {0x1401, 0x1011, 0x1201};
	const uint64_t none[WAKER_DEPTH] = {0};
	struct names *names = *state;

	assert_int_equal(names_waker_va(names, own), 0x1401);
	assert_int_equal(names_waker_va(names, typed), 0x1011);
	assert_int_equal(names_waker_va(names, none), 0);
}

static void test_reasons(void **state)
{
	struct names *names = *state;

	for (int i = 0; i < 2; i++) {
		assert_null(names_wait_reason(names, 0));
		assert_string_equal(names_wait_reason(names, 1), "sleep");
		assert_null(names_wait_reason(names, 2));
		assert_string_equal(names_wait_reason(names, 3), "odd\\x0a");
		assert_null(names_wait_reason(names, 255));
	}
	assert_string_equal(names_state(names, STATE_RUNNABLE | STATE_SCAN), "runnable");
	assert_string_equal(names_state(names, 77), "state 77");
}

/* More callers than are remembered: what is asked for again is the same. */
static void test_many_callers(void **state)
{
	struct names *names = *state;
	char text[32];

	for (uint64_t va = 0x100000; va < 0x100000 + 2 * NAMES_MAX_ADDRESSES + 7; va++) {
		names_caller(names, va);
		if (va % 50000)
			continue;
		assert_place(names_caller(names, 0x1011), "main.f+17 /src/main.go:8");
		assert_place(names_waker(names, 0x1011), "main.f+17 /src/main.go:7");
		assert_place(names_start(names, 0x1011), "0x1011");
		assert_place(names_caller(names, FOREIGN_ADDRESS | 1), "libc.so.6+0x1234");
	}
	for (uint64_t va = 0x100000; va < 0x100000 + 1000; va++) {
		snprintf(text, sizeof(text), "0x%lx", (unsigned long)va);
		assert_place(names_caller(names, va), text);
	}
}

static void test_goroutine_states(void **state)
{
	char text[STATE_NAME_SIZE], all[256] = "";
	uint8_t number;

	assert_string_equal(state_name(STATE_WAITING | STATE_SCAN, text), "WAITING");
	assert_string_equal(state_name(STATE_DEAD_EXTRA + 1, text), "STATE 12");
	assert_string_equal(state_name(0xfe, text), "STATE 126");
	for (uint8_t i = 0; i <= STATE_DEAD_EXTRA; i++) {
		assert_true(state_from_name(state_name(i, text), &number));
		assert_int_equal(number, i);
		strcat(strcat(all, i ? ", " : ""), state_name(i, text));
	}
	assert_string_equal(state_name(STATE_NO_CPU, text), "NO CPU");
	assert_true(state_from_name("no cpu", &number));
	assert_int_equal(number, STATE_NO_CPU);
	strcat(all, ", NO CPU");
	assert_string_equal(state_names(), all);
	assert_true(state_from_name("waiting", &number));
	assert_int_equal(number, STATE_WAITING);
	assert_false(state_from_name("WAIT", &number));
	assert_false(state_from_name("", &number));
}

static void test_syscalls(void **state)
{
	struct names *names = *state;

	assert_string_equal(names_syscall(names, 74), "syscall fsync");
	assert_string_equal(names_syscall(names, 74), "syscall fsync");
	assert_string_equal(names_syscall(names, 1000), "syscall 1000");
	assert_string_equal(names_syscall(names, 5000), "syscall");
	assert_string_equal(names_syscall(names, -1), "syscall");
}

static void test_own(void **state)
{
	struct names *names = *state;
	const struct place *frame = names_caller(names, 0x1005);

	assert_true(names_is_own(names, frame));
	assert_false(names_is_hidden(frame));
	frame = names_caller(names, 0x1505);
	assert_false(names_is_own(names, frame));
	assert_true(names_is_hidden(frame));
	frame = names_caller(names, 5);
	assert_false(names_is_own(names, frame));
	assert_false(names_is_hidden(frame));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_syscalls),     TEST(test_own),
		TEST(test_sites),        TEST(test_addresses),
		TEST(test_other_files),  TEST(test_waker),
		TEST(test_frames),       TEST(test_reasons),
		TEST(test_many_callers), cmocka_unit_test(test_goroutine_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
