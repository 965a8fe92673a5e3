/* SPDX-License-Identifier: MIT */
/* test_window.c - parts of recordings: which one is meant, and that what is played of it is all there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "fake_output.h"
#include "recording/blocks.h"
#include "recording/player.h"
#include "recording/recorder.h"
#include "recording/window.h"

#define SECOND      1000000000ull
#define FIRST_NS    (100 * SECOND)
#define NUM_SECONDS 60
#define LATE_SECOND 40
/* 2026-11-29 23:59:30 UTC, when the first record is made. */
#define WALL_NS (1795996770 * SECOND)

/* ---- a recording ---- */

static const uint64_t stack_id = 77;

/* One of each kind that holds on, early; then calls of 10 ms, 10 a second, and ticks. */
static void add(struct recorder *recorder, const struct facts *facts)
{
	union any_record record;

	assert_null(recorder_add(recorder, facts_record(facts, &record)));
}

static void add_early(struct recorder *recorder)
{
	const struct facts early[] = {
		{.kind = RECORD_STACK, .stack = stack_id, .by_stack = {0x9000, 0x9100}},
		{.kind = RECORD_ONE_IN, .one_in = 4},
		{.kind = RECORD_TAKEN_OFF, .site = 2},
		{.kind = RECORD_STATISTICS, .num_lost = 5},
		{.kind = RECORD_GAP},
		{.kind = RECORD_REST},
		{.kind = RECORD_REST_END},
	};

	for (size_t i = 0; i < sizeof(early) / sizeof(*early); i++) {
		struct facts facts = early[i];

		facts.time_ns = FIRST_NS + i;
		add(recorder, &facts);
	}
}

static void add_second(struct recorder *recorder, uint64_t begin_ns)
{
	for (uint64_t i = 0; i < 10; i++) {
		uint64_t at_ns = begin_ns + i * SECOND / 10;

		add(recorder, &(struct facts){.kind = RECORD_ENTRY,
					      .flags = RECORD_OPENS_TREE,
					      .time_ns = at_ns + SECOND / 20,
					      .goid = 7,
					      .pid = 812,
					      .stack = stack_id});
		add(recorder, &(struct facts){.kind = RECORD_TICK,
					      .time_ns = at_ns + SECOND / 20 + SECOND / 200});
		add(recorder, &(struct facts){.kind = RECORD_RETURN,
					      .flags = RECORD_CLOSES_TREE,
					      .time_ns = at_ns + SECOND / 20 + SECOND / 100,
					      .site = 1,
					      .goid = 7,
					      .pid = 812});
	}
}

static FILE *record_seconds(const struct keep_limits *limits, uint64_t num_seconds)
{
	static char *arguments[] = {"gofuncgraph-c", NULL};
	const struct recording_about about = {.tool = "1",
					      .arguments = arguments,
					      .machine = 62,
					      .start_ns = FIRST_NS,
					      .traced_ns = FIRST_NS,
					      .sites = (struct name_site *)fake_sites,
					      .num_sites = FAKE_NUM_SITES};
	size_t lookups = 0;
	const struct name_source names = {.context = &lookups,
					  .func_at = fake_func_at,
					  .line_at = fake_line_at,
					  .outermost_va = fake_outermost_va,
					  .wait_reason = fake_wait_reason};
	const struct event_clock clock = {.num_steps = 1, .steps = {{0, WALL_NS - FIRST_NS}}};
	const struct recorder_state state = {.clock = &clock};
	uint64_t stop_ns = FIRST_NS + num_seconds * SECOND;
	struct recorder *recorder;
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_null(recorder_new(file, limits, &recorder));
	assert_null(recorder_begin(recorder, &about, &names, &state));
	add_early(recorder);
	for (uint64_t i = 0; i < num_seconds; i++) {
		add_second(recorder, FIRST_NS + i * SECOND);
		add(recorder, &(struct facts){.kind = RECORD_STATISTICS,
					      .num_lost = 5,
					      .time_ns = FIRST_NS + (i + 1) * SECOND - 1});
		if (i >= NUM_SECONDS)
			add(recorder, &(struct facts){.kind = RECORD_ONE_IN,
						      .one_in = (uint32_t)(2 + i % 7),
						      .time_ns = FIRST_NS + (i + 1) * SECOND - 1});
		/* It is late. */
		if (i == LATE_SECOND)
			add(recorder, &(struct facts){.kind = RECORD_STACK,
						      .stack = stack_id + 1,
						      .by_stack = {0x9200},
						      .time_ns = FIRST_NS + i * SECOND});
		if (i == 20)
			add(recorder, &(struct facts){.kind = RECORD_GAP_END,
						      .time_ns = FIRST_NS + 21 * SECOND});
	}
	add(recorder,
	    &(struct facts){.kind = RECORD_STATISTICS, .num_lost = 8, .time_ns = stop_ns});
	add(recorder, &(struct facts){.kind = RECORD_STOPPED, .time_ns = stop_ns});
	assert_null(recorder_end(recorder));
	recorder_free(recorder);
	return file;
}

