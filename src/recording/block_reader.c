/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "recording/blocks.h"

struct block_reader {
	FILE *file; /* not owned */
	const char *path; /* not owned */
	struct bytes stored, bytes;
	uint64_t offset;
	bool (*wants)(void *context, const struct block *block); /* NULL: all */
	void *context;
};

/* How many there were: fewer at the end of the file. */
static struct error *read_some(struct block_reader *reader, void *to, size_t size, size_t *got)
{
	*got = 0;
	do {
		clearerr(reader->file);
		*got += fread((char *)to + *got, 1, size - *got, reader->file);
		/* A signal that ends who writes into a pipe does not end this. */
	} while (*got < size && ferror(reader->file) && errno == EINTR);
	reader->offset += *got;
	if (*got < size && ferror(reader->file))
		return error_errno(errno, "cannot read %s", reader->path);
	return NULL;
}

/* ---- the file's header ---- */

static struct error *read_header(struct block_reader *reader)
{
	struct recording_header header;
	size_t got;
	struct error *err = read_some(reader, &header, sizeof(header), &got);

	if (err)
		return err;
	if (got < sizeof(header) || memcmp(header.magic, RECORDING_MAGIC, sizeof(header.magic)))
		return error_new("%s is no recording: gofuncgraph-c record -o FILE makes one",
				 reader->path);
	if (header.version != RECORDING_VERSION)
		return error_new(
			"%s is a recording of version %u, and this gofuncgraph-c reads version %u: use a newer one",
			reader->path, header.version, RECORDING_VERSION);
	return NULL;
}

struct error *block_reader_new(FILE *file, const char *path, struct block_reader **out)
{
	struct block_reader *reader = *out = calloc(1, sizeof(*reader));

	if (!reader)
		return error_out_of_memory();
	reader->file = file;
	reader->path = path;
	return read_header(reader);
}

void block_reader_free(struct block_reader *reader)
{
	if (!reader)
		return;
	bytes_destroy(&reader->stored);
	bytes_destroy(&reader->bytes);
	free(reader);
}

uint64_t block_reader_offset(const struct block_reader *reader)
{
	return reader->offset;
}

void block_reader_choose(struct block_reader *reader,
			 bool (*wants)(void *context, const struct block *block), void *context)
{
	reader->wants = wants;
	reader->context = context;
}

/* ---- blocks ---- */

static bool is_header(const struct block_header *header)
{
	return header->magic == BLOCK_MAGIC && header->size <= BLOCK_MAX_SIZE &&
	       header->stored_size <= ZSTD_compressBound(BLOCK_MAX_SIZE) &&
	       header->header_crc ==
		       crc32(0, (const Bytef *)header, offsetof(struct block_header, header_crc));
}

/* As much as the header says, or up to the end of the file. Memory grows with what is there. */
static struct error *read_stored(struct block_reader *reader, size_t size, size_t *total)
{
	struct error *err = NULL;
	size_t got = 0, part;

	*total = 0;
	bytes_clear(&reader->stored);
	for (; !err && *total < size; *total += got) {
		part = size - *total < 1u << 20 ? size - *total : 1u << 20;
		if (!bytes_reserve(&reader->stored, part))
			return error_out_of_memory();
		err = read_some(reader, reader->stored.data + *total, part, &got);
		reader->stored.size += got;
		if (got < part) {
			*total += got;
			break;
		}
	}
	return err;
}

/* BLOCK_DAMAGED: they are not what the header says. */
static struct error *inflate_block(struct block_reader *reader, const struct block_header *header,
				   enum block_found *found)
{
	const struct bytes *stored = &reader->stored;
	size_t size;

	*found = BLOCK_DAMAGED;
	if (crc32(0, stored->data, (uInt)stored->size) != header->crc)
		return NULL;
	size = ZSTD_decompress(reader->bytes.data, header->size, stored->data, stored->size);
	if (ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation)
		return error_out_of_memory();
	if (size == header->size)
		*found = BLOCK_FOUND;
	return NULL;
}

static struct error *pass(struct block_reader *reader, size_t size, enum block_found *found)
{
	uint64_t end = reader->offset + size;
	struct stat stat;

	if (fstat(fileno(reader->file), &stat))
		return error_errno(errno, "cannot read %s", reader->path);
	/* `found` is BLOCK_CUT already. */
	if (end > (uint64_t)stat.st_size)
		return NULL;
	if (fseeko(reader->file, (off_t)end, SEEK_SET))
		return error_errno(errno, "cannot read %s", reader->path);
	reader->offset = end;
	*found = BLOCK_PASSED;
	return NULL;
}

struct error *block_read(struct block_reader *reader, struct block *block, enum block_found *found)
{
	struct block_header header;
	size_t got;
	struct error *err;

	*block = (struct block){.offset = reader->offset};
	*found = BLOCK_NO_MORE;
	err = read_some(reader, &header, sizeof(header), &got);
	if (err || !got)
		return err;
	*found = BLOCK_CUT;
	if (got < sizeof(header))
		return NULL;
	if (!is_header(&header)) {
		*found = BLOCK_LOST;
		return NULL;
	}
	block->kind = header.kind;
	block->time_ns = header.time_ns;
	if (reader->wants && !reader->wants(reader->context, block))
		return pass(reader, header.stored_size, found);
	err = read_stored(reader, header.stored_size, &got);
	if (err || got < header.stored_size)
		return err;
	bytes_clear(&reader->bytes);
	if (!bytes_reserve(&reader->bytes, header.size))
		return error_out_of_memory();
	err = inflate_block(reader, &header, found);
	block->bytes = cursor_of(reader->bytes.data, *found == BLOCK_FOUND ? header.size : 0);
	return err;
}
