/* SPDX-License-Identifier: MIT */
/*
 * kept_blocks.h - the newest blocks of a recording, in memory: of those with records, older ones are
 * forgotten, and of BLOCK_NEWEST what is older than these but for the last; of the others all are needed.
 */
#ifndef RECORDING_KEPT_BLOCKS_H
#define RECORDING_KEPT_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "recording/format.h"

/* How much is kept of records: so much time before the newest, so many bytes in the file. 0: any. */
struct keep_limits {
	uint64_t ns, bytes;
};

struct kept_block {
	struct kept_block *next;
	uint64_t number; /* in the order in which they came */
	struct block_header header;
	unsigned char stored[];
};

struct kept_list {
	struct kept_block *first, *last;
};

enum kept_list_kind { KEPT_RECORDS, KEPT_NEWEST, KEPT_OTHERS, KEPT_NUM_LISTS };

/* All zero, but for the limits: empty. */
struct kept_blocks {
	struct keep_limits limits;
	struct kept_list lists[KEPT_NUM_LISTS]; /* by enum kept_list_kind */
	uint64_t count; /* that came */
	uint64_t record_bytes;
	uint64_t newest_ns;
	bool has_forgotten; /* records */
};

/* header->stored_size bytes. False: out of memory. */
bool kept_blocks_add(struct kept_blocks *kept, const struct block_header *header,
		     const void *stored);
/* All in order, while none is added. */
struct kept_walk {
	const struct kept_block *next[KEPT_NUM_LISTS];
};
struct kept_walk kept_blocks_walk(const struct kept_blocks *kept);
/* NULL: there are no more. */
const struct kept_block *kept_walk_next(struct kept_walk *walk);

void kept_blocks_clear(struct kept_blocks *kept);

#endif
