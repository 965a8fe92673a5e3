/* SPDX-License-Identifier: MIT */
/* test_states_print.c - changes of goroutines' states, and sums of them, as they are printed; and
 * the command line that chooses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "command/states_args.h"
#include "gofuncgraph/output.h"
#include "utc.h"

enum { CHAN = 14, ODD = 15, OTHER_ODD = 16, NO_REASON = 77 };

static const struct gobin_func funcs[] = {
	{.name = "runtime.chansend1", .va = 0x1000, .size = 0x100},
	{.name = "main.producer", .va = 0x2000, .size = 0x100},
	{.name = "main.worker", .va = 0x3000, .size = 0x100},
	{.name = "main.\x1b[\xff", .va = 0x4000, .size = 0x100},
};

/* What woke it is inlined into main.producer, by line 50. */
static const struct name_line lines[] = {
	{0x1000, {"/src/main.go", 10}, 0},      {0x2000, {"/src/main.go", 20}, 0},
	{0x2057, {"/src/main.go", 20}, 0x5000}, {0x2058, {"/src/main.go", 20}, 0},
	{0x3000, {"/src/main.go", 30}, 0},      {0x4000, {"/src/main.go", 40}, 0},
	{0x5000, {"/src/main.go", 50}, 0},
};

static const char *const reasons[] = {
	[CHAN] = "chan receive", [ODD] = "odd\x1b", [OTHER_ODD] = "odd\x1b"};

static const struct name_table table = {
	.funcs = funcs,
	.num_funcs = sizeof(funcs) / sizeof(funcs[0]),
	.lines = lines,
	.num_lines = sizeof(lines) / sizeof(lines[0]),
	.reasons = reasons,
	.num_reasons = sizeof(reasons) / sizeof(reasons[0]),
};

struct fixture {
	char *text;
	size_t size;
	FILE *file;
	struct names *names;
	struct output *out;
	struct event_clock clock;
};

static int start(void **state, const char *format)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const struct name_source source = name_source_table(&table);
	struct output_options options = {.clock = &fixture->clock};

	*state = fixture;
	/* 2026-10-17 16:08:05 UTC */
	fixture->clock = (struct event_clock){.num_steps = 1, .steps = {{0, 1792253285000000000}}};
	use_utc();
	options.file = fixture->file = open_memstream(&fixture->text, &fixture->size);
	if (names_new(&source, NULL, 0, &fixture->names))
		return -1;
	options.names = fixture->names;
	return !fixture->file ||
	       output_new(format_named(OUTPUT_STATES, format), &options, &fixture->out);
}

static int start_text(void **state)
{
	return start(state, "text");
}

static int start_json(void **state)
{
	return start(state, "json");
}

static int stop(void **state)
{
	struct fixture *fixture = *state;

	output_free(fixture->out);
	names_free(fixture->names);
	fclose(fixture->file);
	free(fixture->text);
	free(fixture);
	return 0;
}

static const char *text_of(struct fixture *fixture)
{
	int errnum;

	assert_null(output_flush(fixture->out, &errnum));
	return fixture->text;
}

static void assert_json_lines(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	assert_non_null(copy);
	while ((line = strsep(&rest, "\n")) && *line) {
		char error[256] = "";
		yajl_val value = yajl_tree_parse(line, error, sizeof(error));
		assert_string_equal(error, "");
		assert_true(YAJL_IS_OBJECT(value));
		yajl_tree_free(value);
	}
}

static const uint64_t stack[WAKER_DEPTH] = {0x1010, 0x2058};

static const struct state_change woken = {
	.time_ns = 411402123,
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
	.start_va = 0x3000,
};

static const struct state_change started = {
	.time_ns = 1000,
	.goid = 35,
	.pid = 812,
	.tid = 815,
	.old_state = STATE_DEAD,
	.new_state = STATE_RUNNABLE,
	.is_start = true,
	.by_goid = 34,
	.start_va = 0x4000,
	.go_va = 0x2078,
};

static const struct state_change marked = {
	.old_state = STATE_WAITING,
	.new_state = STATE_WAITING | STATE_SCAN,
	.has_reason = true,
	.reason = NO_REASON,
	.has_duration = true,
	.duration_ns = 1000,
	.is_uncertain = true,
	.goid = 36,
};

