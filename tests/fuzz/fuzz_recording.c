/* SPDX-License-Identifier: MIT */
/*
 * fuzz_recording.c - any bytes as the blocks of a recording, each of which is what it says: their checksums
 * are right, which chance would never find.
 *
 * A block is its kind, a byte, its size, two, and what is in it. What is played is valid, and can be printed
 * in every format.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "command/hunt_view.h"
#include "command/states_view.h"
#include "gofuncgraph/output.h"
#include "recording/blocks.h"
#include "recording/goroutines.h"
#include "recording/index.h"
#include "recording/player.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NUM_KINDS (BLOCK_NEWEST + 1)

struct shown {
	const char *format;
	bool is_all; /* shown as reports of hunt and changes of states, too */
	const struct player_state *state;
	struct hunt_view hunt;
	struct states_view states;
	FILE *nowhere;
	struct output *output;
	struct calltree *trees;
	size_t num_records;
};

static struct error *begin_all(struct shown *shown, const struct player_state *state,
			       const struct output_options *options)
{
	struct error *err = hunt_view_open(&shown->hunt, options, &state->code);

	shown->state = state;
	if (!err)
		err = states_view_open(&shown->states, options);
	return err ?: states_view_start(&shown->states, state->about.traced_ns);
}

static void feed_all(struct shown *shown, const struct record *record)
{
	struct output_totals totals = {.stop_ns = record->time_ns};

	error_free(states_view_feed(&shown->states, record, 0));
	error_free(hunt_view_feed(&shown->hunt, record));
	if (record->kind != RECORD_STOPPED)
		return;
	error_free(hunt_view_report(&shown->hunt, shown->state->share_of_exact));
	hunt_view_end(&shown->hunt, &totals);
}

static struct error *begin(void *context, const struct player_state *state)
{
	struct shown *shown = context;
	const struct output_options options = {
		.file = shown->nowhere,
		.names = state->names,
		.clock = &state->clock,
		.command_lines = state->command_lines,
		.values = state->values,
		.run = state->about.run,
	};
	struct calltree_sink sink;
	struct error *err =
		output_new(format_named(OUTPUT_TREES, shown->format), &options, &shown->output);

	if (err)
		return err;
	sink = output_sink(shown->output);
	sink.hit_times = state->hit_times;
	err = calltree_new(&sink, &shown->trees);
	return err || !shown->is_all ? err : begin_all(shown, state, &options);
}

static void end(void *context)
{
	struct shown *shown = context;

	calltree_free(take_pointer(shown->trees));
	output_free(take_pointer(shown->output));
	hunt_view_close(&shown->hunt);
	states_view_close(&shown->states);
}

static void handle(void *context, const struct record *record)
{
	struct shown *shown = context;

	must(record_is_valid(record, record->size));
	must(shown->trees != NULL);
	shown->num_records++;
	error_free(calltree_feed(shown->trees, record));
	if (shown->is_all)
		feed_all(shown, record);
	if (record->kind == RECORD_TICK)
		output_tick(shown->output, record->time_ns);
	if (record->kind == RECORD_STOPPED)
		output_end(shown->output, &(struct output_totals){.stop_ns = record->time_ns});
}

static void put_nowhere(const struct report *report, bool is_json, FILE *nowhere)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	must(writer);
	writer->file = nowhere;
	if (is_json)
		report_json(report, writer);
	else
		report_text(report, writer);
	writer_flush(writer);
	free(writer);
}

static void show_goroutines(struct cursor bytes)
{
	struct recorded_goroutines recorded = {};
	struct groups groups;
	struct report report = {.places = &recorded.places,
				.snapshot = &recorded.snapshot,
				.locks = &recorded.locks,
				.groups = &groups};
	FILE *nowhere = fopen("/dev/null", "w");

	must(nowhere);
	if (goroutines_read(&bytes, &recorded)) {
		report.pid = recorded.pid;
		report.now_ns = recorded.now_ns;
		report.command_line = command_lines_find(recorded.lines, (uint32_t)recorded.pid);
		must(!groups_make(&recorded.snapshot, NULL, NULL, &groups));
		put_nowhere(&report, false, nowhere);
		put_nowhere(&report, true, nowhere);
		groups_release(&groups);
	}
	goroutines_release(&recorded);
	fclose(nowhere);
}

/* As the header of a block of records has it, or may. */
static uint64_t time_of(const struct bytes *bytes)
{
	return bytes->size ? bytes->data[bytes->size - 1] * UINT64_C(1000000000) : 0;
}

static void write_blocks(const uint8_t *data, size_t size, FILE *file)
{
	struct block_writer *writer;
	struct error *err = block_writer_new(file, &(struct keep_limits){}, &writer);

	while (!err && size > 3) {
		size_t length = data[1] | (size_t)data[2] << 8;
		struct bytes bytes = {};

		if (length > size - 3)
			length = size - 3;
		bytes_put(&bytes, data + 3, length);
		if (*data % NUM_KINDS == BLOCK_GOROUTINES)
			show_goroutines(cursor_of(bytes.data, bytes.size));
		err = block_write(writer, *data % NUM_KINDS, time_of(&bytes), &bytes);
		bytes_destroy(&bytes);
		data += 3 + length;
		size -= 3 + length;
	}
	must(!err);
	block_writer_free(writer);
}

static void play(FILE *file, const struct player_window *window, const char *format)
{
	const struct hunt_args hunt_args = {.format = format_named(OUTPUT_HUNT, NULL), .call = 1};
	const struct states_args states_args = {.format = format_named(OUTPUT_STATES, NULL),
						.summary.tables = 3};
	struct shown shown = {.format = format,
			      .is_all = !strcmp(format, "json"),
			      .hunt.args = &hunt_args,
			      .states.args = &states_args,
			      .nowhere = fopen("/dev/null", "w")};
	const struct player_options options = {.file = file,
					       .path = "input",
					       .sink = {handle, &shown},
					       .window = window,
					       .begin = begin,
					       .end = end};
	struct source *player;
	struct error *err;

	must(shown.nowhere);
	rewind(file);
	err = player_new(&options, &player);
	while (!err && !player_is_over(player))
		err = source_poll(player, 0);
	error_free(err);
	source_free(player);
	fclose(shown.nowhere);
}

/* The middle of it, as far as it has times. */
static void play_part(FILE *file)
{
	struct player_window window;
	struct recording_index index;
	struct error *err = recording_index_read(file, "input", &index);

	if (!err) {
		uint64_t quarter = (index.last_ns - index.first_ns) / 4;

		window.since_ns = index.first_ns + quarter;
		window.until_ns = index.last_ns - quarter;
		window.offset = recording_index_offset(&index, window.since_ns);
		play(file, &window, "json");
	}
	error_free(err);
	recording_index_destroy(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = {"graph",  "json",  "perfetto",
					      "chrome", "pprof", "folded"};
	int fd = memfd_create("recording", MFD_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;

	must(file);
	write_blocks(data, size, file);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		play(file, NULL, formats[i]);
	play_part(file);
	fclose(file);
	return 0;
}
