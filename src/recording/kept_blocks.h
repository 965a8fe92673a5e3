/* SPDX-License-Identifier: MIT */
/*
 * kept_blocks.h - the newest blocks of a recording, in memory: of those with records, older ones are
 * forgotten; of the others all are needed.
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

/* All zero, but for the limits: empty. */
struct kept_blocks {
	struct keep_limits limits;
	struct kept_list records, others;
	uint64_t count; /* that came */
	uint64_t record_bytes;
	uint64_t newest_ns;
	bool has_forgotten; /* records */
};

/* header->stored_size bytes. False: out of memory. */
bool kept_blocks_add(struct kept_blocks *kept, const struct block_header *header,
		     const void *stored);
/* In order: the one that follows what was told last, NULL at first. NULL: there are no more. */
const struct kept_block *kept_blocks_next(const struct kept_blocks *kept,
					  const struct kept_block *last);
void kept_blocks_clear(struct kept_blocks *kept);

#endif
