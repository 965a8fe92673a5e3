/* SPDX-License-Identifier: MIT */
/*
 * test_streams.c - every format, byte for byte, of one long stream of records: beginnings as they
 * are in golden/, and a sum of all that follows.
 *
 * usage: test_streams [FOLDER], which writes what is printed now into that folder instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>

#include <yajl/yajl_tree.h>

#include "fake_output.h"
#include "stream.h"

#define NUM_RECORDS 30000
#define NUM_GOLDEN  120 /* lines kept in golden/ */

struct golden {
	const char *name; /* of the file */
	const char *format;
	enum output_kind kind;
	struct output_options options;
	struct states_summary summary; /* of states */
	uint64_t sum; /* of all that is printed */
};

#define WITH_STATES                                                                                \
	{                                                                                          \
		.run = {.states = true, .min_wait_ns = 100000, .follow = true }                    \
	}
#define SUMMARY                                                                                    \
	{.run = {.states = true, .follow = true},                                                  \
	 .summary = {.is_wanted = true, .interval_ns = 10000000000}}
#define LIVE                                                                                       \
	{.run = {.states = true, .min_wait_ns = 100000, .follow = true}, .leaf = true, .live = true}
#define SUMS        {.tables = (1u << STATES_NUM_TABLES) - 1, .each_ended = true}
#define WITH_FOLLOW {.run = {.follow = true}, .max_trees = 40}

static const struct golden goldens[] = {
	{"graph", "graph", OUTPUT_TREES, {}, {}, 0xf01e1a13e95836fb},
	{"graph-limit", "graph", OUTPUT_TREES, {.max_trees = 40}, {}, 0x2e12f236a75e153e},
	{"graph-states", "graph", OUTPUT_TREES, WITH_STATES, {}, 0xe46038118777cb2c},
	{"graph-follow-limit", "graph", OUTPUT_TREES, WITH_FOLLOW, {}, 0x98f9b25bea69ff8c},
	{"json", "json", OUTPUT_TREES, {}, {}, 0x65fc7ccc9b28c98a},
	{"json-limit", "json", OUTPUT_TREES, {.max_trees = 40}, {}, 0xa4c146d404bb7e7b},
	{"json-states", "json", OUTPUT_TREES, WITH_STATES, {}, 0x33fb4092a50f2cb7},
	{"chrome", "chrome", OUTPUT_TREES, WITH_STATES, {}, 0x3d62178f7d94e16b},
	{"live-text", "graph", OUTPUT_TREES, LIVE, {}, 0x68d2fb013720ead0},
	{"live-json", "json", OUTPUT_TREES, LIVE, {}, 0xbca0928e95d1124e},
	{"summary-text", "graph", OUTPUT_TREES, SUMMARY, {}, 0x3c107701e4db26e5},
	{"summary-json", "json", OUTPUT_TREES, SUMMARY, {}, 0x1685bf0726790cbf},
	{"states-text", "text", OUTPUT_STATES, {}, {}, 0x80b737533d29d8e8},
	{"states-json", "json", OUTPUT_STATES, {}, {}, 0x32e521d8a21c574d},
	{"states-text-summary", "text", OUTPUT_STATES, {}, SUMS, 0x9097d88985b69869},
	{"states-json-summary", "json", OUTPUT_STATES, {}, SUMS, 0xa86a22e7dc08b770},
};

/* FNV-1a */
static uint64_t sum_of(const char *text)
{
	uint64_t sum = 14695981039346656037ull;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 1099511628211ull;
	return sum;
}

static void set_clocks(struct event_clock *clock)
{
	use_utc();
	fake_set_wall_clock(clock, 20000000000, 3600);
}

/* ---- trees ---- */

static char *print_trees(const struct golden *golden)
{
	struct fake_output fake;
	struct stream stream;

	stream_start(&stream);
	assert_int_equal(fake_output_start_with(&fake, golden->format, golden->options), 0);
	set_clocks(&fake.clock);
	for (size_t i = 0; i < NUM_RECORDS; i++) {
		const struct facts *record = stream_next(&stream);
		assert_null(calltree_feed(fake.trees, FACTS_RECORD(record)));
		if (i % 64 == 0) {
			feed_tick(fake.trees, record->time_ns);
			output_tick(fake.out, record->time_ns);
		}
		if (i % 500 == 0)
			feed_lost_end(fake.trees, 812, 17 + i % 5, 0, 2, record->time_ns);
	}
	feed_stop(fake.trees, stream.now_ns + 1000);
	output_end(fake.out, &(struct output_totals){.stop_ns = stream.now_ns + 1000});
	char *text = strdup(fake_output_text(&fake));
	fake_output_stop(&fake);
	return text;
}

/* ---- changes of states ---- */

