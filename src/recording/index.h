/* SPDX-License-Identifier: MIT */
/*
 * index.h - when what is in a recording was, from the headers of its blocks: those with records are not
 * read, but for the last one.
 */
#ifndef RECORDING_INDEX_H
#define RECORDING_INDEX_H

#include <stdio.h>

#include "base/error.h"
#include "base/event_clock.h"

/* A block of records. */
struct index_block {
	uint64_t offset; /* in the file */
	uint64_t time_ns; /* of the first record in it */
};

struct recording_index {
	struct index_block *blocks;
	size_t num_blocks, capacity;
	uint64_t first_ns, last_ns; /* of all records */
	struct event_clock clock; /* as it was at the end */
};

/* Time by which blocks, and records in them, may be out of order, which is a lot more than they are: records
 * of several processors come as they come, and a block is written when it is a second old. */
#define INDEX_DISORDER_NS 2000000000ull

/* Leaves the file where it begins. Error: it is no recording, no file but a pipe, or nothing in it has a time.
 * recording_index_destroy() in any case. */
struct error *recording_index_read(FILE *file, const char *path, struct recording_index *index);
void recording_index_destroy(struct recording_index *index);

/* Where the first block is in which there may be records of that time. */
uint64_t recording_index_offset(const struct recording_index *index, uint64_t time_ns);

#endif
