/* SPDX-License-Identifier: MIT */
/*
 * tracks.h - what viewers draw calls on: a track for each goroutine below one for its process. Each is told
 * once, before the first thing that is on it.
 */
#ifndef GOFUNCGRAPH_OUTPUT_TRACKS_H
#define GOFUNCGRAPH_OUTPUT_TRACKS_H

#include "output/format.h"

/* All zero: none was told. */
struct tracks {
	struct hash told;
};

/* What stands for the goroutine, in its process, where a thread is expected: its id, or, of a thread
 * without one, a number that no goroutine has. */
static inline uint64_t track_number(const struct tree *tree, uint32_t tid)
{
	return tree->goid ?: (1ull << 48) + tid;
}

static inline bool track_is_thread(uint64_t number)
{
	return number >> 48 == 1;
}

/* True once for each: the number of a goroutine's track, or 0 for the process itself. Also without memory. */
bool tracks_is_new(struct tracks *tracks, uint32_t pid, uint64_t number);
void tracks_clear(struct tracks *tracks);

/* "goroutine 34", "thread 815"; "server (812)". */
#define TRACK_NAME_SIZE 128
void track_name(uint64_t number, char name[TRACK_NAME_SIZE]);
void track_process_name(const struct output *out, uint32_t pid, char name[TRACK_NAME_SIZE]);

#endif
