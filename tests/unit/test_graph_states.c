/* SPDX-License-Identifier: MIT */
/* test_graph_states.c - states and waits in text for people, to the column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fake_output.h"
#include "output/amounts.h"

#define CALLER_VA    (0x9000 + 47)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CALLER_TEXT  "net/http.HandlerFunc.ServeHTTP+47 /go/server.go:2122"
#define MS           1000000ull
#define ENTRY_LINE   "17 16:08:05.000000             main.handleBar() { " CALLER_TEXT "\n"
#define EXIT_LINE    "17 16:08:05.523311 000.523311  } main.handleBar+192 /home/me/main.go:20"

static const struct output_options with_states = {
	.run = {.states = true, .min_wait_ns = 1, .follow = true}};

static int setup(void **state)
{
	return fake_output_setup(state, "graph", with_states);
}

/* A tree of one call, with these parts of its 523,311 us. */
static void assert_parts(struct fake_output *fake, struct part *parts, size_t count,
			 enum call_end end, const char *exit_line)
{
	struct call call = fake_handle_bar();
	struct step steps[] = {{0, STEP_ENTRY}, {0, STEP_EXIT}};
	struct tree tree = {.number = 1,
			    .root = 1,
			    .goid = 34,
			    .calls = &call,
			    .num_calls = 1,
			    .steps = steps,
			    .num_steps = 2};
	size_t before = strlen(fake_output_text(fake));
	_cleanup_free_ char *expected = NULL;

	call.parts = parts;
	call.num_parts = (uint32_t)count;
	call.end = (uint8_t)end;
	fake_end_tree(fake, &tree);
	assert_true(asprintf(&expected, "\n%s%s\n", ENTRY_LINE, exit_line) > 0);
	assert_string_equal(fake_output_text(fake) + before, expected);
}

static void test_parts(void **state)
{
	struct part parts[] = {
		{.ns = 111000, .state = STATE_RUNNABLE},
		{.ns = 100 * MS, .state = STATE_SYSCALL},
		{.ns = 300 * MS, .state = STATE_WAITING, .reason = 1},
		{.ns = 0, .state = STATE_WAITING, .reason = 4},
		{.ns = 99900, .state = STATE_PREEMPTED},
		{.ns = 110 * MS, .state = STATE_WAITING, .reason = 2},
		{.ns = 2 * MS, .state = STATE_WAITING, .reason = 5}, /* "sleep", as 1 */
		{.ns = 1 * MS, .state = STATE_NO_CPU},
		{.ns = 5 * MS, .state = STATE_RUNNING},
	};

	assert_parts(*state, parts, COUNT(parts), CALL_RETURN,
		     EXIT_LINE "   run 10.1ms  no cpu 1.0ms  sleep 302.0ms  chan receive 110.0ms"
			       "  syscall 100.0ms  preempted 99.9us  runnable 0.1ms");
	assert_parts(*state, NULL, 0, CALL_RETURN, EXIT_LINE "   run 523.3ms");
	assert_parts(*state, parts, 1, CALL_TAIL_CALL,
		     EXIT_LINE " [tail call]   run 523.2ms"
			       "  runnable 0.1ms");
	assert_parts(*state, parts, 1, CALL_GOEXIT,
		     "17 16:08:05.523311 000.523311  } main.handleBar [goroutine exit]"
		     "   run 523.2ms  runnable 0.1ms");
	/* Nobody knows how long it took. */
	assert_parts(*state, parts, 1, CALL_LOST,
		     "17 16:08:05.523311             } main.handleBar [lost]");
}

/* Reasons without a name, or with a hostile one; states that are not known; more than there is. */
static void test_odd_parts(void **state)
{
	struct part parts[] = {
		{.ns = 1 * MS, .state = STATE_WAITING, .reason = 0},
		{.ns = 2 * MS, .state = STATE_WAITING, .reason = 200},
		{.ns = 4 * MS, .state = STATE_WAITING, .reason = 3},
		{.ns = 5 * MS, .state = STATE_WAITING, .reason = 6},
		{.ns = 6 * MS, .state = STATE_RUNNABLE},
		{.ns = 10 * MS, .state = 77},
		{.ns = UINT64_MAX, .state = STATE_LEAKED},
	};

	assert_parts(*state, parts, COUNT(parts), CALL_RETURN,
		     EXIT_LINE "   run 0.0us  leaked 495.3ms  state 77 10.0ms  runnable 5.0ms"
			       "  odd\\x0a 4.0ms  waiting 3.0ms  runnable 6.0ms");
}

/* Not more than MAX_AMOUNTS of them, and no time is lost. */
static void test_many_parts(void **state)
{
	struct part parts[80];

	for (size_t i = 0; i < COUNT(parts); i++)
		parts[i] = (struct part){.ns = MS, .state = (uint8_t)(40 + i)};
	struct call call = {.end_ns = 100 * MS, .parts = parts, .num_parts = COUNT(parts)};
	struct amount amounts[MAX_AMOUNTS];
	struct fake_output *fake = *state;
	uint64_t run_ns;

	assert_int_equal(amounts_of_call(fake->out->names, &call, "?", amounts, &run_ns),
			 MAX_AMOUNTS);
	assert_int_equal(run_ns, 20 * MS);
	assert_string_equal(amounts[0].name, "other");
	assert_int_equal(amounts[0].ns, (80 - (MAX_AMOUNTS - 1)) * MS);
	assert_string_equal(amounts[1].name, "state 40");
}

