/* SPDX-License-Identifier: MIT */
#include "recording/player_internal.h"

#include <string.h>

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

void player_note_damage(struct player *player, uint64_t offset)
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

struct error *player_show(struct player *player)
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
	struct error *err = player->has_begun ? NULL : player_show(player);

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

struct error *player_play_records(struct player *player, const struct block *block)
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
		player_note_damage(player, block->offset);
	return err;
}

struct error *player_take_lasting(struct player *player, const struct block *block)
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

void player_tell_stopped(struct player *player)
{
	if (!player->has_begun || player->has_stopped)
		return;
	tell_gap(player, player->last_ns);
	tell(player, RECORD_STOPPED, player->is_beyond ? player->window.until_ns : player->last_ns);
}
