/* SPDX-License-Identifier: MIT */
/* test_states_terminal.c - states and sums of them on a terminal: what is left out when it is
 * narrow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/output.h"
#include "screen.h"
#include "utc.h"

enum { CHAN = 14, SLEEP = 15 };

static const struct gobin_func funcs[] = {
	{.name = "example.com/shop/server.(*Server).handle", .va = 0x1000, .size = 0x100},
	{.name = "example.com/shop/server.worker", .va = 0x2000, .size = 0x100},
};

static const struct name_line lines[] = {
	{0x1000, {"/home/me/shop/server/server.go", 10}, 0},
	{0x2000, {"/home/me/shop/server/worker.go", 20}, 0},
};

static const char *const reasons[] = {[CHAN] = "chan receive", [SLEEP] = "sleep"};

static const struct name_table table = {
	.funcs = funcs,
	.num_funcs = sizeof(funcs) / sizeof(funcs[0]),
	.lines = lines,
	.num_lines = sizeof(lines) / sizeof(lines[0]),
	.reasons = reasons,
	.num_reasons = sizeof(reasons) / sizeof(reasons[0]),
};

/* Of the processes that a test has; NULL: they are not told apart. */
static struct command_lines *command_lines;

/* What `print` prints on a terminal of so many columns. */
static void assert_shown(unsigned short width, void (*print)(struct output *out),
			 const char *expected)
{
	struct event_clock clock = {.num_steps = 1, .steps = {{0, 1792253285000000000}}};
	const struct name_source source = name_source_table(&table);
	struct screen screen;
	struct output_options options = {.clock = &clock,
					 .file = screen_open(&screen, width),
					 .command_lines = command_lines};
	struct output *out;
	int errnum;

	use_utc();
	assert_null(names_new(&source, NULL, 0, &options.names));
	assert_null(output_new(format_named(OUTPUT_STATES, "text"), &options, &out));
	print(out);
	assert_null(output_flush(out, &errnum));
	assert_string_equal(screen_read(&screen), expected);
	output_free(out);
	names_free(options.names);
	fclose(options.file);
	screen_close(&screen);
}

static const struct state_row row = {
	.pid = 812,
	.goid = 34,
	.start_va = 0x2000,
	.num_goroutines = 1,
	.num_living = 1,
	.sums = {.ns = {[STATE_RUNNABLE] = 11000,
			[STATE_RUNNING] = 523311999,
			[STATE_WAITING] = 9000000000},
		 .waiting_ns = {[CHAN] = 8000000000, [SLEEP] = 1000000000},
		 .waits = {[CHAN] = 30, [SLEEP] = 1},
		 .changes = 1234,
		 .longest_wait_ns = 2000000000,
		 .longest_wait_reason = CHAN},
};

static void print_goroutines(struct output *out)
{
	struct state_row ended = row;

	ended.goid = ended.num_living = 0;
	ended.num_goroutines = 1000;
	output_table(out, &(struct state_table){.kind = STATES_GOROUTINES});
	output_row(out, &row);
	output_row(out, &ended);
}

static void print_statements(struct output *out)
{
	struct state_row group = row;

	group.kind = STATES_STATEMENTS;
	group.goid = 0;
	group.num_goroutines = 1000;
	group.go_va = 0x1058;
	output_table(out, &(struct state_table){.kind = group.kind, .has_processes = true});
	output_row(out, &group);
}

static void test_goroutines(void **state)
{
	assert_shown(60, print_goroutines,
		     "   GOID RUNNING RUNNABLE WAITING SYSCALL  STARTED WITH   WA…\n"
		     "     34 523.3ms   11.0us  9.000s       -  server.worker   c…\n"
		     "      - 523.3ms   11.0us  9.000s       -  server.worker [1,…\n");
	assert_shown(
		80, print_goroutines,
		"   GOID RUNNING RUNNABLE WAITING SYSCALL  STARTED WITH   WAITED FOR\n"
		"     34 523.3ms   11.0us  9.000s       -  server.worker   chan receive 8.000s  …\n"
		"      - 523.3ms   11.0us  9.000s       -  server.worke… [1,000 ended]   chan re…\n");
	assert_shown(
		120, print_goroutines,
		"   GOID RUNNING  NO CPU RUNNABLE WAITING SYSCALL LONGEST CHANGES  STARTED WITH   WAITED FOR\n"
		"     34 523.3ms       -   11.0us  9.000s       -  2.000s    1234  server.worker   chan receive 8.000s  sleep 1.000s\n"
		"      - 523.3ms       -   11.0us  9.000s       -  2.000s    1234  server.worker [1,000 ended]   chan receive 8.000s  …\n");
	assert_shown(
		200, print_goroutines,
		"   GOID RUNNING  NO CPU RUNNABLE WAITING SYSCALL LONGEST CHANGES  STARTED WITH   WAITED FOR\n"
		"     34 523.3ms       -   11.0us  9.000s       -  2.000s    1234  example.com/shop/server.worker   chan receive 8.000s (30)  sleep 1.000s (1)\n"
		"      - 523.3ms       -   11.0us  9.000s       -  2.000s    1234  example.com/shop/server.worker [1,000 ended]   chan receive 8.000s (30)  sleep 1.000s (1)\n");
}

