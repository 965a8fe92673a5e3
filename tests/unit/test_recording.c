/* SPDX-License-Identifier: MIT */
/* test_recording.c - what was recorded is what is played, whole, cut off or damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_output.h"
#include "recording/format.h"
#include "recording/player.h"
#include "recording/recorder.h"
#include "stream.h"

#define NUM_RECORDS 30000
#define NUM_KINDS   64

/* ---- records ---- */

/* Of which there are many, and then one of each other kind. */
struct made {
	union any_record *records;
	size_t count;
};

static void fill(struct stream *stream, union any_record *record, size_t size)
{
	uint8_t *bytes = (uint8_t *)record;

	for (size_t i = sizeof(struct record); i < size; i++)
		bytes[i] = (uint8_t)stream_below(stream, 256);
}

/* Whose body is any bytes that are allowed. */
static void make_other(struct stream *stream, uint8_t kind, union any_record *record)
{
	struct facts facts = {.kind = kind, .time_ns = stream->now_ns, .goid = 18, .pid = 812};

	facts_record(&facts, record);
	fill(stream, record, record->header.size);
	if (record_has_frame(kind))
		record->at.site %= FAKE_NUM_SITES;
	if (kind == RECORD_STACK) {
		record->stack.count = STACK_DEPTH;
		record->header.size += STACK_DEPTH * 8;
		fill(stream, record, record->header.size);
		record->stack.count = STACK_DEPTH;
	}
	if (kind == RECORD_STUCK) {
		record->header.size = sizeof(record->stuck_leads);
		fill(stream, record, record->header.size);
	}
	if (kind == RECORD_STACK_COPY) {
		record->copy.size = 1001;
		record->header.size += 1001;
		fill(stream, record, record->header.size);
		record->copy.size = 1001;
	}
}

static void make_tick(struct stream *stream, union any_record *record)
{
	facts_record(&(struct facts){.kind = RECORD_TICK, .time_ns = stream->now_ns}, record);
}

static struct made make(size_t count)
{
	struct made made = {calloc(count + 2 * NUM_KINDS, sizeof(*made.records)), 0};
	struct stream stream;

	assert_non_null(made.records);
	stream_start(&stream);
	for (; made.count < count; made.count++) {
		union any_record *record = &made.records[made.count];
		if (made.count % 50 == 49)
			make_tick(&stream, record);
		else
			facts_record(stream_next(&stream), record);
		if (made.count % 7 == 0 && record->header.kind == RECORD_ENTRY) {
			stream.record.value = made.count;
			facts_record(&stream.record, record);
		}
	}
	for (uint8_t kind = 1; kind < NUM_KINDS; kind++)
		if (kind != RECORD_STOPPED && record_min_size(kind))
			make_other(&stream, kind, &made.records[made.count++]);
	facts_record(&(struct facts){.kind = RECORD_STOPPED, .time_ns = stream.now_ns},
		     &made.records[made.count++]);
	for (size_t i = 0; i < made.count; i++)
		assert_true(record_is_valid(&made.records[i].header, sizeof(*made.records)));
	return made;
}

/* ---- recording ---- */

struct file {
	char *bytes;
	size_t size;
};

struct around {
	struct event_clock clock;
	struct hit_time hit_times[FAKE_NUM_SITES];
	struct command_lines *command_lines;
	size_t lookups;
};

static struct recording_about about(void)
{
	static char *arguments[] = {"gofuncgraph-c", "-u", "main.*", NULL};

	return (struct recording_about){
		.tool = "1",
		.arguments = arguments,
		.binary = "/srv/server",
		.go_version = "go1.27",
		.machine = 62,
		.start_ns = 1000,
		.goroot = "",
		.run = {.states = true, .min_wait_ns = 7, .goids = {5, 6}, .num_goids = 2},
		.sites = (struct name_site *)fake_sites,
		.num_sites = FAKE_NUM_SITES,
	};
}