static void print_change(void *context, const struct state_change *change)
{
	output_change(context, change);
}

static void print_table(void *context, const struct state_table *table)
{
	output_table(context, table);
}

static void print_row(void *context, const struct state_row *row)
{
	output_row(context, row);
}

static void lose(struct states *states, uint64_t time_ns, uint64_t num_lost)
{
	struct facts facts = {.kind = RECORD_STATISTICS, .time_ns = time_ns, .num_lost = num_lost};

	assert_null(states_feed(states, FACTS_RECORD(&facts)));
}

static char *print_states(const struct golden *golden)
{
	const struct name_source source = {.func_at = fake_func_at,
					   .line_at = fake_line_at,
					   .outermost_va = fake_outermost_va,
					   .wait_reason = fake_wait_reason};
	struct names *names;
	struct event_clock clock = {.num_steps = 1, .steps = {{0, 1792253285000000000}}};
	struct output_options options = {.clock = &clock};
	struct states_sink sink = {.changed = golden->summary.tables ? NULL : print_change};
	struct output *out;
	struct states *states;
	struct stream stream;
	char *text = NULL;
	size_t size;
	int errnum;

	stream_start(&stream);
	set_clocks(&clock);
	options.file = open_memstream(&text, &size);
	assert_non_null(options.file);
	assert_null(names_new(&source, NULL, 0, &names));
	options.names = names;
	assert_null(output_new(format_named(golden->kind, golden->format), &options, &out));
	sink.context = out;
	assert_null(states_new(&sink, &golden->summary, 0, &states));
	for (size_t i = 0; i < NUM_RECORDS; i++) {
		const struct facts *record = stream_next(&stream);
		assert_null(states_feed(states, FACTS_RECORD(record)));
		if (i % 1000 == 999)
			lose(states, record->time_ns, i);
	}
	if (golden->summary.tables)
		assert_null(states_summarize(states, stream.now_ns,
					     &(struct states_visitor){.context = out,
								      .table = print_table,
								      .row = print_row}));
	assert_null(output_flush(out, &errnum));
	states_free(states);
	output_free(out);
	names_free(names);
	fclose(options.file);
	return text;
}

/* ---- comparing ---- */

static char *print_all(const struct golden *golden)
{
	return golden->kind == OUTPUT_TREES ? print_trees(golden) : print_states(golden);
}

/* Its first lines. */
static size_t golden_length(const char *text)
{
	const char *end = text;

	for (size_t i = 0; i < NUM_GOLDEN && *end; i++) {
		const char *newline = strchr(end, '\n');
		end = newline ? newline + 1 : end + strlen(end);
	}
	return (size_t)(end - text);
}

static void assert_json_lines(char *text)
{
	for (char *line; (line = strsep(&text, "\n")) && *line;) {
		char error[256] = "";
		yajl_val value = yajl_tree_parse(line, error, sizeof(error));
		assert_string_equal(error, "");
		assert_true(YAJL_IS_OBJECT(value));
		yajl_tree_free(value);
	}
}

static void test_golden(void **state)
{
	const struct golden *golden = *state;
	_cleanup_free_ char *text = print_all(golden), *path = NULL, *expected = NULL;

	assert_non_null(text);
	assert_true(asprintf(&path, "%s/%s", getenv("GOLDEN"), golden->name) > 0);
	_cleanup_fclose_ FILE *file = fopen(path, "r");
	size_t length = golden_length(text);
	assert_non_null(file);
	expected = calloc(1, length + 2);
	assert_non_null(expected);
	assert_int_equal(fread(expected, 1, length + 1, file), length);
	assert_memory_equal(text, expected, length);
	assert_int_equal(sum_of(text), golden->sum);
	if (strstr(golden->name, "json"))
		assert_json_lines(text);
}

static int write_golden(const struct golden *golden, const char *folder)
{
	_cleanup_free_ char *text = print_all(golden), *path = NULL;

	if (!text || asprintf(&path, "%s/%s", folder, golden->name) < 0)
		return 1;
	_cleanup_fclose_ FILE *file = fopen(path, "w");
	if (!file || fwrite(text, 1, golden_length(text), file) != golden_length(text))
		return 1;
	printf("%s 0x%016" PRIx64 " %zu\n", golden->name, sum_of(text), strlen(text));
	return 0;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int main(int argc, char **argv)
{
	struct CMUnitTest tests[COUNT(goldens)];

	for (size_t i = 0; argc == 2 && i < COUNT(goldens); i++)
		if (write_golden(&goldens[i], argv[1]))
			return 1;
	if (argc == 2)
		return 0;
	for (size_t i = 0; i < COUNT(goldens); i++)
		tests[i] = (struct CMUnitTest){.name = goldens[i].name,
					       .test_func = test_golden,
					       .initial_state = (void *)&goldens[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
