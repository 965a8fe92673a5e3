/* SPDX-License-Identifier: MIT */
/* player.c - a recording as a source of records; see player.h. */
#include "recording/player.h"

#include <stdlib.h>
#include <string.h>

#include "names/names.h"
#include "recording/blocks.h"
#include "recording/book.h"
#include "recording/pack.h"
#include "recording/value_book.h"

struct player {
	struct source source;
	struct player_options options;
	struct block_reader *reader;
	struct unpacker *unpacker;
	struct book *book;
	struct value_book *values;
	struct player_state state;
	bool has_begun;
	bool is_over;
	bool has_end; /* BLOCK_END was seen */
	bool has_gap; /* records are missing before the next ones */
	bool has_stopped; /* RECORD_STOPPED was handed on */
	uint64_t last_ns;
	uint64_t num_blocks; /* before this one */
	struct player_trouble trouble;
};

static struct player *player_of(struct source *source)
{
	return (struct player *)source;
}

/* ---- records ---- */

static void hand_on(struct player *player, const struct record *record)
{
	player->last_ns = record->time_ns;
	player->has_stopped |= record->kind == RECORD_STOPPED;
	player->options.sink.handle(player->options.sink.context, record);
}

static void tell(struct player *player, uint8_t kind, uint64_t time_ns)
{
	struct record record = {.kind = kind, .size = sizeof(record), .time_ns = time_ns};

	hand_on(player, &record);
}

static void note_damage(struct player *player, uint64_t offset)
{
	if (!player->trouble.num_damaged++)
		player->trouble.offset = offset;
	player->has_gap = true;
}

/* Whoever reads it may look the site up. */
static bool is_known(const struct player *player, const struct record *record)
{
	return !record_has_frame(record->kind) ||
	       ((const struct record_frame *)record)->site < player->state.about.num_sites;
}

/* Records are missing before those of that time. */
static void tell_gap(struct player *player, uint64_t end_ns)
{
	if (!player->has_gap)
		return;
	tell(player, RECORD_GAP, player->last_ns);
	tell(player, RECORD_GAP_END, end_ns > player->last_ns ? end_ns : player->last_ns);
	player->has_gap = false;
}

static void play_records(struct player *player, const struct block *block)
{
	const struct record *record = NULL;
	bool is_good = true;

	tell_gap(player, block->time_ns);
	unpacker_start(player->unpacker, block->bytes.at,
		       (size_t)(block->bytes.end - block->bytes.at));
	while (is_good && !player->has_stopped && (record = unpacker_next(player->unpacker))) {
		is_good = is_known(player, record);
		if (is_good)
			hand_on(player, record);
	}
	if (!is_good || unpacker_failed(player->unpacker))
		note_damage(player, block->offset);
}

/* ---- what they are about ---- */

/* Whatever is missing of it. */
static void tell_stopped(struct player *player)
{
	if (!player->has_begun || player->has_stopped)
		return;
	tell_gap(player, player->last_ns);
	tell(player, RECORD_STOPPED, player->last_ns);
}

static void end(struct player *player)
{
	struct player_state *state = &player->state;

	tell_stopped(player);
	if (player->has_begun)
		player->options.end(player->options.sink.context);
	player->has_begun = false;
	names_free(take_pointer(state->names));
	book_free(take_pointer(player->book));
	value_book_free(take_pointer(player->values));
	command_lines_free(take_pointer(state->command_lines));
	free(take_pointer(state->hit_times));
	about_destroy(&state->about);
}

static struct error *begin(struct player *player, struct cursor *bytes, bool *is_good)
{
	struct player_state *state = &player->state;
	struct recording_about *about = &state->about;
	struct name_source names;
	struct error *err;

	end(player);
	*is_good = about_read(bytes, about);
	if (!*is_good)
		return NULL;
	player->book = book_new(about->machine, (struct own_code){about->goroot, about->module});
	state->command_lines = command_lines_new();
	state->hit_times = calloc(about->num_sites + 1, sizeof(*state->hit_times));
	player->values = value_book_new();
	if (!player->book || !player->values || !state->command_lines || !state->hit_times)
		return error_out_of_memory();
	state->values = value_book_lists(player->values);
	state->code = book_code(player->book);
	state->share_of_exact = 0;
	names = book_names(player->book);
	err = names_new(&names, about->sites, about->num_sites, &state->names);
	if (!err)
		err = player->options.begin(player->options.sink.context, state);
	player->has_begun = !err;
	player->has_stopped = player->has_end = false;
	return err;
}

/* ---- what changes ---- */

static bool take_hit_times(struct player *player, struct cursor *bytes)
{
	struct hit_time *times = player->state.hit_times;
	size_t num_sites = player->state.about.num_sites, at = 0;

	while (!cursor_is_at_end(bytes)) {
		uint64_t count = cursor_number(bytes);
		struct hit_time time = {.before_ns = (uint32_t)cursor_number(bytes)};

		time.behind_ns = (uint32_t)cursor_number(bytes);
		if (bytes->failed || count > num_sites - at)
			return false;
		for (; count; count--)
			times[at++] = time;
	}
	return true;
}