static void test_no_states(void **state)
{
	struct part part = {.ns = MS, .state = STATE_RUNNABLE};
	struct fake_output fake;

	assert_int_equal(fake_output_start(&fake, "graph", 0), 0);
	assert_parts(&fake, &part, 1, CALL_RETURN, EXIT_LINE);
	fake_output_stop(&fake);
}

/* One wait in main.handleBar. */
static void assert_wait(struct fake_output *fake, struct wait wait, const char *line)
{
	struct call call = fake_handle_bar();
	struct step steps[] = {{0, STEP_ENTRY}, {0, STEP_WAIT}, {0, STEP_EXIT}};
	struct tree tree = {.number = 1,
			    .root = 1,
			    .goid = 34,
			    .calls = &call,
			    .num_calls = 1,
			    .steps = steps,
			    .num_steps = 3,
			    .waits = &wait,
			    .num_waits = 1};
	size_t before = strlen(fake_output_text(fake));
	_cleanup_free_ char *expected = NULL;

	wait.start_ns = 1000;
	wait.end_ns = 522801000;
	fake_end_tree(fake, &tree);
	assert_true(asprintf(&expected, "\n%s%s%s\n%s\n", ENTRY_LINE,
			     "17 16:08:05.522801 000.522800    ~ ", line,
			     EXIT_LINE "   run 523.3ms") > 0);
	assert_string_equal(fake_output_text(fake) + before, expected);
}

static void test_waits(void **state)
{
	struct wait wait = {.state = STATE_WAITING, .reason = 1};

	assert_wait(*state, wait, "sleep");
	wait.reason = 77;
	assert_wait(*state, wait, "waiting");
	wait.is_open = true;
	wait.by_goid = 41;
	assert_wait(*state, wait, "waiting, still waiting");
	assert_wait(*state, (struct wait){.state = STATE_SYSCALL}, "syscall");
	assert_wait(*state, (struct wait){.state = STATE_RUNNABLE}, "runnable");
}

static void test_wakers(void **state)
{
	struct wait wait = {.state = STATE_WAITING, .reason = 2, .by_goid = 41};

	assert_wait(*state, wait, "chan receive, woken by goroutine 41");

	/* What people wrote, behind the runtime's own; not what called that. */
	uint64_t stack[] = {0xa000 + 5, 0xa200 + 9, 0xb000 + 120, 0x1000 + 7};
	memcpy(wait.by_stack, stack, sizeof(stack));
	assert_wait(*state, wait,
		    "chan receive, woken by goroutine 41 in main.worker+120 /go/server.go:2122");

	/* Nothing else: the outermost of them that says something. */
	uint64_t own[WAKER_DEPTH] = {0xa000 + 5, 0xa200 + 9, 0xa100 + 1};
	memcpy(wait.by_stack, own, sizeof(own));
	assert_wait(
		*state, wait,
		"chan receive, woken by goroutine 41 in sync.(*Mutex).Unlock+9 /go/server.go:1");

	uint64_t bottom[WAKER_DEPTH] = {0xa100 + 1};
	memcpy(wait.by_stack, bottom, sizeof(bottom));
	assert_wait(*state, wait,
		    "chan receive, woken by goroutine 41 in runtime.goexit+1 /go/server.go:1");

	uint64_t unknown[WAKER_DEPTH] = {0xa000 + 5, 0x7fff0000};
	memcpy(wait.by_stack, unknown, sizeof(unknown));
	assert_wait(*state, wait, "chan receive, woken by goroutine 41 in 0x7fff0000");
}

static size_t times_in(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		count++;
	return count;
}

static void one_call(struct fake_output *fake)
{
	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_leave(fake, 1, 0, 0);
}

/* The tree that was open says so, and the first of those that lack the same. */
static void test_taken_off(void **state)
{
	struct fake_output *fake = *state;
	const char *text;

	fake_enter(fake, 1, 0, 0, CALLER_VA);
	fake_record(fake, 1, (struct facts){.kind = RECORD_STATES_OFF});
	fake_record(fake, 1, (struct facts){.kind = RECORD_TAKEN_OFF, .site = 2});
	fake_leave(fake, 1, 0, 0);
	one_call(fake);
	one_call(fake);
	fake_record(fake, 1, (struct facts){.kind = RECORD_TAKEN_OFF, .site = 4});
	one_call(fake);
	one_call(fake);
	text = fake_output_text(fake);
	assert_int_equal(times_in(text, "main.handleBar() {"), 5);
	assert_int_equal(times_in(text, "(states were not seen to its end, "), 1);
	assert_int_equal(times_in(text, "(states are not seen from here on, "), 1);
	assert_int_equal(times_in(text, "(1 function left out, called too often)"), 1);
	assert_int_equal(times_in(text, "(1 function left out from here on, "), 1);
	assert_int_equal(times_in(text, "(2 functions left out from here on, "), 1);
	assert_true(strstr(text, "seen to its end") < strstr(text, "from here on"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_output_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_parts),
		TEST(test_odd_parts),
		TEST(test_taken_off),
		TEST(test_many_parts),
		cmocka_unit_test(test_no_states),
		TEST(test_waits),
		TEST(test_wakers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
