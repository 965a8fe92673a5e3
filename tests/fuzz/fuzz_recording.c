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

#include "gofuncgraph/output.h"
#include "recording/blocks.h"
#include "recording/player.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct shown {
	const char *format;
	FILE *nowhere;
	struct output *output;
	struct calltree *trees;
	size_t num_records;
};

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
	return calltree_new(&sink, &shown->trees);
}

static void end(void *context)
{
	struct shown *shown = context;

	calltree_free(take_pointer(shown->trees));
	output_free(take_pointer(shown->output));
}

static void handle(void *context, const struct record *record)
{
	struct shown *shown = context;

	must(record_is_valid(record, record->size));
	must(shown->trees != NULL);
	shown->num_records++;
	error_free(calltree_feed(shown->trees, record));
	if (record->kind == RECORD_TICK)
		output_tick(shown->output, record->time_ns);
	if (record->kind == RECORD_STOPPED)
		output_end(shown->output, &(struct output_totals){.stop_ns = record->time_ns});
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
		err = block_write(writer, *data % (BLOCK_VALUES + 1), 0, &bytes);
		bytes_destroy(&bytes);
		data += 3 + length;
		size -= 3 + length;
	}
	must(!err);
	block_writer_free(writer);
}

static void play(char *bytes, size_t size, const char *format)
{
	struct shown shown = {.format = format, .nowhere = fopen("/dev/null", "w")};
	FILE *file = fmemopen(bytes, size, "r");
	const struct player_options options = {.file = file,
					       .path = "input",
					       .sink = {handle, &shown},
					       .begin = begin,
					       .end = end};
	struct source *player;
	struct error *err;

	must(shown.nowhere && file);
	err = player_new(&options, &player);
	while (!err && !player_is_over(player))
		err = source_poll(player, 0);
	error_free(err);
	source_free(player);
	fclose(file);
	fclose(shown.nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = {"graph",  "json",  "perfetto",
					      "chrome", "pprof", "folded"};
	char *bytes = NULL;
	size_t num_bytes = 0;
	FILE *file = open_memstream(&bytes, &num_bytes);

	must(file);
	write_blocks(data, size, file);
	fclose(file);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		play(bytes, num_bytes, formats[i]);
	free(bytes);
	return 0;
}
