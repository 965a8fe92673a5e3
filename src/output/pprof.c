/* SPDX-License-Identifier: MIT */
/*
 * pprof.c - calls summed up by path, as `go tool pprof` reads it: Protocol Buffers, compressed by gzip.
 *
 * Samples have two values, how often a path was called and its own wall time, and with --states a label
 * `state`, which says what that was spent on; all calls count for one of them. Members and their numbers:
 * proto/profile.proto of github.com/google/pprof.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/numbers.h"
#include "base/protobuf.h"
#include "output/profile.h"

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
enum { LABEL_KEY = 1, LABEL_TEXT = 2 };
enum { LOCATION_NUMBER = 1, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE = 2 };
enum { FUNCTION_NUMBER = 1, FUNCTION_NAME = 2, FUNCTION_SYSTEM_NAME = 3, FUNCTION_FILE = 4 };

struct profile {
	struct output *out;
	const struct path *path; /* of the sample that is written */
	bool has_calls; /* a sample of it has them */
	struct numbers strings, locations;
	struct bytes all, message, inner, innermost;
};

/* The number of a text; it is written where it is needed first, and numbered as it is read. */
static uint64_t text_number(struct profile *profile, const char *text)
{
	uint64_t number;
	bool is_new;

	if (!numbers_of(&profile->strings, hash_key_of_text(text), &number, &is_new))
		profile->all.failed = true;
	if (is_new)
		protobuf_text(&profile->all, PROFILE_STRING, text);
	return number;
}

static void put_type(struct profile *profile, const char *type, const char *unit)
{
	protobuf_number(&profile->message, TYPE_TYPE, text_number(profile, type));
	protobuf_number(&profile->message, TYPE_UNIT, text_number(profile, unit));
	protobuf_message(&profile->all, PROFILE_SAMPLE_TYPE, &profile->message);
}

/* ---- functions ---- */

static void put_function(struct profile *profile, const struct path *path, uint64_t number)
{
	const struct place *entry = &path->entry;
	uint64_t name = text_number(profile, profile_function(path));
	uint64_t file = entry->file ? text_number(profile, entry->file->text) : 0;

	protobuf_number(&profile->message, FUNCTION_NUMBER, number);
	protobuf_number(&profile->message, FUNCTION_NAME, name);
	protobuf_number(&profile->message, FUNCTION_SYSTEM_NAME, name);
	protobuf_number(&profile->message, FUNCTION_FILE, file);
	protobuf_message(&profile->all, PROFILE_FUNCTION, &profile->message);
	protobuf_number(&profile->inner, LINE_FUNCTION, number);
	protobuf_number(&profile->inner, LINE_LINE, entry->line);
	protobuf_number(&profile->message, LOCATION_NUMBER, number);
	protobuf_message(&profile->message, LOCATION_LINE, &profile->inner);
	protobuf_message(&profile->all, PROFILE_LOCATION, &profile->message);
}

/* From 1: the number of the function, too. */
static uint64_t location_number(struct profile *profile, const struct path *path)
{
	struct hash_key key = {path->key.second, path->depth > PATHS_MAX_DEPTH};
	uint64_t number;
	bool is_new;

	if (!numbers_of(&profile->locations, key, &number, &is_new))
		profile->all.failed = true;
	if (is_new)
		put_function(profile, path, number + 1);
	return number + 1;
}

/* ---- samples ---- */

static void put_sample(void *context, const char *state, uint64_t ns)
{
	struct profile *profile = context;
	uint64_t calls = profile->has_calls ? 0 : profile->path->calls;

	profile->has_calls = true;
	/* Before the message is begun, since what is told first is written at once. */
	for (const struct path *path = profile->path; path; path = path->parent)
		bytes_put_number(&profile->innermost, location_number(profile, path));
	protobuf_message(&profile->inner, SAMPLE_LOCATION, &profile->innermost);
	bytes_put_number(&profile->innermost, calls);
	bytes_put_number(&profile->innermost, ns);
	protobuf_message(&profile->inner, SAMPLE_VALUE, &profile->innermost);
	if (profile->out->options.run.states) {
		protobuf_number(&profile->innermost, LABEL_KEY, text_number(profile, "state"));
		protobuf_number(&profile->innermost, LABEL_TEXT, text_number(profile, state));
		protobuf_message(&profile->inner, SAMPLE_LABEL, &profile->innermost);
	}
	protobuf_message(&profile->all, PROFILE_SAMPLE, &profile->inner);
}

static void put_samples(struct profile *profile)
{
	const struct paths *paths = profile->out->data;

	for (size_t i = 0; i < paths_count(paths); i++) {
		profile->path = paths_at(paths, i);
		profile->has_calls = false;
		profile_visit_spent(profile->out, profile->path, put_sample, profile);
	}
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

static void end(struct output *out, const struct output_totals *totals)
{
	struct profile profile = {.out = out};
	uint64_t start_ns = out->options.about.start_ns;

	text_number(&profile, "");
	put_type(&profile, "calls", "count");
	put_type(&profile, "wall", "nanoseconds");
	protobuf_number(&profile.all, PROFILE_DEFAULT_TYPE, text_number(&profile, "wall"));
	protobuf_number(&profile.all, PROFILE_TIME_NS,
			event_clock_realtime_ns(out->options.clock, start_ns));
	protobuf_number(&profile.all, PROFILE_DURATION_NS,
			totals->stop_ns > start_ns ? totals->stop_ns - start_ns : 0);
	put_samples(&profile);
	if ((profile.all.failed || !write_compressed(out, &profile.all)) && !out->writer.errnum)
		out->writer.errnum = ENOMEM;
	numbers_clear(&profile.strings);
	numbers_clear(&profile.locations);
	bytes_destroy(&profile.all);
	bytes_destroy(&profile.message);
	bytes_destroy(&profile.inner);
	bytes_destroy(&profile.innermost);
}

const struct format format_pprof = {
	.prints = "the calls",
	.is_document = true,
	.target = FORMAT_TO_FILE,
	.begin = profile_begin,
	.entry = profile_entry,
	.call = profile_call,
	.end = end,
	.free = profile_free,
};
