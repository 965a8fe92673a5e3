/* SPDX-License-Identifier: MIT */
/* blocks.h - blocks into a file, and out of one; format.h says what it looks like. */
#ifndef RECORDING_BLOCKS_H
#define RECORDING_BLOCKS_H

#include <stdio.h>

#include "base/error.h"
#include "base/bytes.h"
#include "recording/format.h"
#include "recording/kept_blocks.h"

/* ---- writing ---- */

struct block_writer;

/*
 * With a limit, blocks are kept in memory until block_writer_dump(). Else the header is written at once, and
 * each block as it comes. The file is not owned. Error: out of memory, or it cannot be written.
 */
struct error *block_writer_new(FILE *file, const struct keep_limits *limits,
			       struct block_writer **writer);
void block_writer_free(struct block_writer *writer); /* NULL is fine */

/* A whole block, to the file itself: what was written before is there whatever happens later. Leaves the
 * bytes as they are. Error: `bytes` failed, or errno's; a block that was written in part ends the file. */
struct error *block_write(struct block_writer *writer, enum block_kind kind, uint64_t time_ns,
			  const struct bytes *bytes);
/* With a limit: all that is kept, as a recording of its own, of so many bytes. More may follow. */
struct error *block_writer_dump(struct block_writer *writer, FILE *file, uint64_t *num_bytes);
/* The last block. With a limit, what is kept goes into the writer's own file. */
struct error *block_writer_end(struct block_writer *writer);

/* A write met that nobody reads the file, a pipe, any more. */
bool block_writer_is_closed(const struct block_writer *writer);

/* Of the file so far. */
uint64_t block_writer_num_bytes(const struct block_writer *writer);

/* ---- reading ---- */

struct block_reader;

enum block_found {
	BLOCK_FOUND,
	BLOCK_NO_MORE, /* the file ends behind a whole block */
	BLOCK_CUT, /* or in the middle of one */
	BLOCK_DAMAGED, /* this one is not what was written; the next one can be read */
	BLOCK_LOST, /* the same, and where the next one begins is not known */
	BLOCK_PASSED, /* this one is not wanted, and was not read */
};

struct block {
	uint32_t kind; /* enum block_kind, or what newer versions have */
	uint64_t time_ns;
	uint64_t offset; /* in the file */
	struct cursor bytes; /* good until the next one is read */
};

/* Reads the header. The file is not owned, and may be a pipe; `path` is for messages. Error: it is no
 * recording, or a newer version's, or cannot be read. */
struct error *block_reader_new(FILE *file, const char *path, struct block_reader **reader);
void block_reader_free(struct block_reader *reader); /* NULL is fine */

/* What is in blocks that are not wanted is passed over, by what their headers say. For files, no pipes. */
void block_reader_choose(struct block_reader *reader,
			 bool (*wants)(void *context, const struct block *block), void *context);

/* How many bytes of the file were read, or passed over. */
uint64_t block_reader_offset(const struct block_reader *reader);

/* Error: out of memory, or errno's. Of a block that was not found, only the offset is told. */
struct error *block_read(struct block_reader *reader, struct block *block, enum block_found *found);

#endif
