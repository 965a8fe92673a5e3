/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "recording/blocks.h"

/* Fast enough to keep up with the kernel's ring buffer. */
#define LEVEL 3

struct block_writer {
	FILE *file; /* not owned */
	ZSTD_CCtx *zstd;
	struct bytes stored;
	uint64_t num_bytes, num_blocks;
	bool has_failed; /* the file ends with a part of a block */
	bool is_closed; /* since nobody reads it any more */
	bool keeps; /* blocks are kept, and not written yet */
	struct kept_blocks kept;
};

/* ---- bytes ---- */

static struct error *write_all(struct block_writer *writer, const void *data, size_t size)
{
	if (writer->has_failed)
		return NULL;
	if (fwrite(data, 1, size, writer->file) != size || fflush(writer->file)) {
		writer->has_failed = true;
		writer->is_closed = errno == EPIPE;
		return error_errno(errno, "cannot write the recording, which ends here");
	}
	writer->num_bytes += size;
	return NULL;
}

static struct error *write_header(struct block_writer *writer)
{
	const struct recording_header header = {RECORDING_MAGIC, RECORDING_VERSION, 0};

	return write_all(writer, &header, sizeof(header));
}

static struct error *write_stored(struct block_writer *writer, const struct block_header *header,
				  const void *stored)
{
	struct error *err = write_all(writer, header, sizeof(*header));

	writer->num_blocks++;
	return err ?: write_all(writer, stored, header->stored_size);
}

static struct error *deflate_block(struct block_writer *writer, const struct bytes *bytes)
{
	size_t room = ZSTD_compressBound(bytes->size), size;

	bytes_clear(&writer->stored);
	if (bytes->failed || !bytes_reserve(&writer->stored, room))
		return error_out_of_memory();
	size = ZSTD_compressCCtx(writer->zstd, writer->stored.data, room, bytes->data, bytes->size,
				 LEVEL);
	if (ZSTD_isError(size))
		return error_out_of_memory();
	writer->stored.size = size;
	return NULL;
}

/* ---- life ---- */

struct error *block_writer_new(FILE *file, const struct keep_limits *limits,
			       struct block_writer **out)
{
	struct block_writer *writer = *out = calloc(1, sizeof(*writer));

	if (!writer)
		return error_out_of_memory();
	writer->file = file;
	writer->keeps = limits->ns || limits->bytes;
	writer->kept.limits = *limits;
	writer->zstd = ZSTD_createCCtx();
	if (!writer->zstd)
		return error_out_of_memory();
	return writer->keeps ? NULL : write_header(writer);
}

void block_writer_free(struct block_writer *writer)
{
	if (!writer)
		return;
	ZSTD_freeCCtx(writer->zstd);
	bytes_destroy(&writer->stored);
	kept_blocks_clear(&writer->kept);
	free(writer);
}

/* ---- blocks ---- */

struct error *block_write(struct block_writer *writer, enum block_kind kind, uint64_t time_ns,
			  const struct bytes *bytes)
{
	struct error *err = deflate_block(writer, bytes);
	struct block_header header = {.magic = BLOCK_MAGIC,
				      .kind = kind,
				      .stored_size = (uint32_t)writer->stored.size,
				      .size = (uint32_t)bytes->size,
				      .time_ns = time_ns};

	if (err)
		return err;
	header.crc = (uint32_t)crc32(0, writer->stored.data, (uInt)writer->stored.size);
	header.header_crc = (uint32_t)crc32(0, (const Bytef *)&header,
					    offsetof(struct block_header, header_crc));
	if (!writer->keeps)
		return write_stored(writer, &header, writer->stored.data);
	return kept_blocks_add(&writer->kept, &header, writer->stored.data) ? NULL
									    : error_out_of_memory();
}

static struct error *write_end(struct block_writer *writer)
{
	struct bytes bytes = {};
	struct error *err;

	bytes_put_number(&bytes, writer->num_blocks);
	err = block_write(writer, BLOCK_END, 0, &bytes);
	bytes_destroy(&bytes);
	return err;
}

static struct error *write_kept(struct block_writer *writer)
{
	const struct kept_blocks *kept = &writer->kept;
	bool is_forgotten_told = !kept->has_forgotten;
	struct kept_walk walk = kept_blocks_walk(kept);
	const struct kept_block *block;
	struct error *err = write_header(writer);

	while (!err && (block = kept_walk_next(&walk))) {
		if (block->header.kind == BLOCK_RECORDS && !is_forgotten_told) {
			err = block_write(writer, BLOCK_FORGOTTEN, 0, &(struct bytes){});
			is_forgotten_told = true;
		}
		if (!err)
			err = write_stored(writer, &block->header, block->stored);
	}
	return err ?: write_end(writer);
}

struct error *block_writer_dump(struct block_writer *writer, FILE *file, uint64_t *num_bytes)
{
	struct block_writer to = *writer;
	struct error *err;

	to.file = file;
	to.keeps = to.has_failed = false;
	to.num_bytes = to.num_blocks = 0;
	err = write_kept(&to);
	/* It may have grown. */
	writer->stored = to.stored;
	if (file == writer->file)
		writer->is_closed = to.is_closed;
	*num_bytes = to.num_bytes;
	return err;
}

struct error *block_writer_end(struct block_writer *writer)
{
	if (!writer->keeps)
		return write_end(writer);
	/* It may have been written when the binary before this one was overwritten. */
	if (writer->num_bytes && ftruncate(fileno(writer->file), 0))
		return error_errno(errno, "cannot write the recording anew");
	return block_writer_dump(writer, writer->file, &writer->num_bytes);
}

bool block_writer_is_closed(const struct block_writer *writer)
{
	return writer->is_closed;
}

uint64_t block_writer_num_bytes(const struct block_writer *writer)
{
	return writer->num_bytes;
}