static bool take_clock(struct player *player, struct cursor *bytes)
{
	struct event_clock *clock = &player->state.clock;
	uint64_t count = cursor_number(bytes);

	if (!count || count > EVENT_CLOCK_STEPS)
		return false;
	for (clock->num_steps = 0; clock->num_steps < count && !bytes->failed; clock->num_steps++) {
		struct event_clock_step *step = &clock->steps[clock->num_steps];

		step->since_ns = cursor_number(bytes);
		step->offset_ns = cursor_signed(bytes);
	}
	return !bytes->failed;
}

static bool take_share(struct player *player, struct cursor *bytes)
{
	double share;
	const uint8_t *data = cursor_take(bytes, sizeof(share));

	if (!data)
		return false;
	memcpy(&share, data, sizeof(share));
	if (!(share >= 0 && share <= 1))
		return false;
	player->state.share_of_exact = share;
	return true;
}

static bool take_process(struct player *player, struct cursor *bytes)
{
	uint32_t pid = (uint32_t)cursor_number(bytes);
	bool is_cut = cursor_number(bytes);
	size_t size;
	const uint8_t *arguments = cursor_sized(bytes, &size);

	return arguments && command_lines_tell(player->state.command_lines, pid,
					       (const char *)arguments, size, is_cut);
}

/* False: it is not what it says. */
static bool take_change(struct player *player, const struct block *block)
{
	struct cursor bytes = block->bytes;

	switch (block->kind) {
	case BLOCK_NAMES:
		return book_read(player->book, &bytes);
	case BLOCK_VALUES:
		return value_book_read(player->values, &bytes);
	case BLOCK_HIT_TIMES:
		return take_hit_times(player, &bytes);
	case BLOCK_CLOCK:
		return take_clock(player, &bytes);
	case BLOCK_PROCESS:
		return take_process(player, &bytes);
	case BLOCK_SHARE_OF_EXACT:
		return take_share(player, &bytes);
	case BLOCK_SEVERAL:
		command_lines_expect_several(player->state.command_lines);
		return true;
	case BLOCK_FORGOTTEN:
		player->has_gap = true;
		return true;
	case BLOCK_END:
		player->has_end = true;
		return cursor_number(&bytes) == player->num_blocks;
	default:
		/* A newer version's, that can be left out. */
		return true;
	}
}

/* ---- reading ---- */

static struct error *play(struct player *player, const struct block *block)
{
	struct cursor bytes = block->bytes;
	struct error *err = NULL;
	bool is_good = true;

	if (block->kind == BLOCK_ABOUT)
		err = begin(player, &bytes, &is_good);
	else if (!player->has_begun)
		is_good = false;
	else if (block->kind == BLOCK_RECORDS)
		play_records(player, block);
	else
		is_good = take_change(player, block);
	if (!is_good)
		note_damage(player, block->offset);
	return err;
}

/* There is nothing more to be read. */
static void stop_reading(struct player *player, uint64_t offset)
{
	player->is_over = true;
	player->trouble.is_cut = !player->has_end;
	if (player->trouble.is_cut && !player->trouble.num_damaged)
		player->trouble.offset = offset;
	tell_stopped(player);
}

static struct error *read_block(struct player *player)
{
	enum block_found found;
	struct block block;
	struct error *err = block_read(player->reader, &block, &found);

	if (err)
		return err;
	switch (found) {
	case BLOCK_FOUND:
		err = play(player, &block);
		player->num_blocks++;
		return err;
	case BLOCK_DAMAGED:
		player->num_blocks++;
		note_damage(player, block.offset);
		return NULL;
	case BLOCK_LOST:
		note_damage(player, block.offset);
		break;
	default:
		break;
	}
	stop_reading(player, block.offset);
	return NULL;
}

/* ---- the source ---- */

static struct error *poll(struct source *source, int timeout_ms)
{
	struct player *player = player_of(source);

	return player->is_over ? NULL : read_block(player);
}

static void look_away(struct source *source, uint64_t stop_ns)
{
}

static struct error *detach(struct source *source)
{
	return NULL;
}

static void stop(struct source *source)
{
	tell_stopped(player_of(source));
}

static void free_player(struct source *source)
{
	struct player *player = player_of(source);

	end(player);
	block_reader_free(player->reader);
	free(player->unpacker);
	free(player);
}

struct error *player_new(const struct player_options *options, struct source **out)
{
	static const struct source_ops ops = {poll, look_away, detach, stop, free_player};
	struct player *player = calloc(1, sizeof(*player));
	struct error *err;

	*out = player ? &player->source : NULL;
	if (!player)
		return error_out_of_memory();
	player->source.ops = &ops;
	player->state.clock.num_steps = 1; /* until it is told */
	player->options = *options;
	player->unpacker = malloc(sizeof(*player->unpacker));
	if (!player->unpacker)
		return error_out_of_memory();
	err = block_reader_new(options->file, options->path, &player->reader);
	while (!err && !player->has_begun && !player->is_over)
		err = read_block(player);
	if (!err && !player->has_begun)
		err = error_new(
			"there is nothing in %s that can be shown: it was cut off or damaged at its beginning",
			options->path);
	return err;
}

bool player_is_over(const struct source *source)
{
	return ((const struct player *)source)->is_over;
}

uint64_t player_offset(const struct source *source)
{
	return block_reader_offset(((const struct player *)source)->reader);
}

struct player_trouble player_trouble(const struct source *source)
{
	return ((const struct player *)source)->trouble;
}