static void set_wall_clock(struct fixture *fixture)
{
	fixture->clock.steps[1] = (struct event_clock_step){
		400000000, fixture->clock.steps[0].offset_ns + 3600000000000};
	fixture->clock.num_steps = 2;
}

/* Each line has the wall clock of its time. */
static void test_wall_clock_is_set_in_text(void **state)
{
	struct fixture *fixture = *state;

	set_wall_clock(fixture);
	output_change(fixture->out, &started);
	output_change(fixture->out, &woken);
	assert_non_null(strstr(text_of(fixture), "\n17 16:08:05.000001 "));
	assert_non_null(strstr(text_of(fixture), "\n17 17:08:05.411402 "));
}

static void test_wall_clock_is_set_in_json(void **state)
{
	struct fixture *fixture = *state;

	set_wall_clock(fixture);
	output_change(fixture->out, &started);
	output_change(fixture->out, &woken);
	assert_non_null(strstr(text_of(fixture), "{\"time_ns\":1792253285000001000,"));
	assert_non_null(strstr(text_of(fixture), "{\"time_ns\":1792256885411402123,"));
}

#define HEADER                                                                                     \
	"TIME                   PID     TID     GOID  OLD -> NEW                FOR         "      \
	"REASON                STARTED WITH\n"

static void test_text(void **state)
{
	struct fixture *fixture = *state;

	output_change(fixture->out, &woken);
	output_change(fixture->out, &started);
	output_change(fixture->out, &marked);
	assert_string_equal(
		text_of(fixture), HEADER
		"17 16:08:05.411402     812     815       34  WAITING -> RUNNABLE       000.523311 "
		" "
		"chan receive          main.worker  woken by goroutine 41 in main.producer+88 "
		"/src/main.go:50\n"
		"17 16:08:05.000001     812     815       35  DEAD -> RUNNABLE                     "
		" "
		"                      main.\\x1b[\\xff  started by goroutine 34 at "
		"main.producer+120 /src/main.go:20\n"
		"17 16:08:05.000000       0       0       36  WAITING -> WAITING+scan   "
		"000.000001? "
		"?                     ?\n");
}

static void test_json(void **state)
{
	struct fixture *fixture = *state;

	output_change(fixture->out, &woken);
	output_change(fixture->out, &started);
	output_change(fixture->out, &marked);
	assert_string_equal(
		text_of(fixture),
		"{\"time_ns\":1792253285411402123,\"pid\":812,\"tid\":815,\"goid\":34,"
		"\"old\":\"WAITING\",\"new\":\"RUNNABLE\",\"duration_ns\":523311999,"
		"\"reason\":\"chan receive\",\"start\":{\"function\":\"main.worker\"},"
		"\"woken_by\":{\"goid\":41,\"function\":\"main.producer\",\"offset\":88,"
		"\"file\":\"/src/main.go\",\"line\":50}}\n"
		"{\"time_ns\":1792253285000001000,\"pid\":812,\"tid\":815,\"goid\":35,"
		"\"old\":\"DEAD\",\"new\":\"RUNNABLE\",\"start\":{\"function\":\"main."
		"\\\\x1b[\\\\xff\"},"
		"\"started_by\":{\"goid\":34,\"function\":\"main.producer\",\"offset\":120,"
		"\"file\":\"/src/main.go\",\"line\":20}}\n"
		"{\"time_ns\":1792253285000000000,\"pid\":0,\"tid\":0,\"goid\":36,"
		"\"old\":\"WAITING\",\"new\":\"WAITING\",\"new_scan\":true,"
		"\"duration_ns\":1000,\"uncertain\":true,"
		"\"reason\":\"unknown\"}\n");
	assert_json_lines(fixture->text);
}

static const struct state_row waited = {
	.pid = 812,
	.goid = 34,
	.start_va = 0x3000,
	.num_goroutines = 1,
	.sums = {.ns = {[STATE_RUNNABLE] = 1000,
			[STATE_RUNNING] = 2000,
			[STATE_SYSCALL] = 3000,
			[STATE_WAITING] = 9000,
			[STATE_PREEMPTED] = 4000},
		 .waiting_ns = {[CHAN] = 2000, [ODD] = 1000, [OTHER_ODD] = 6000},
		 .waits = {[CHAN] = 3, [ODD] = 1, [OTHER_ODD] = 1},
		 .changes = 11,
		 .longest_wait_ns = 6000,
		 .longest_wait_reason = ODD},
};