static FILE *record(const struct keep_limits *limits)
{
	return record_seconds(limits, NUM_SECONDS);
}

/* ---- playing ---- */

struct played {
	size_t num_begun, num_entries, num_returns, num_records;
	size_t counts[256]; /* by kind */
	uint64_t first_ns, last_ns, stopped_ns, start_ns, lost;
	const struct recording_about *about;
};

static struct error *begin(void *context, const struct player_state *state)
{
	struct played *played = context;

	played->num_begun++;
	played->start_ns = state->about.traced_ns;
	assert_int_equal(state->about.start_ns, state->about.traced_ns);
	return NULL;
}

static void end(void *context)
{
}

static void handle(void *context, const struct record *record)
{
	struct played *played = context;

	assert_int_equal(played->num_begun, 1);
	assert_true(record_is_valid(record, record->size));
	if (record->kind == RECORD_ENTRY)
		assert_true(played->counts[RECORD_STACK] >= 1);
	if (record->kind == RECORD_STOPPED)
		played->stopped_ns = record->time_ns;
	if (record->kind == RECORD_STATISTICS)
		played->lost = ((const struct record_statistics *)record)->counts[STAT_LOST];
	if (!played->num_records++)
		played->first_ns = record->time_ns;
	assert_true(record->time_ns >= played->last_ns || record->kind == RECORD_STACK);
	played->last_ns = record->time_ns;
	played->counts[record->kind]++;
}

static void play_damaged(FILE *file, const struct player_window *window, size_t num_damaged,
			 struct played *played)
{
	struct source *player;

	*played = (struct played){};
	rewind(file);
	assert_null(player_new(&(struct player_options){.file = file,
							.path = "recording",
							.sink = {handle, played},
							.window = window,
							.begin = begin,
							.end = end},
			       &player));
	while (!player_is_over(player))
		assert_null(source_poll(player, 0));
	assert_false(player_trouble(player).is_cut);
	assert_int_equal(player_trouble(player).num_damaged, num_damaged);
	source_free(player);
}

static void play(FILE *file, const struct player_window *window, struct played *played)
{
	play_damaged(file, window, 0, played);
}

static struct recording_index index_of(FILE *file)
{
	struct recording_index index;

	rewind(file);
	assert_null(recording_index_read(file, "recording", &index));
	return index;
}

/* ---- which part ---- */

static struct window_time parsed(const char *text)
{
	struct window_time time;

	assert_null(window_time_parse(text, &time));
	return time;
}

static void test_parse(void **state)
{
	static const char *const wrong[] = {"",          "15",
					    "15:",       "24:00",
					    "15:60",     "15:1:60",
					    "15:48:05.", "15:48 ",
					    "32 15:48",  "0 15:48",
					    "x 15:48",   " 15:48",
					    "018 15:48", "183 15:48",
					    "15:48:05x", "+",
					    "-",         "+x",
					    "-5y",       "5s",
					    "15:48.5",   "15:48:05.1234567890",
					    "1 1 15:48"};
	struct window_time time = parsed("+2m30s");

	assert_true(time.from == WINDOW_BEGIN && time.ns == 150 * SECOND);
	time = parsed("-30s");
	assert_true(time.from == WINDOW_END && time.ns == 30 * SECOND);
	time = parsed("15:48");
	assert_true(time.from == WINDOW_CLOCK && time.ns == 56880 * SECOND && !time.day);
	time = parsed("18 15:48:05.25");
	assert_true(time.ns == 56885 * SECOND + SECOND / 4 && time.day == 18);
	assert_int_equal(parsed("00:00:00.000000001").ns, 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct error *err = window_time_parse(wrong[i], &time);

		if (!err)
			fail_msg("'%s' is no time", wrong[i]);
		error_free(err);
	}
}

/* From the first record on, in ns; UINT64_MAX: there is no limit, or nothing in the window. */
struct meant {
	uint64_t since_ns, until_ns;
	bool is_nothing;
};

