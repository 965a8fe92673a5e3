/* SPDX-License-Identifier: MIT */
/* image_bytes.c - the bytes of a file, read in when they are asked for. */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gobin/image_internal.h"

#define CHUNK_SHIFT 16
#define CHUNK_SIZE  (UINT64_C(1) << CHUNK_SHIFT)

struct error *image_reserve(struct image *image)
{
	uint64_t num_chunks = (image->size + CHUNK_SIZE - 1) >> CHUNK_SHIFT;
	void *bytes;

	image->loaded = calloc(num_chunks / 8 + 1, 1);
	if (!image->loaded)
		return error_out_of_memory();
	bytes = mmap(NULL, image->size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		return error_errno(errno, "cannot make room to read %s", image->path);
	image->bytes = bytes;
	return NULL;
}

/* Reads until len bytes are there; false on an error or the end of the file. */
static bool read_fully(const struct image *image, void *to, uint64_t len, uint64_t off)
{
	char *p = to;

	while (len && !image->is_frozen) {
		ssize_t n = pread(image->fd, p, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		off += n;
		len -= n;
	}
	return !len;
}

static bool chunk_is_loaded(const struct image *image, uint64_t chunk)
{
	return image->loaded[chunk / 8] & (1 << chunk % 8);
}

/* Copies the chunks that hold [off, off + len) out of the file, runs of missing ones at once. */
static bool load_chunks(const struct image *image, uint64_t off, uint64_t len)
{
	uint64_t chunk = off >> CHUNK_SHIFT, end = ((off + len - 1) >> CHUNK_SHIFT) + 1;

	while (chunk < end) {
		if (chunk_is_loaded(image, chunk)) {
			chunk++;
			continue;
		}
		uint64_t run = chunk + 1;
		while (run < end && !chunk_is_loaded(image, run))
			run++;
		uint64_t from = chunk << CHUNK_SHIFT, to = run << CHUNK_SHIFT;
		if (to > image->size)
			to = image->size;
		if (!read_fully(image, image->bytes + from, to - from, from))
			return false;
		for (; chunk < run; chunk++)
			image->loaded[chunk / 8] |= 1 << chunk % 8;
	}
	return true;
}

const uint8_t *image_at_off(const struct image *image, uint64_t off, uint64_t len)
{
	if (!len || off > image->size || len > image->size - off)
		return NULL;
	return load_chunks(image, off, len) ? image->bytes + off : NULL;
}

/* The segment whose file-backed part holds va; those are sorted and do not overlap. */
static const struct image_segment *segment_at(const struct image *image, uint64_t va)
{
	size_t low = 0, high = image->num_segments;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (image->segments[middle].va <= va)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	const struct image_segment *segment = &image->segments[low - 1];
	return va - segment->va < segment->filesz ? segment : NULL;
}

bool image_va_to_off(const struct image *image, uint64_t va, uint64_t *off)
{
	const struct image_segment *segment = segment_at(image, va);

	if (!segment)
		return false;
	*off = va - segment->va + segment->off;
	return true;
}

uint64_t image_available(const struct image *image, uint64_t va)
{
	const struct image_segment *segment = segment_at(image, va);

	return segment ? segment->filesz - (va - segment->va) : 0;
}

bool image_va_is_code(const struct image *image, uint64_t va)
{
	const struct image_segment *segment = segment_at(image, va);

	return segment && segment->flags & PF_X;
}

const uint8_t *image_at_va(const struct image *image, uint64_t va, uint64_t len)
{
	uint64_t off;

	if (len > image_available(image, va) || !image_va_to_off(image, va, &off))
		return NULL;
	return image_at_off(image, off, len);
}

const char *image_string_at_va(const struct image *image, uint64_t va, size_t max)
{
	uint64_t available = image_available(image, va);

	if (available > max)
		available = max;
	/* By small steps: most strings are short, and a chunk may be all that is readable. */
	for (uint64_t len = available < 256 ? available : 256; len;
	     len = len < available ? available : 0) {
		const uint8_t *bytes = image_at_va(image, va, len);
		if (bytes && memchr(bytes, 0, len))
			return (const char *)bytes;
	}
	return NULL;
}

bool image_copy(const struct image *image, uint64_t va, void *to, size_t len)
{
	uint64_t off;

	if (!len || len > image_available(image, va) || !image_va_to_off(image, va, &off))
		return false;
	return read_fully(image, to, len, off);
}

bool image_copy_at_off(const struct image *image, uint64_t off, void *to, size_t len)
{
	return off <= image->size && len <= image->size - off && read_fully(image, to, len, off);
}

bool image_read_u32(const struct image *image, uint64_t va, uint32_t *value)
{
	const uint8_t *bytes = image_at_va(image, va, sizeof(*value));

	if (bytes)
		memcpy(value, bytes, sizeof(*value));
	return bytes;
}

bool image_read_u64(const struct image *image, uint64_t va, uint64_t *value)
{
	const uint8_t *bytes = image_at_va(image, va, sizeof(*value));

	if (bytes)
		memcpy(value, bytes, sizeof(*value));
	return bytes;
}
