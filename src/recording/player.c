/* SPDX-License-Identifier: MIT */
/* player.c - a recording as a source of records; see player.h. */
#include "recording/player_internal.h"

#include <stdlib.h>

#include "names/names.h"
#include "recording/book.h"
#include "recording/changes.h"
#include "recording/index.h"
#include "recording/value_book.h"

static struct player *player_of(struct source *source)
{
	return (struct player *)source;
}

/* ---- what they are about ---- */

static void end(struct player *player)
{
	struct player_state *state = &player->state;

	player_tell_stopped(player);
	if (player->has_begun)
		player->options.end(player->options.sink.context);
	player->has_about = player->has_begun = player->has_shown = false;
	lasting_clear(&player->lasting);
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
	player->has_about = !err;
	player->has_stopped = player->has_end = false;
	return err || player->options.window ? err : player_show(player);
}

/* ---- what changes ---- */

/* False: it is not what it says. */
static bool take_change(struct player *player, const struct block *block, struct cursor *bytes)
{
	switch (block->kind) {
	case BLOCK_NAMES:
		return book_read(player->book, bytes);
	case BLOCK_VALUES:
		return value_book_read(player->values, bytes);
	case BLOCK_FORGOTTEN:
		player->has_gap = true;
		return true;
	case BLOCK_END:
		player->has_end = true;
		return cursor_number(bytes) == player->num_blocks;
	default:
		return change_take(&player->state, block->kind, bytes);
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
	else if (!player->has_about)
		is_good = false;
	else if (block->kind == BLOCK_RECORDS)
		return player_play_records(player, block);
	else if (block->kind == BLOCK_LASTING || block->kind == BLOCK_NEWEST)
		return player_take_lasting(player, block);
	else
		is_good = take_change(player, block, &bytes);
	if (!err && bytes.lacks_memory)
		err = error_out_of_memory();
	player->is_played = false;
	if (!is_good && !err)
		player_note_damage(player, block->offset);
	return err;
}

/* Nothing of a part of a recording is there any more. */
static bool is_behind(const struct player *player, const struct block *block)
{
	uint64_t until_ns = player->window.until_ns;

	return block->kind == BLOCK_RECORDS && block->time_ns > until_ns &&
	       block->time_ns - until_ns > INDEX_DISORDER_NS;
}

/* Nothing of it is there yet, and what lasts is told for those who do not read it. */
static bool is_wanted(void *context, const struct block *block)
{
	const struct player *player = context;

	return block->kind != BLOCK_RECORDS || !player->state.about.has_lasting ||
	       (block->offset >= player->window.offset && !is_behind(player, block));
}

/* There is nothing more to be read. */
static void stop_reading(struct player *player, uint64_t offset)
{
	player->is_over = true;
	player->trouble.is_cut = !player->has_end && !player->is_beyond;
	if (player->trouble.is_cut && !player->trouble.num_damaged)
		player->trouble.offset = offset;
	player_tell_stopped(player);
}

static struct error *read_block(struct player *player)
{
	enum block_found found;
	struct block block;
	struct error *err = block_read(player->reader, &block, &found);

	if (err)
		return err;
	if (is_behind(player, &block)) {
		player->is_beyond = true;
		stop_reading(player, block.offset);
		return NULL;
	}
	switch (found) {
	case BLOCK_PASSED:
		player->num_blocks++;
		player->is_played = false;
		return NULL;
	case BLOCK_FOUND:
		err = play(player, &block);
		player->num_blocks++;
		return err;
	case BLOCK_DAMAGED:
		player->num_blocks++;
		player->is_played = false;
		player_note_damage(player, block.offset);
		return NULL;
	case BLOCK_LOST:
		player_note_damage(player, block.offset);
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
	player_tell_stopped(player_of(source));
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
	player->window =
		options->window ? *options->window : (struct player_window){.until_ns = UINT64_MAX};
	player->unpacker = malloc(sizeof(*player->unpacker));
	if (!player->unpacker)
		return error_out_of_memory();
	err = block_reader_new(options->file, options->path, &player->reader);
	if (!err && options->window)
		block_reader_choose(player->reader, is_wanted, player);
	while (!err && !player->has_about && !player->is_over)
		err = read_block(player);
	if (!err && !player->has_about)
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
