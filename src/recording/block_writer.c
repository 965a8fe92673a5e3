/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
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
};

static struct error *write_all(struct block_writer *writer, const void *data, size_t size)
{
	if (writer->has_failed)
		return NULL;
	if (fwrite(data, 1, size, writer->file) != size || fflush(writer->file)) {
		writer->has_failed = true;
		return error_errno(errno, "cannot write the recording, which ends here");
	}
	writer->num_bytes += size;
	return NULL;
}

struct error *block_writer_new(FILE *file, struct block_writer **out)
{
	const struct recording_header header = {RECORDING_MAGIC, RECORDING_VERSION, 0};
	struct block_writer *writer = *out = calloc(1, sizeof(*writer));

	if (!writer)
		return error_out_of_memory();
	writer->file = file;
	writer->zstd = ZSTD_createCCtx();
	if (!writer->zstd)
		return error_out_of_memory();
	return write_all(writer, &header, sizeof(header));
}

void block_writer_free(struct block_writer *writer)
{
	if (!writer)
		return;
	ZSTD_freeCCtx(writer->zstd);
	bytes_destroy(&writer->stored);
	free(writer);
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
	err = write_all(writer, &header, sizeof(header));
	if (!err)
		err = write_all(writer, writer->stored.data, writer->stored.size);
	writer->num_blocks++;
	return err;
}

uint64_t block_writer_num_bytes(const struct block_writer *writer)
{
	return writer->num_bytes;
}

uint64_t block_writer_num_blocks(const struct block_writer *writer)
{
	return writer->num_blocks;
}