static struct meant meant(FILE *file, const char *since, const char *until)
{
	struct recording_index index = index_of(file);
	struct window_times times = {};
	struct player_window window;
	struct meant meant = {UINT64_MAX, UINT64_MAX, false};
	struct error *err;

	if (since)
		times.since = parsed(since);
	if (until)
		times.until = parsed(until);
	err = window_find(&times, &index, "recording", &window);
	if (!err && window.since_ns)
		meant.since_ns = window.since_ns - FIRST_NS;
	if (!err && window.until_ns != UINT64_MAX)
		meant.until_ns = window.until_ns - FIRST_NS;
	meant.is_nothing = err != NULL;
	if (err)
		assert_non_null(strstr(error_message(err), "29 23:59:30.000000"));
	error_free(err);
	recording_index_destroy(&index);
	return meant;
}

static void test_find(void **state)
{
	FILE *file = record(&(struct keep_limits){});

	assert_int_equal(meant(file, "+2.5s", NULL).since_ns, 5 * SECOND / 2);
	assert_int_equal(meant(file, "-10s", NULL).since_ns, (NUM_SECONDS - 10) * SECOND);
	assert_int_equal(meant(file, NULL, "-10s").until_ns, (NUM_SECONDS - 10) * SECOND);
	/* Around midnight: the day is that of the recording. */
	assert_int_equal(meant(file, "23:59:40", NULL).since_ns, 10 * SECOND);
	assert_int_equal(meant(file, "00:00:10", NULL).since_ns, 40 * SECOND);
	assert_int_equal(meant(file, "30 00:00:10.5", "30 00:00:20").since_ns,
			 40 * SECOND + SECOND / 2);
	assert_int_equal(meant(file, "23:59:40", "00:00:10").until_ns, 40 * SECOND);
	/* Behind its end, on the day it ended. */
	assert_true(meant(file, "00:10", NULL).is_nothing);
	/* All of it, and nothing. */
	assert_int_equal(meant(file, "23:00", "00:10").since_ns, UINT64_MAX);
	assert_int_equal(meant(file, "23:00", "00:10").until_ns, 600 * SECOND + 30 * SECOND);
	assert_int_equal(meant(file, "-1h", NULL).since_ns, UINT64_MAX);
	assert_int_equal(meant(file, "+2m", NULL).since_ns, UINT64_MAX);
	assert_int_equal(meant(file, "+20s", "+10s").until_ns, UINT64_MAX);
	assert_int_equal(meant(file, NULL, "-2m").until_ns, UINT64_MAX);
	assert_true(meant(file, "+2562047h", NULL).is_nothing);
	assert_int_equal(meant(file, NULL, "+2562047h").until_ns, 3600 * SECOND * 2562047);
	assert_false(meant(file, NULL, "+2562047h").is_nothing);
	fclose(file);
	/* On one day: midnight is the one before. */
	file = record_seconds(&(struct keep_limits){}, 20);
	assert_false(meant(file, "00:00", NULL).is_nothing);
	assert_false(meant(file, "12:00", NULL).is_nothing);
	assert_int_equal(meant(file, "23:59:40", NULL).since_ns, 10 * SECOND);
	fclose(file);
}

/* ---- what is in it ---- */

static void check(FILE *file, uint64_t since_ns, uint64_t until_ns, bool is_gap)
{
	struct recording_index index = index_of(file);
	struct player_window window = {.since_ns = FIRST_NS + since_ns,
				       .until_ns = FIRST_NS + until_ns};
	size_t num_calls = (until_ns - since_ns) / SECOND * 10;
	struct played all, indexed;

	play(file, &window, &all);
	window.offset = recording_index_offset(&index, window.since_ns);
	play(file, &window, &indexed);
	assert_memory_equal(&all, &indexed, sizeof(all));
	assert_int_equal(all.start_ns, window.since_ns);
	assert_int_equal(all.first_ns, window.since_ns);
	assert_int_equal(all.stopped_ns, window.until_ns);
	assert_int_equal(all.counts[RECORD_ENTRY], num_calls);
	assert_int_equal(all.counts[RECORD_RETURN], num_calls);
	/* Each once, and nothing of what is over. */
	assert_int_equal(all.counts[RECORD_STACK], until_ns > LATE_SECOND * SECOND ? 2 : 1);
	assert_int_equal(all.counts[RECORD_ONE_IN], 1);
	assert_int_equal(all.counts[RECORD_TAKEN_OFF], 1);
	assert_int_equal(all.counts[RECORD_REST], 0);
	assert_int_equal(all.counts[RECORD_GAP], is_gap);
	assert_int_equal(all.counts[RECORD_STOPPED], 1);
	recording_index_destroy(&index);
}