static const struct state_row ran = {
	.pid = 812,
	.goid = 1,
	.num_goroutines = 1,
	.num_living = 1,
	.sums = {.ns = {[STATE_RUNNING] = 1000000000000}},
};

#define SUMS                                                                                                   \
	"  000.000002  000.000000  000.000001  000.000009  000.000003        11   000.000006  odd\\x1b       " \
	" "                                                                                                    \
	"       main.worker"
#define DETAILS(space)                                                                             \
	"                                                        " space                           \
	"000.000007  2 x odd\\x1b\n"                                                               \
	"                                                        " space                           \
	"000.000002  3 x chan receive\n"                                                           \
	"                                                        " space "000.000004  PREEMPTED\n"
#define LIVING_SPACE "           "
#define COLUMNS                                                                                                  \
	"    RUNNING      NO CPU    RUNNABLE     WAITING     SYSCALL   CHANGES LONGEST WAIT  REASON            " \
	"    STARTED WITH\n"

/* Sums of three, two of which live; of those that have ended. */
static struct state_row group_of(enum state_table_kind kind)
{
	struct state_row row = waited;

	row.kind = kind;
	row.goid = 0;
	row.num_goroutines = 3;
	row.num_living = kind == STATES_GOROUTINES ? 0 : 2;
	row.go_va = kind == STATES_STATEMENTS ? 0x2058 : 0;
	return row;
}

static void put_table(struct fixture *fixture, enum state_table_kind kind)
{
	output_table(fixture->out, &(struct state_table){.kind = kind});
}

static void put_group(struct fixture *fixture, enum state_table_kind kind)
{
	struct state_row row = group_of(kind);

	output_row(fixture->out, &row);
}

static void test_text_summary(void **state)
{
	struct fixture *fixture = *state;
	static const char *const expected[] = {
		"    PID       GOID " COLUMNS,
		"    812         34" SUMS "  [ended]\n" DETAILS(""),
		"    812          1 1000.000000  000.000000  000.000000  000.000000  000.000000         0   ",
		"000.000000                        ?\n",
		"    812          -" SUMS "  [3 ended]\n" DETAILS(""),
		"\n    PID GOROUTINES     LIVING " COLUMNS,
		"    812          3          2" SUMS "\n" DETAILS(LIVING_SPACE),
		"\n    PID GOROUTINES     LIVING " COLUMNS,
		"    812          3          2" SUMS " at main.producer+88 /src/main.go:20\n",
		DETAILS(LIVING_SPACE),
	};
	const char *text;

	put_table(fixture, STATES_GOROUTINES);
	output_row(fixture->out, &waited);
	output_row(fixture->out, &ran);
	put_group(fixture, STATES_GOROUTINES);
	put_table(fixture, STATES_FUNCTIONS);
	put_group(fixture, STATES_FUNCTIONS);
	put_table(fixture, STATES_STATEMENTS);
	put_group(fixture, STATES_STATEMENTS);
	text = text_of(fixture);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		size_t len = strlen(expected[i]);
		_cleanup_free_ char *part = strndup(text, len);
		assert_string_equal(part, expected[i]);
		text += len;
	}
	assert_string_equal(text, "");
}

#define JSON_SUMS                                                                                  \
	"\"ns\":{\"RUNNABLE\":1000,\"RUNNING\":2000,\"SYSCALL\":3000,\"WAITING\":9000,"            \
	"\"PREEMPTED\":4000},"                                                                     \
	"\"waiting\":{\"odd\\\\x1b\":{\"ns\":7000,\"count\":2},"                                   \
	"\"chan receive\":{\"ns\":2000,\"count\":3}},\"changes\":11,"                              \
	"\"longest_wait\":{\"ns\":6000,\"reason\":\"odd\\\\x1b\"}}\n"

