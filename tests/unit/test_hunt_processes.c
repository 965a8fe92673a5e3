/* SPDX-License-Identifier: MIT */
/* test_hunt_processes.c - which processes made the slow calls, and that not all calls were traced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/cleanup.h"
#include "gofuncgraph/output.h"
#include "hunt_world.h"

/* There can be no processes of these numbers. */
#define FIRST_PID 5000000

/* Twenty fast calls of each process, and so many slow ones. */
static void be_busy(struct world *world, uint32_t pid, unsigned slow)
{
	uint64_t us = 0;

	world->pid = pid;
	for (unsigned i = 0; i < 20 + slow; i++) {
		world_enter(world, 1, us);
		us += i < 20 ? 10 : 50000;
		world_leave(world, 1, us);
	}
}

static void check_processes(void *context, const struct hunt_report *report)
{
	assert_int_equal(report->slow, 7);
	assert_int_equal(report->num_processes, 2);
	assert_int_equal(report->processes[0].pid, FIRST_PID + 1);
	assert_int_equal(report->processes[0].calls, 4);
	assert_int_equal(report->processes[1].pid, FIRST_PID);
	assert_int_equal(report->processes[1].calls, 3);
}

static void check_alike(void *context, const struct hunt_report *report)
{
	assert_true(report->alike);
	assert_int_equal(report->num_processes, 1);
	assert_int_equal(report->processes[0].calls, 20);
}

static void visit(struct world *world,
		  void (*report)(void *context, const struct hunt_report *report), void *context)
{
	assert_null(hunt_report(world->hunt, world->names, &(struct hunt_report_options){0},
				&(struct hunt_visitor){.report = report, .context = context}));
}

static void test_processes(void **state)
{
	struct world world;

	world_begin(&world, &(struct hunt_settings){0});
	be_busy(&world, FIRST_PID, 3);
	be_busy(&world, FIRST_PID + 1, 4);
	be_busy(&world, FIRST_PID + 2, 0);
	visit(&world, check_processes, NULL);
	world_end(&world);
	world_begin(&world, &(struct hunt_settings){0});
	be_busy(&world, FIRST_PID, 0);
	visit(&world, check_alike, NULL);
	world_end(&world);
}

/* ---- printed ---- */

static void print_one(void *context, const struct hunt_report *report)
{
	output_hunt(context, report);
}

/* The caller frees it. `processes`: their number, each with a slow call. */
static char *print(struct world *world, const char *format, unsigned processes)
{
	char *text = NULL;
	size_t size;
	struct command_lines *lines = command_lines_new();
	struct output_options options = {.command_lines = lines,
					 .names = world->names,
					 .file = open_memstream(&text, &size)};
	struct output *out;
	int errnum;

	assert_non_null(lines);
	for (unsigned i = 0; i < processes; i++) {
		command_lines_see(lines, FIRST_PID + i);
		be_busy(world, FIRST_PID + i, 1);
	}
	assert_null(output_new(format_named(OUTPUT_HUNT, format), &options, &out));
	visit(world, print_one, out);
	assert_null(output_flush(out, &errnum));
	output_free(out);
	command_lines_free(lines);
	fclose(options.file);
	return text;
}

static void assert_prints(const char *format, unsigned processes, const char *wanted, bool is_there)
{
	struct world world;

	world_begin(&world, &(struct hunt_settings){0});
	_cleanup_free_ char *text = print(&world, format, processes);
	assert_int_equal(strstr(text, wanted) != NULL, is_there);
	world_end(&world);
}

static void test_printed(void **state)
{
	assert_prints("text", 1, "by process", false);
	assert_prints("text", 2,
		      "\nslow calls by process:\n     1  [5000000] (command line unknown)\n"
		      "     1  [5000001] (command line unknown)\n",
		      true);
	assert_prints("text", 13, "     1  [5000009] (command line unknown)\n        and 3 more\n",
		      true);
	assert_prints("json", 1, "\"processes\":[{\"pid\":5000000,\"calls\":1}]", true);
	assert_prints("json", 2,
		      "\"processes\":[{\"pid\":5000000,\"calls\":1},{\"pid\":5000001,\"calls\":1}]",
		      true);
}

/* ---- not all calls ---- */

static void feed_sampling(struct world *world)
{
	union any_record one_in = {.one_in = {.one_in = 1024}};
	union any_record statistics = {.statistics = {.counts = {[STAT_LEFT_OUT] = 1234}}};

	world_feed(world, &one_in, RECORD_ONE_IN, 0, 0);
	world_feed(world, &statistics, RECORD_STATISTICS, 0, 0);
}

static void test_sampled(void **state)
{
	struct world world;

	world_begin(&world, &(struct hunt_settings){0});
	feed_sampling(&world);
	_cleanup_free_ char *text = print(&world, "text", 1);
	assert_non_null(
		strstr(text, "\none in 1,024 calls was traced in the end, chosen by chance, "));
	assert_non_null(strstr(text, "; 1,234 were not\n"));
	world_end(&world);
	world_begin(&world, &(struct hunt_settings){0});
	feed_sampling(&world);
	_cleanup_free_ char *json = print(&world, "json", 1);
	assert_non_null(strstr(json, "\"one_in\":1024,\"calls_left_out\":1234,"));
	world_end(&world);
	assert_prints("text", 1, "chosen by chance", false);
	assert_prints("json", 1, "one_in", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_sampled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