static void change(struct around *around, size_t i)
{
	around->hit_times[i / 1000 % FAKE_NUM_SITES].behind_ns = (uint32_t)i;
	if (around->clock.num_steps < EVENT_CLOCK_STEPS)
		fake_set_wall_clock(&around->clock, i, (int64_t)i);
	if (i > 10000)
		command_lines_expect_several(around->command_lines);
}

static void start_around(struct around *around)
{
	*around = (struct around){.clock = {.num_steps = 1, .steps = {{0, 1000}}}};
	around->command_lines = command_lines_new();
	assert_non_null(around->command_lines);
	assert_true(command_lines_tell(around->command_lines, 812, "./server\0-x", 12, false));
	assert_true(command_lines_tell(around->command_lines, 813, "", 0, false));
}

/* All of them, up to RECORD_STOPPED if `count` allows. */
static struct file record_with(const struct made *made, const struct keep_limits *limits)
{
	struct file file;
	FILE *stream = open_memstream(&file.bytes, &file.size);
	struct recording_about what = about();
	struct recorder *recorder;
	struct around around;

	assert_non_null(stream);
	start_around(&around);
	const struct name_source names = {.context = &around.lookups,
					  .func_at = fake_func_at,
					  .line_at = fake_line_at,
					  .outermost_va = fake_outermost_va,
					  .wait_reason = fake_wait_reason};
	const struct recorder_state state = {.hit_times = around.hit_times,
					     .clock = &around.clock,
					     .command_lines = around.command_lines};
	assert_null(recorder_new(stream, limits, &recorder));
	assert_null(recorder_begin(recorder, &what, &names, &state));
	for (size_t i = 0; i < made->count; i++) {
		assert_null(recorder_add(recorder, &made->records[i].header));
		if (i % 1000 == 999)
			change(&around, i);
	}
	assert_null(recorder_end(recorder));
	assert_int_equal(recorder_sums(recorder).num_records, made->count);
	recorder_free(recorder);
	command_lines_free(around.command_lines);
	fclose(stream);
	return file;
}

static struct file record(const struct made *made)
{
	return record_with(made, &(struct keep_limits){});
}

/* ---- playing ---- */

struct played {
	const struct made *made;
	const struct player_state *state;
	size_t next; /* of those that were made, the first that may come */
	size_t num_equal, num_gaps, num_begun;
	bool has_stopped;
};

static struct error *begin(void *context, const struct player_state *state)
{
	struct played *played = context;

	played->state = state;
	played->num_begun++;
	return NULL;
}

static void end(void *context)
{
	struct played *played = context;

	played->state = NULL;
}

/* Each is one that was made, in their order; what the player makes is marked by its kind. */
static void handle(void *context, const struct record *record)
{
	struct played *played = context;

	assert_non_null(played->state);
	assert_true(record_is_valid(record, record->size));
	for (size_t i = played->next; i < played->made->count; i++) {
		if (memcmp(&played->made->records[i], record, record->size))
			continue;
		played->next = i + 1;
		played->num_equal++;
		played->has_stopped |= record->kind == RECORD_STOPPED;
		return;
	}
	assert_true(record->kind == RECORD_GAP || record->kind == RECORD_GAP_END ||
		    record->kind == RECORD_STOPPED);
	played->num_gaps += record->kind == RECORD_GAP;
	played->has_stopped |= record->kind == RECORD_STOPPED;
}

/* To its end. NULL after an error. */
static struct source *play(struct file file, struct played *played)
{
	FILE *stream = fmemopen(file.bytes, file.size, "r");
	struct source *player;
	struct error *err;

	assert_non_null(stream);
	err = player_new(&(struct player_options){.file = stream,
						  .path = "recording",
						  .sink = {handle, played},
						  .begin = begin,
						  .end = end},
			 &player);
	while (!err && !player_is_over(player))
		err = source_poll(player, 0);
	fclose(stream);
	if (!err)
		return player;
	assert_non_null(strstr(error_message(err), "recording"));
	error_free(err);
	source_free(player);
	return NULL;
}

/* ---- tests ---- */

