/* SPDX-License-Identifier: MIT */
/* pack_internal.h - what packing and unpacking have to agree on. */
#ifndef RECORDING_PACK_INTERNAL_H
#define RECORDING_PACK_INTERNAL_H

#include <string.h>

#include "recording/pack.h"

/* With the kind: flags, size and lost records follow. */
#define PACK_UNUSUAL 0x80

/* In `who`: the goroutine of the record before, one that is new, or the number of one and PACK_KNOWN. */
enum { PACK_SAME, PACK_NEW, PACK_KNOWN };

enum pack_body {
	PACK_FRAME, /* site and frame */
	PACK_CALL, /* the same, and the caller */
	PACK_WORDS,
};

static inline enum pack_body pack_body_of(uint8_t kind)
{
	if (kind == RECORD_ENTRY)
		return PACK_CALL;
	return record_has_frame(kind) ? PACK_FRAME : PACK_WORDS;
}

/* Bytes of a record, its header included, that have a form; those behind are as they are. */
static inline size_t pack_formed(uint8_t kind, size_t size)
{
	switch (pack_body_of(kind)) {
	case PACK_CALL:
		return sizeof(struct record_entry);
	case PACK_FRAME:
		return sizeof(struct record_frame);
	default:
		return kind == RECORD_STACK_COPY ? record_min_size(kind) & ~7ul : size & ~7ul;
	}
}

static inline uint64_t *pack_caller(struct pack_state *state, uint32_t site)
{
	return &state->callers[site % PACK_NUM_CALLERS];
}

/* What a word is told as the difference to: that of the record of its kind before, or, far behind, the
 * word before. */
static inline uint64_t pack_guess(const struct pack_state *state, const uint64_t *record,
				  uint8_t kind, size_t i)
{
	return i < PACK_NUM_WORDS ? state->words[kind][i] : record[i - 1];
}

static inline void pack_forget(struct pack_state *state)
{
	memset(state, 0, sizeof(*state));
}

#endif
