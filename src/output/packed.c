/* SPDX-License-Identifier: MIT */
#include "output/packed.h"

#include <stdlib.h>

/* Most of what is gained costs little. */
#define LEVEL 4

struct packed *packed_new(struct writer *writer)
{
	struct packed *packed = calloc(1, sizeof(*packed));

	if (!packed || deflateInit(&packed->stream, LEVEL) != Z_OK) {
		free(packed);
		return NULL;
	}
	packed->writer = writer;
	packed->stream.next_out = packed->room;
	packed->stream.avail_out = PACKED_SIZE;
	return packed;
}

void packed_free(struct packed *packed)
{
	if (packed)
		deflateEnd(&packed->stream);
	free(packed);
}

/* Of up to three bytes. */
static void encode(const unsigned char *bytes, size_t count, char out[4])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned word =
		bytes[0] << 16 | (count > 1 ? bytes[1] << 8 : 0) | (count > 2 ? bytes[2] : 0);

	for (size_t i = 0; i < 4; i++)
		out[i] = i <= count ? digits[word >> (18 - 6 * i) & 63] : '=';
}

static void write_room(struct packed *packed)
{
	size_t size = PACKED_SIZE - packed->stream.avail_out;

	for (size_t at = 0; at < size; at += 3) {
		encode(packed->room + at, size - at < 3 ? size - at : 3,
		       writer_room(packed->writer, 4));
		packed->writer->used += 4;
	}
	packed->stream.next_out = packed->room;
	packed->stream.avail_out = PACKED_SIZE;
}

void packed_put(struct packed *packed, const void *data, size_t size)
{
	packed->stream.next_in = (void *)data;
	packed->stream.avail_in = (uInt)size;
	while (packed->stream.avail_in) {
		deflate(&packed->stream, Z_NO_FLUSH);
		if (!packed->stream.avail_out)
			write_room(packed);
	}
}

void packed_end(struct packed *packed)
{
	while (deflate(&packed->stream, Z_FINISH) == Z_OK)
		write_room(packed);
	write_room(packed);
}