static void test_window(void **state)
{
	FILE *file = record(&(struct keep_limits){});

	check(file, 10 * SECOND, 15 * SECOND, true);
	check(file, 30 * SECOND, 31 * SECOND, false);
	check(file, 30 * SECOND, 50 * SECOND, false);
	check(file, 58 * SECOND, 59 * SECOND, false);
	/* The late one comes behind the first that are shown. */
	check(file, LATE_SECOND * SECOND + SECOND / 2, 50 * SECOND + SECOND / 2, false);
	fclose(file);
}

/* What was lost before does not count, and what was open is not told of. */
static void test_last(void **state)
{
	FILE *file = record(&(struct keep_limits){});
	const struct player_window window = {.since_ns = FIRST_NS + 50 * SECOND + SECOND / 20 + 1,
					     .until_ns = UINT64_MAX};
	struct played played;

	play(file, &window, &played);
	assert_int_equal(played.lost, 3);
	assert_int_equal(played.counts[RECORD_ENTRY], 99);
	assert_int_equal(played.counts[RECORD_RETURN], 100);
	assert_int_equal(played.stopped_ns, FIRST_NS + NUM_SECONDS * SECOND);
	fclose(file);
}

/* Most blocks are not read. */
static void test_index(void **state)
{
	FILE *file = record(&(struct keep_limits){});
	struct recording_index index = index_of(file);

	assert_true(index.num_blocks > NUM_SECONDS / 2);
	assert_int_equal(index.first_ns, FIRST_NS);
	assert_int_equal(index.last_ns, FIRST_NS + NUM_SECONDS * SECOND);
	assert_int_equal(recording_index_offset(&index, 0), index.blocks[0].offset);
	assert_true(recording_index_offset(&index, FIRST_NS + 30 * SECOND) >
		    index.blocks[20].offset);
	assert_true(recording_index_offset(&index, UINT64_MAX) ==
		    index.blocks[index.num_blocks - 1].offset);
	recording_index_destroy(&index);
	fclose(file);
}

/* A flight recorder forgets records, and not what holds on. */
static void test_keep(void **state)
{
	FILE *file = record(&(struct keep_limits){.ns = 5 * SECOND});
	struct played played;

	play(file, NULL, &played);
	assert_in_range(played.counts[RECORD_ENTRY], 40, 80);
	assert_int_equal(played.counts[RECORD_STACK], 2);
	assert_int_equal(played.counts[RECORD_ONE_IN], 1);
	assert_int_equal(played.counts[RECORD_TAKEN_OFF], 1);
	assert_int_equal(played.lost, 3);
	fclose(file);
}

static long size_kept(uint64_t num_seconds)
{
	FILE *file = record_seconds(&(struct keep_limits){.ns = 5 * SECOND}, num_seconds);
	long size;

	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	fclose(file);
	return size;
}

/* However long it runs. */
static void test_keep_long(void **state)
{
	assert_true(size_kept(10 * NUM_SECONDS) < size_kept(NUM_SECONDS) + 1000);
}

/* A block is missing, and the next one is behind: the gap ends where all does. */
static void test_damaged(void **state)
{
	FILE *file = record(&(struct keep_limits){});
	struct recording_index index = index_of(file);
	size_t missing = index.num_blocks / 2;
	const struct player_window window = {.since_ns = index.blocks[missing - 5].time_ns,
					     .until_ns = index.blocks[missing + 1].time_ns - 1};
	long at = (long)(index.blocks[missing].offset + sizeof(struct block_header));
	struct played played;
	int byte;

	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	byte = fgetc(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
	play_damaged(file, &window, 1, &played);
	assert_int_equal(played.counts[RECORD_GAP_END], 1);
	assert_int_equal(played.stopped_ns, window.until_ns);
	assert_int_equal(played.last_ns, window.until_ns);
	recording_index_destroy(&index);
	fclose(file);
}

static void test_no_file(void **state)
{
	char text[] = "gofgrec";
	FILE *file = fmemopen(text, sizeof(text), "r");
	struct recording_index index;
	struct error *err = recording_index_read(file, "recording", &index);

	assert_non_null(err);
	error_free(err);
	recording_index_destroy(&index);
	fclose(file);
}

static int set_zone(void **state)
{
	use_utc();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),     cmocka_unit_test(test_find),
		cmocka_unit_test(test_window),    cmocka_unit_test(test_last),
		cmocka_unit_test(test_index),     cmocka_unit_test(test_keep),
		cmocka_unit_test(test_keep_long), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, set_zone, NULL);
}