static void test_json_summary(void **state)
{
	struct fixture *fixture = *state;

	put_table(fixture, STATES_GOROUTINES);
	output_row(fixture->out, &waited);
	output_row(fixture->out, &ran);
	put_group(fixture, STATES_GOROUTINES);
	put_group(fixture, STATES_FUNCTIONS);
	put_group(fixture, STATES_STATEMENTS);
	assert_string_equal(
		text_of(fixture),
		"{\"summary\":\"goroutine\",\"pid\":812,\"goid\":34,\"ended\":true,"
		"\"start\":{\"function\":\"main.worker\"}," JSON_SUMS
		"{\"summary\":\"goroutine\",\"pid\":812,\"goid\":1,"
		"\"ns\":{\"RUNNABLE\":0,\"RUNNING\":1000000000000,\"SYSCALL\":0,\"WAITING\":0},"
		"\"waiting\":{},\"changes\":0}\n"
		"{\"summary\":\"ended\",\"pid\":812,\"goroutines\":3,\"living\":0,"
		"\"start\":{\"function\":\"main.worker\"}," JSON_SUMS
		"{\"summary\":\"function\",\"pid\":812,\"goroutines\":3,\"living\":2,"
		"\"start\":{\"function\":\"main.worker\"}," JSON_SUMS
		"{\"summary\":\"go\",\"pid\":812,\"goroutines\":3,\"living\":2,"
		"\"go\":{\"function\":\"main.producer\",\"offset\":88,"
		"\"file\":\"/src/main.go\",\"line\":20},"
		"\"start\":{\"function\":\"main.worker\"}," JSON_SUMS);
	assert_json_lines(fixture->text);
}

/* ---- the command line ---- */

static error_t parse(struct states_args *args, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return states_args_parse(argc, argv, ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, args);
}

#define PARSE(args, ...) parse(args, (char *[]){"states", __VA_ARGS__, NULL})

static void test_arguments(void **state)
{
	struct states_args args;

	assert_int_equal(PARSE(&args, "--goid", "34", "--goid=35", "--state", "waiting", "./bin",
			       "--limit", "3", "--", "--limit"),
			 0);
	assert_string_equal(args.binary, "./bin");
	assert_string_equal(args.run.program_args[0], "--limit");
	assert_int_equal(args.limit, 3);
	assert_true(states_args_want_goid(&args, 35));
	assert_false(states_args_want_goid(&args, 36));
	assert_true(states_args_want_change(&args, &woken));
	assert_false(states_args_want_change(&args, &started));
	states_args_destroy(&args);

	assert_int_equal(PARSE(&args, "-p", "812", "--summary", "-f", "json"), 0);
	assert_string_equal(args.binary, "/proc/812/exe");
	assert_int_equal(args.summary.tables, 1u << STATES_GOROUTINES | 1u << STATES_FUNCTIONS);
	assert_int_equal(args.format, format_named(OUTPUT_STATES, "json"));
	assert_true(states_args_want_goid(&args, 36));
	states_args_destroy(&args);

	assert_int_equal(PARSE(&args, "--summary", "--by", "go", "--by", "function", "--sort",
			       "longest", "--ended", "--limit", "7", "./bin"),
			 0);
	assert_int_equal(args.summary.tables, 1u << STATES_FUNCTIONS | 1u << STATES_STATEMENTS);
	assert_int_equal(args.summary.order, STATES_BY_LONGEST);
	assert_int_equal(args.summary.limit, 7);
	assert_true(args.summary.each_ended);
	states_args_destroy(&args);

	assert_int_equal(PARSE(&args, "-v"), EINVAL);
	states_args_destroy(&args);
	assert_int_equal(PARSE(&args, "./bin", "main.main"), EINVAL);
	states_args_destroy(&args);
}

static void test_min_duration(void **state)
{
	struct states_args args;
	struct state_change change = woken;

	assert_int_equal(PARSE(&args, "--min-duration", "500ms", "./bin"), 0);
	assert_true(states_args_want_change(&args, &change));
	change.duration_ns = 499999999;
	assert_false(states_args_want_change(&args, &change));
	change.duration_ns = 500000000;
	change.old_state = STATE_RUNNING;
	assert_false(states_args_want_change(&args, &change));
	change.old_state = STATE_WAITING | STATE_SCAN;
	change.new_state = STATE_WAITING;
	assert_false(states_args_want_change(&args, &change));
	states_args_destroy(&args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_wall_clock_is_set_in_text, start_text, stop),
		cmocka_unit_test_setup_teardown(test_wall_clock_is_set_in_json, start_json, stop),
		cmocka_unit_test_setup_teardown(test_text, start_text, stop),
		cmocka_unit_test_setup_teardown(test_json, start_json, stop),
		cmocka_unit_test_setup_teardown(test_text_summary, start_text, stop),
		cmocka_unit_test_setup_teardown(test_json_summary, start_json, stop),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_min_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