static void test_same(void **state)
{
	struct made made = make(NUM_RECORDS);
	struct file file = record(&made);
	struct played played = {.made = &made};
	struct source *player = play(file, &played);
	struct player_trouble trouble;

	assert_non_null(player);
	trouble = player_trouble(player);
	assert_false(trouble.is_cut);
	assert_int_equal(trouble.num_damaged, 0);
	assert_int_equal(played.num_equal, made.count);
	assert_int_equal(played.num_gaps, 0);
	/* Twenty times less than in memory, although times are by chance here. */
	assert_true(file.size < made.count * 20);
	source_free(player);
	free(file.bytes);
	free(made.records);
}

static void check_place(const struct place *place, const char *function, const char *file,
			unsigned line)
{
	assert_string_equal(place->function->text, function);
	assert_string_equal(place->file->text, file);
	assert_int_equal(place->line, line);
}

static void test_state(void **state)
{
	struct made made = make(NUM_RECORDS);
	struct file file = record(&made);
	struct played played = {.made = &made};
	struct source *player = play(file, &played);
	const struct player_state *now = played.state;
	struct around around;

	assert_non_null(player);
	start_around(&around);
	for (size_t i = 999; i < made.count; i += 1000)
		change(&around, i);
	check_place(names_site(now->names, 1), "main.handleBar", "/home/me/main.go", 20);
	check_place(names_caller(now->names, 0x9000 + 47), "net/http.HandlerFunc.ServeHTTP",
		    "/go/server.go", 2122);
	check_place(names_waker(now->names, 0xb000 + 120), "main.worker", "/go/server.go", 2122);
	assert_string_equal(names_wait_reason(now->names, 2), "chan receive");
	assert_string_equal(now->about.binary, "/srv/server");
	assert_null(now->about.build_id);
	assert_string_equal(now->about.arguments[2], "main.*");
	assert_null(now->about.arguments[3]);
	assert_true(now->about.run.states && !now->about.run.follow);
	assert_int_equal(now->about.run.goids[1], 6);
	/* What changed behind the last tick is not of interest to anybody. */
	assert_memory_equal(now->hit_times, around.hit_times, sizeof(around.hit_times));
	assert_int_equal(now->clock.num_steps, around.clock.num_steps);
	assert_memory_equal(now->clock.steps, around.clock.steps,
			    around.clock.num_steps * sizeof(*around.clock.steps));
	assert_true(command_lines_are_several(now->command_lines));
	assert_memory_equal(command_lines_find(now->command_lines, 812)->arguments, "./server\0-x",
			    12);
	command_lines_free(around.command_lines);
	source_free(player);
	free(file.bytes);
	free(made.records);
}

static void test_cut(void **state)
{
	struct made made = make(100);
	struct file file = record(&made);
	size_t num_equal = 0;

	for (size_t size = 1; size < file.size; size++) {
		struct played played = {.made = &made};
		struct source *player = play((struct file){file.bytes, size}, &played);

		assert_true(played.num_equal >= num_equal);
		num_equal = played.num_equal;
		assert_int_equal(player != NULL, played.num_begun);
		if (!player)
			continue;
		assert_true(played.has_stopped);
		assert_true(player_trouble(player).is_cut);
		assert_int_equal(player_trouble(player).num_damaged, 0);
		source_free(player);
	}
	assert_int_equal(num_equal, made.count);
	free(file.bytes);
	free(made.records);
}

static void test_damaged(void **state)
{
	struct made made = make(100);
	struct file file = record(&made);

	for (size_t byte = 0; byte < file.size; byte++) {
		struct played played = {.made = &made};
		struct source *player;

		file.bytes[byte] ^= (char)(1 << byte % 8);
		player = play(file, &played);
		if (player) {
			struct player_trouble trouble = player_trouble(player);

			/* The last 4 bytes of the header are of no use yet. */
			assert_true(trouble.num_damaged || trouble.is_cut ||
				    byte < sizeof(struct recording_header));
			assert_true(played.has_stopped);
			source_free(player);
		}
		file.bytes[byte] ^= (char)(1 << byte % 8);
	}
	free(file.bytes);
	free(made.records);
}

