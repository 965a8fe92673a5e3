/* SPDX-License-Identifier: MIT */
/* player.c - a recording as a source of records; see player.h. */
#include "recording/player.h"

#include <stdlib.h>
#include <string.h>

#include "names/names.h"
#include "recording/blocks.h"
#include "recording/book.h"
#include "recording/changes.h"
#include "recording/index.h"
#include "recording/lasting.h"
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
	struct player_window window;
	struct lasting lasting; /* of records that are left out, until one is not */
	bool has_about; /* the state is known */
	bool has_begun; /* and was handed on */
	bool has_shown; /* as was a record, of this binary */
	bool is_played; /* the block before, which was one of records */
	bool is_beyond; /* there are records behind the window */
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

/* The same to the sink, but where records are missing nothing has happened by it. */
static void hand_on_late(void *context, const struct record *record)
{
	struct player *player = context;

	player->options.sink.handle(player->options.sink.context, record);
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
	if (end_ns > player->window.until_ns)
		end_ns = player->window.until_ns;
	tell(player, RECORD_GAP, player->last_ns);
	tell(player, RECORD_GAP_END, end_ns > player->last_ns ? end_ns : player->last_ns);
	player->has_gap = false;
}

/* Of a part of a recording when its first record is there: maybe there is none of this binary. */
static struct error *show(struct player *player)
{
	struct recording_about *about = &player->state.about;
	uint64_t since_ns = player->window.since_ns;
	struct error *err;

	if (about->start_ns < since_ns)
		about->start_ns = since_ns;
	if (about->traced_ns && about->traced_ns < since_ns)
		about->traced_ns = since_ns;
	err = player->options.begin(player->options.sink.context, &player->state);
	player->has_begun = !err;
	return err;
}

static struct error *show_first(struct player *player, const struct record *record)
{
	const struct record_sink sink = {hand_on_late, player};
	uint64_t since_ns = player->window.since_ns;
	struct error *err = player->has_begun ? NULL : show(player);

	if (err)
		return err;
	/* What is missing before is of no interest to a part. */
	player->has_gap &= !player->options.window;
	player->has_shown = true;
	lasting_tell(&player->lasting, since_ns ?: record->time_ns, &sink);
	return NULL;
}

static void show_record(struct player *player, const struct record *record)
{
	struct record_statistics statistics;

	if (record->kind != RECORD_STATISTICS) {
		hand_on(player, record);
		return;
	}
	memcpy(&statistics, record, sizeof(statistics));
	lasting_subtract(&player->lasting, &statistics);
	hand_on(player, &statistics.header);
}

/* Of those that lasting_take() keeps, what may come at any time; and the newest of its kind, if that is newer than
 * what was handed on. */
static bool is_late(const struct player *player, const struct record *record)
{
	return record->kind == RECORD_STACK || record->kind == RECORD_TAKEN_OFF ||
	       record->kind == RECORD_STATES_OFF ||
	       (record->kind == RECORD_ONE_IN && record->time_ns > player->last_ns);
}

/* One that is left out: it was before, or its block is. */
static struct error *play_lasting(struct player *player, const struct record *record)
{
	if (!lasting_is(record->kind) || record->time_ns > player->window.until_ns)
		return NULL;
	if (!player->has_shown)
		return lasting_take(&player->lasting, record) ? NULL : error_out_of_memory();
	if (is_late(player, record))
		hand_on_late(player, record);
	return NULL;
}

static struct error *play_record(struct player *player, const struct record *record)
{
	const struct player_window *window = &player->window;
	struct error *err = NULL;

	if (record->time_ns < window->since_ns)
		return play_lasting(player, record);
	if (record->time_ns > window->until_ns) {
		player->is_beyond = true;
		return NULL;
	}
	if (!player->has_shown)
		err = show_first(player, record);
	if (!err)
		show_record(player, record);
	return err;
}

static struct error *play_records(struct player *player, const struct block *block)
{
	const struct record *record = NULL;
	struct error *err = NULL;
	bool is_good = true;

	if (player->has_shown || !player->options.window)
		tell_gap(player, block->time_ns);
	unpacker_start(player->unpacker, block->bytes.at,
		       (size_t)(block->bytes.end - block->bytes.at));
	while (!err && is_good && !player->has_stopped &&
	       (record = unpacker_next(player->unpacker))) {
		is_good = is_known(player, record);
		if (is_good)
			err = play_record(player, record);
	}
	player->is_played = is_good && !unpacker_failed(player->unpacker);
	if (!player->is_played)
		note_damage(player, block->offset);
	return err;
}

/* Of the last block of records; if nothing was between and that was played, all is known. */
static struct error *take_lasting(struct player *player, const struct block *block)
{
	const struct record *record;
	struct error *err = NULL;

	if (player->is_played)
		return NULL;
	unpacker_start(player->unpacker, block->bytes.at,
		       (size_t)(block->bytes.end - block->bytes.at));
	while (!err && (record = unpacker_next(player->unpacker)) && is_known(player, record))
		err = play_lasting(player, record);
	return err;
}

/* ---- what they are about ---- */

/* Whatever is missing of it. */
static void tell_stopped(struct player *player)
{
	if (!player->has_begun || player->has_stopped)
		return;
	tell_gap(player, player->last_ns);
	tell(player, RECORD_STOPPED, player->is_beyond ? player->window.until_ns : player->last_ns);
}

static void end(struct player *player)
{
	struct player_state *state = &player->state;

	tell_stopped(player);
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
	return err || player->options.window ? err : show(player);
}

/* ---- what changes ---- */

/* False: it is not what it says. */
static bool take_change(struct player *player, const struct block *block)
{
	struct cursor bytes = block->bytes;

	switch (block->kind) {
	case BLOCK_NAMES:
		return book_read(player->book, &bytes);
	case BLOCK_VALUES:
		return value_book_read(player->values, &bytes);
	case BLOCK_FORGOTTEN:
		player->has_gap = true;
		return true;
	case BLOCK_END:
		player->has_end = true;
		return cursor_number(&bytes) == player->num_blocks;
	default:
		return change_take(&player->state, block->kind, &bytes);
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
		return play_records(player, block);
	else if (block->kind == BLOCK_LASTING || block->kind == BLOCK_NEWEST)
		return take_lasting(player, block);
	else
		is_good = take_change(player, block);
	player->is_played = false;
	if (!is_good)
		note_damage(player, block->offset);
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
	tell_stopped(player);
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
