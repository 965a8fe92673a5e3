/* SPDX-License-Identifier: MIT */
/* index.c - when what is in a recording was; see index.h. */
#include "recording/index.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "recording/blocks.h"
#include "recording/clock_block.h"
#include "recording/pack.h"

static struct error *check_file(FILE *file, const char *path)
{
	struct stat stat;

	if (fstat(fileno(file), &stat))
		return error_errno(errno, "cannot read %s", path);
	if (!S_ISREG(stat.st_mode))
		return error_new(
			"a part of a recording is looked up in a file, and %s is none: write it into one first",
			path);
	return NULL;
}

static bool is_of_clock(void *context, const struct block *block)
{
	return block->kind == BLOCK_CLOCK;
}

static bool is_last(void *context, const struct block *block)
{
	const struct recording_index *index = context;

	return block->offset == index->blocks[index->num_blocks - 1].offset;
}

static struct error *add(struct recording_index *index, const struct block *block)
{
	if (!array_reserve(&index->blocks, &index->capacity, index->num_blocks + 1,
			   sizeof(*index->blocks)))
		return error_out_of_memory();
	index->blocks[index->num_blocks++] = (struct index_block){block->offset, block->time_ns};
	return NULL;
}

/* All blocks, from the file's beginning: those that are wanted are read. */
static struct error *visit(FILE *file, const char *path, struct recording_index *index,
			   bool (*wants)(void *context, const struct block *block),
			   struct error *(*take)(struct recording_index *index, struct block *block,
						 enum block_found found))
{
	enum block_found found = BLOCK_FOUND;
	struct block_reader *reader = NULL;
	struct block block;
	struct error *err = NULL;

	if (fseeko(file, 0, SEEK_SET))
		return error_errno(errno, "cannot read %s", path);
	err = block_reader_new(file, path, &reader);
	if (!err)
		block_reader_choose(reader, wants, index);
	while (!err && found != BLOCK_NO_MORE && found != BLOCK_CUT && found != BLOCK_LOST) {
		err = block_read(reader, &block, &found);
		if (!err)
			err = take(index, &block, found);
	}
	block_reader_free(reader);
	return err;
}

static struct error *take_time(struct recording_index *index, struct block *block,
			       enum block_found found)
{
	if (found == BLOCK_FOUND)
		clock_take(&block->bytes, &index->clock);
	return found == BLOCK_PASSED && block->kind == BLOCK_RECORDS ? add(index, block) : NULL;
}

static struct error *take_last(struct recording_index *index, struct block *block,
			       enum block_found found)
{
	const struct record *record;
	struct unpacker *unpacker;

	if (found != BLOCK_FOUND)
		return NULL;
	unpacker = malloc(sizeof(*unpacker));
	if (!unpacker)
		return error_out_of_memory();
	unpacker_start(unpacker, block->bytes.at, (size_t)(block->bytes.end - block->bytes.at));
	while ((record = unpacker_next(unpacker)))
		if (record->kind != RECORD_STACK && record->time_ns > index->last_ns)
			index->last_ns = record->time_ns;
	free(unpacker);
	return NULL;
}

struct error *recording_index_read(FILE *file, const char *path, struct recording_index *index)
{
	struct error *err;

	*index = (struct recording_index){.clock.num_steps = 1};
	err = check_file(file, path);
	if (!err)
		err = visit(file, path, index, is_of_clock, take_time);
	if (!err && !index->num_blocks)
		err = error_new(
			"nothing in %s has a time, and so there is no part of it to be shown",
			path);
	if (err)
		return err;
	index->first_ns = index->blocks[0].time_ns;
	index->last_ns = index->blocks[index->num_blocks - 1].time_ns;
	err = visit(file, path, index, is_last, take_last);
	if (!err && fseeko(file, 0, SEEK_SET))
		err = error_errno(errno, "cannot read %s", path);
	return err;
}

void recording_index_destroy(struct recording_index *index)
{
	free(index->blocks);
	*index = (struct recording_index){};
}

/* What is in a block was there before the next one. */
uint64_t recording_index_offset(const struct recording_index *index, uint64_t time_ns)
{
	size_t at = 0;

	while (at + 1 < index->num_blocks &&
	       index->blocks[at + 1].time_ns + INDEX_DISORDER_NS < time_ns)
		at++;
	return index->blocks[at].offset;
}