/* Its first byte, of the first block of records behind the middle of the file. */
static char *find_records(struct file file)
{
	size_t at = sizeof(struct recording_header);
	struct block_header header;

	for (;; at += header.stored_size) {
		memcpy(&header, file.bytes + at, sizeof(header));
		assert_int_equal(header.magic, BLOCK_MAGIC);
		at += sizeof(header);
		if (at > file.size / 2 && header.kind == BLOCK_RECORDS)
			return file.bytes + at;
	}
}

/* One block of many is gone: what is left of its neighbours is told, with a gap between. */
static void test_gap(void **state)
{
	struct made made = make(NUM_RECORDS);
	struct file file = record(&made);
	struct played played = {.made = &made};
	struct source *player;

	*find_records(file) ^= 1;
	player = play(file, &played);
	assert_non_null(player);
	assert_int_equal(player_trouble(player).num_damaged, 1);
	assert_int_equal(played.num_gaps, 1);
	assert_true(played.num_equal > made.count / 2 && played.num_equal < made.count);
	assert_true(played.has_stopped);
	source_free(player);
	free(file.bytes);
	free(made.records);
}

/* Of the records, the newest are there, behind a gap. */
static void check_kept(struct keep_limits limits, size_t most)
{
	struct made made = make(NUM_RECORDS);
	struct file file = record_with(&made, &limits);
	struct played played = {.made = &made};
	struct source *player = play(file, &played);

	assert_non_null(player);
	assert_false(player_trouble(player).is_cut);
	assert_int_equal(player_trouble(player).num_damaged, 0);
	assert_int_equal(played.num_gaps, 1);
	assert_true(played.num_equal > 0 && played.num_equal < most);
	assert_int_equal(played.next, made.count);
	/* What is told besides records is all there. */
	check_place(names_site(played.state->names, 1), "main.handleBar", "/home/me/main.go", 20);
	assert_true(command_lines_are_several(played.state->command_lines));
	source_free(player);
	free(file.bytes);
	free(made.records);
}

static void test_keep(void **state)
{
	check_kept((struct keep_limits){.bytes = 50000}, NUM_RECORDS / 2);
	check_kept((struct keep_limits){.ns = 1}, NUM_RECORDS / 2);
}

/* What was added since is not there, and what was before is the same. */
static void test_first_version(void **state)
{
	const struct recording_about written = about();
	struct recording_about read;
	struct bytes bytes = {};
	struct cursor cursor;

	about_write(&written, &bytes);
	/* No condition, no labels, and six numbers, that are 0 but for the last. */
	cursor = cursor_of(bytes.data, bytes.size - 8);
	assert_true(about_read(&cursor, &read));
	assert_true(cursor_is_at_end(&cursor));
	assert_string_equal(read.binary, written.binary);
	assert_int_equal(read.num_sites, written.num_sites);
	assert_int_equal(read.sites[FAKE_NUM_SITES - 1].va, fake_sites[FAKE_NUM_SITES - 1].va);
	assert_null(read.run.where);
	assert_int_equal(about_recorded(&read), RECORDED_TREES);
	about_destroy(&read);
	/* And no less. */
	cursor = cursor_of(bytes.data, bytes.size - 9);
	assert_false(about_read(&cursor, &read));
	about_destroy(&read);
	bytes_destroy(&bytes);
}

static void test_other_files(void **state)
{
	struct recording_header newer = {RECORDING_MAGIC, RECORDING_VERSION + 1, 0};
	char text[] = "there is nothing in here that was ever recorded";
	struct played played = {};

	assert_null(play((struct file){text, sizeof(text)}, &played));
	assert_null(play((struct file){text, 3}, &played));
	assert_null(play((struct file){(char *)&newer, sizeof(newer)}, &played));
	assert_int_equal(played.num_begun, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),        cmocka_unit_test(test_state),
		cmocka_unit_test(test_cut),         cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_gap),         cmocka_unit_test(test_keep),
		cmocka_unit_test(test_other_files), cmocka_unit_test(test_first_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
