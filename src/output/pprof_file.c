/* SPDX-License-Identifier: MIT */
#include "output/pprof_file.h"

#include <errno.h>
#include <zlib.h>

#include "base/protobuf.h"

enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME_NS = 9,
	PROFILE_DURATION_NS = 10,
	PROFILE_DEFAULT_TYPE = 14,
};
enum { TYPE_TYPE = 1, TYPE_UNIT = 2 };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum { LABEL_KEY = 1, LABEL_TEXT = 2, LABEL_NUMBER = 3 };
enum { LOCATION_NUMBER = 1, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE = 2 };
enum { FUNCTION_NUMBER = 1, FUNCTION_NAME = 2, FUNCTION_SYSTEM_NAME = 3, FUNCTION_FILE = 4 };

static uint64_t number_in(struct pprof_file *file, struct numbers *numbers, struct hash_key key,
			  bool *is_new)
{
	uint64_t number;

	if (!numbers_of(numbers, key, &number, is_new))
		file->all.failed = true;
	return number;
}

/* The number of a text; it is written where it is needed first, and numbered as it is read. */
static uint64_t text_number(struct pprof_file *file, const char *text)
{
	bool is_new;
	uint64_t number = number_in(file, &file->strings, hash_key_of_text(text), &is_new);

	if (is_new)
		protobuf_text(&file->all, PROFILE_STRING, text);
	return number;
}

static void put_type(struct pprof_file *file, const char *type, const char *unit)
{
	protobuf_number(&file->message, TYPE_TYPE, text_number(file, type));
	protobuf_number(&file->message, TYPE_UNIT, text_number(file, unit));
	protobuf_message(&file->all, PROFILE_SAMPLE_TYPE, &file->message);
}

void pprof_begin(struct pprof_file *file, const char *counted)
{
	text_number(file, "");
	put_type(file, counted, "count");
	put_type(file, "wall", "nanoseconds");
	protobuf_number(&file->all, PROFILE_DEFAULT_TYPE, text_number(file, "wall"));
}

/* ---- stacks ---- */

/* From 1. */
static uint64_t function_number(struct pprof_file *file, const struct pprof_frame *frame)
{
	uint64_t name = text_number(file, frame->function);
	uint64_t source = frame->file ? text_number(file, frame->file) : 0;
	bool is_new;
	uint64_t number =
		number_in(file, &file->functions, (struct hash_key){name, source}, &is_new) + 1;

	if (!is_new)
		return number;
	protobuf_number(&file->message, FUNCTION_NUMBER, number);
	protobuf_number(&file->message, FUNCTION_NAME, name);
	protobuf_number(&file->message, FUNCTION_SYSTEM_NAME, name);
	protobuf_number(&file->message, FUNCTION_FILE, source);
	protobuf_message(&file->all, PROFILE_FUNCTION, &file->message);
	return number;
}

void pprof_put_frame(struct pprof_file *file, struct hash_key key, const struct pprof_frame *frame)
{
	bool is_new;
	uint64_t number = number_in(file, &file->locations, key, &is_new) + 1;

	bytes_put_number(&file->stack, number);
	if (!is_new)
		return;
	protobuf_number(&file->inner, LINE_FUNCTION, function_number(file, frame));
	protobuf_number(&file->inner, LINE_LINE, frame->line);
	protobuf_number(&file->message, LOCATION_NUMBER, number);
	protobuf_message(&file->message, LOCATION_LINE, &file->inner);
	protobuf_message(&file->all, PROFILE_LOCATION, &file->message);
}

static void put_label(struct pprof_file *file, const char *key, uint32_t member, uint64_t value)
{
	protobuf_number(&file->innermost, LABEL_KEY, text_number(file, key));
	protobuf_number(&file->innermost, member, value);
	protobuf_message(&file->inner, SAMPLE_LABEL, &file->innermost);
}

void pprof_put_sample(struct pprof_file *file, uint64_t count, uint64_t ns,
		      const struct pprof_labels *labels)
{
	protobuf_message(&file->inner, SAMPLE_LOCATION, &file->stack);
	bytes_put_number(&file->innermost, count);
	bytes_put_number(&file->innermost, ns);
	protobuf_message(&file->inner, SAMPLE_VALUE, &file->innermost);
	if (labels->state)
		put_label(file, "state", LABEL_TEXT, text_number(file, labels->state));
	if (labels->goid)
		put_label(file, "goroutine", LABEL_NUMBER, labels->goid);
	protobuf_message(&file->all, PROFILE_SAMPLE, &file->inner);
}

/* ---- all of it ---- */

static bool write_compressed(struct output *out, const struct bytes *all)
{
	z_stream stream = {.next_in = all->data, .avail_in = (uInt)all->size};
	unsigned char room[4096];
	int status;

	if (all->size > UINT32_MAX)
		return false;
	/* 16 more: gzip's header. */
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	do {
		stream.next_out = room;
		stream.avail_out = sizeof(room);
		status = deflate(&stream, Z_FINISH);
		writer_put(&out->writer, (const char *)room, sizeof(room) - stream.avail_out);
	} while (status == Z_OK);
	deflateEnd(&stream);
	return status == Z_STREAM_END;
}

void pprof_end(struct pprof_file *file, struct output *out, const struct output_totals *totals)
{
	uint64_t start_ns = out->options.about.start_ns;

	protobuf_number(&file->all, PROFILE_TIME_NS,
			event_clock_realtime_ns(out->options.clock, start_ns));
	protobuf_number(&file->all, PROFILE_DURATION_NS,
			totals->stop_ns > start_ns ? totals->stop_ns - start_ns : 0);
	if ((file->all.failed || !write_compressed(out, &file->all)) && !out->writer.errnum)
		out->writer.errnum = ENOMEM;
}

void pprof_destroy(struct pprof_file *file)
{
	numbers_clear(&file->strings);
	numbers_clear(&file->functions);
	numbers_clear(&file->locations);
	bytes_destroy(&file->all);
	bytes_destroy(&file->stack);
	bytes_destroy(&file->message);
	bytes_destroy(&file->inner);
	bytes_destroy(&file->innermost);
}
