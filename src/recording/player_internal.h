/* SPDX-License-Identifier: MIT */
/*
 * player_internal.h - what the two files of a player share: player.c reads blocks and knows what records are about,
 * player_records.c decides which records are handed on, and what is told of those that are missing.
 *
 * Times are ns by the clock of records, offsets are bytes in the file. An error is one of the sink's `begin`, or
 * that memory is short; a block that is damaged is none.
 */
#ifndef RECORDING_PLAYER_INTERNAL_H
#define RECORDING_PLAYER_INTERNAL_H

#include "recording/blocks.h"
#include "recording/lasting.h"
#include "recording/pack.h"
#include "recording/player.h"

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

/* A block that is left out begins there. */
void player_note_damage(struct player *player, uint64_t offset);

/* What follows is handed on to who reads it. Of a part of a recording when its first record is there: maybe there
 * is none of this binary. */
struct error *player_show(struct player *player);

/* Of a block of records: hands on those that are wanted. */
struct error *player_play_records(struct player *player, const struct block *block);

/* What lasts of the last block of records; if nothing was between and that was played, all is known. */
struct error *player_take_lasting(struct player *player, const struct block *block);

/* The end of what was begun, unless it was told. */
void player_tell_stopped(struct player *player);

#endif