static void test_statements(void **state)
{
	assert_shown(
		100, print_statements,
		"     PID  COUNT LIVING RUNNING  NO CPU RUNNABLE WAITING SYSCALL  AT  STARTED WITH   WAITED FOR\n"
		"     812   1000      1 523.3ms       -   11.0us  9.000s       -  server.go:10  server.wo…   chan re…\n");
	assert_shown(
		160, print_statements,
		"     PID  COUNT LIVING RUNNING  NO CPU RUNNABLE WAITING SYSCALL LONGEST CHANGES  AT  STARTED WITH   WAITED FOR\n"
		"     812   1000      1 523.3ms       -   11.0us  9.000s       -  2.000s    1234  server.go:10  server.worker   chan receive 8.000s  sleep 1.000s\n");
}

static void print_changes(struct output *out)
{
	static const uint64_t stack[WAKER_DEPTH] = {0x1058};
	struct state_change change = {.time_ns = 411402123,
				      .goid = 34,
				      .pid = 812,
				      .tid = 815,
				      .old_state = STATE_WAITING,
				      .new_state = STATE_RUNNABLE,
				      .has_reason = true,
				      .reason = CHAN,
				      .has_duration = true,
				      .duration_ns = 523311999,
				      .by_goid = 41,
				      .by_stack = stack,
				      .start_va = 0x2000};

	output_change(out, &change);
	change = (struct state_change){.goid = 35,
				       .old_state = STATE_RUNNABLE,
				       .new_state = STATE_RUNNING,
				       .is_uncertain = true,
				       .has_duration = true};
	output_change(out, &change);
}

static void test_changes(void **state)
{
	assert_shown(
		80, print_changes,
		"TIME               GOID  OLD -> NEW                 FOR   REASON  STARTED WITH\n"
		"16:08:05.411402      34  WAITING -> RUNNABLE    523.3ms   chan receive  server.…\n"
		"16:08:05.000000      35  RUNNABLE -> RUNNING      0.0us?  ?\n");
	assert_shown(
		180, print_changes,
		"TIME                   PID     TID    GOID  OLD -> NEW                 FOR   REASON           STARTED WITH\n"
		"17 16:08:05.411402     812     815      34  WAITING -> RUNNABLE    523.3ms   chan receive     server.worker  woken by goroutine 41 in server.(*Server).handle+88 server.go:10\n"
		"17 16:08:05.000000       0       0      35  RUNNABLE -> RUNNING      0.0us?                   ?\n");
}

/* Above the largest number of any, so that nobody can look at their command lines. */
#define PROCESS 4194305

static void print_processes(struct output *out)
{
	struct state_change change = {.pid = PROCESS,
				      .goid = 34,
				      .old_state = STATE_RUNNABLE,
				      .new_state = STATE_RUNNING};

	for (uint32_t i = 0; i < 3; i++) {
		change.pid = PROCESS + i / 2;
		command_lines_see(command_lines, change.pid);
		output_change(out, &change);
	}
}

static void print_rows_of_processes(struct output *out)
{
	struct state_row of_process = row;

	command_lines_see(command_lines, PROCESS);
	command_lines_see(command_lines, PROCESS + 1);
	output_table(out, &(struct state_table){.kind = STATES_GOROUTINES, .has_processes = true});
	for (uint32_t i = 0; i < 3; i++) {
		of_process.pid = PROCESS + i % 2;
		output_row(out, &of_process);
	}
	output_end(out, &(struct output_totals){0});
}

/* From the second one on. */
static void test_processes(void **state)
{
	command_lines = command_lines_new();
	assert_shown(
		80, print_processes,
		"TIME               GOID  OLD -> NEW                 FOR   REASON  STARTED WITH\n"
		"16:08:05.000000      34  RUNNABLE -> RUNNING              ?\n"
		"16:08:05.000000      34  RUNNABLE -> RUNNING              ?\n"
		"[4194305] (command line unknown)\n"
		"[4194306] (command line unknown)\n"
		"TIME                PID    GOID  OLD -> NEW                 FOR   REASON  START…\n"
		"16:08:05.000000 4194306      34  RUNNABLE -> RUNNING              ?\n");
	command_lines_free(command_lines);
	command_lines = command_lines_new();
	assert_shown(
		80, print_rows_of_processes,
		"     PID   GOID RUNNING RUNNABLE WAITING SYSCALL  STARTED WITH   WAITED FOR\n"
		" 4194305     34 523.3ms   11.0us  9.000s       -  server.worker   chan receive\n"
		" 4194306     34 523.3ms   11.0us  9.000s       -  server.worker   chan receive\n"
		" 4194305     34 523.3ms   11.0us  9.000s       -  server.worker   chan receive\n"
		"\n"
		"[4194305] (command line unknown)\n"
		"[4194306] (command line unknown)\n");
	command_lines_free(command_lines);
	command_lines = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goroutines),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
