/* SPDX-License-Identifier: MIT */
/*
 * spool.h - numbers of many lanes, which come in any order, and are read lane by lane at the end. They wait in
 * a file without a name (in TMPDIR, or /tmp); memory is a block a lane.
 */
#ifndef GOFUNCGRAPH_OUTPUT_SPOOL_H
#define GOFUNCGRAPH_OUTPUT_SPOOL_H

#include "base/bytes.h"
#include "base/error.h"

#define SPOOL_BLOCK 512

struct spool {
	int fd;
	uint64_t num_blocks;
	int errnum; /* the first that was met; then nothing more is written or read */
};

struct spool_block {
	uint64_t next; /* block that it goes on in; 0: it ends here */
	uint32_t used;
	uint8_t data[SPOOL_BLOCK - 12];
} __attribute__((packed));

struct spool_lane {
	uint64_t first, at; /* blocks */
	struct spool_block block; /* `at` */
	struct cursor cursor; /* in it, while it is read */
};

struct error *spool_open(struct spool *spool);
void spool_close(struct spool *spool);

void spool_begin(struct spool *spool, struct spool_lane *lane);
void spool_put(struct spool *spool, struct spool_lane *lane, uint64_t number);

/* Then numbers are read from the first on, and none are put into the lane any more. */
void spool_rewind(struct spool *spool, struct spool_lane *lane);
/* False: there are no more, or errnum is set. */
bool spool_next(struct spool *spool, struct spool_lane *lane, uint64_t *number);

#endif
