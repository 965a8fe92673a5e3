/* SPDX-License-Identifier: MIT */
/*
 * speedscope.c - speedscope's own JSON: a profile of events for each goroutine, which begin and end calls.
 *
 * Profiles come one behind the other, and events as they happen, on all goroutines: they wait in a spool. A wait
 * (--min-wait) is one more call, "[sleep]".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/numbers.h"
#include "output/amounts.h"
#include "output/speedscope_file.h"
#include "output/spool.h"
#include "output/tracks.h"

struct frame {
	const char *name; /* owned by the names */
	const struct name *file; /* NULL: unknown, or it is what was waited for */
	unsigned line;
	bool is_wait;
};

/* Of a goroutine. Each event is how long after the one before, and 2 times its frame, 1 more for its end. */
struct lane {
	uint32_t pid;
	uint64_t track;
	uint64_t start_ns, last_ns;
	struct spool_lane events;
};

struct speedscope {
	struct spool spool;
	struct numbers frame_numbers, lane_numbers;
	struct frame *frames;
	struct lane **lanes;
	size_t frames_capacity, lanes_capacity;
};

static void fail(struct output *out, int errnum)
{
	if (!out->writer.errnum)
		out->writer.errnum = errnum;
}

static struct error *begin(struct output *out)
{
	struct speedscope *speedscope = calloc(1, sizeof(*speedscope));

	out->data = speedscope;
	return speedscope ? spool_open(&speedscope->spool) : error_out_of_memory();
}

static void free_data(struct output *out)
{
	struct speedscope *speedscope = out->data;

	if (!speedscope)
		return;
	for (size_t i = 0; i < speedscope->lane_numbers.known.count; i++)
		free(speedscope->lanes[i]);
	free(speedscope->lanes);
	free(speedscope->frames);
	numbers_clear(&speedscope->lane_numbers);
	numbers_clear(&speedscope->frame_numbers);
	spool_close(&speedscope->spool);
	free(speedscope);
}

/* ---- events ---- */

static uint64_t frame_number(struct output *out, struct frame frame)
{
	struct speedscope *speedscope = out->data;
	struct hash_key key = hash_key_of_text(frame.name);
	uint64_t number;
	bool is_new;

	key.second = key.second * 2 + frame.is_wait;
	if (!array_reserve(&speedscope->frames, &speedscope->frames_capacity,
			   speedscope->frame_numbers.known.count + 1, sizeof(frame)) ||
	    !numbers_of(&speedscope->frame_numbers, key, &number, &is_new)) {
		fail(out, ENOMEM);
		return 0;
	}
	if (is_new)
		speedscope->frames[number] = frame;
	return number;
}

static uint64_t frame_of_call(struct output *out, const struct call *call)
{
	const struct place *entry = output_entry(out, call);

	return frame_number(out,
			    (struct frame){.name = entry->function ? entry->function->text : "?",
					   .file = entry->file,
					   .line = entry->line});
}

static struct lane *new_lane(struct speedscope *speedscope, const struct hash_key *key,
			     uint64_t time_ns)
{
	struct lane *lane = malloc(sizeof(*lane));

	if (!lane)
		return NULL;
	*lane = (struct lane){.pid = (uint32_t)key->first,
			      .track = key->second,
			      .start_ns = time_ns,
			      .last_ns = time_ns};
	spool_begin(&speedscope->spool, &lane->events);
	return lane;
}

/* NULL: out of memory. */
static struct lane *lane_of(struct output *out, const struct tree *tree, uint32_t tid,
			    uint64_t time_ns)
{
	struct speedscope *speedscope = out->data;
	uint64_t track = track_number(tree, tid), number;
	struct hash_key key = {tree->pid, track};
	struct lane *lane;
	bool is_new;

	if (!array_reserve(&speedscope->lanes, &speedscope->lanes_capacity,
			   speedscope->lane_numbers.known.count + 1, sizeof(lane)) ||
	    !numbers_of(&speedscope->lane_numbers, key, &number, &is_new)) {
		fail(out, ENOMEM);
		return NULL;
	}
	if (is_new)
		speedscope->lanes[number] = new_lane(speedscope, &key, time_ns);
	lane = speedscope->lanes[number];
	if (!lane)
		fail(out, ENOMEM);
	return lane;
}

/* Time never goes back: speedscope would refuse all of it. */
static void put_event(struct output *out, struct lane *lane, uint64_t time_ns, uint64_t frame,
		      bool is_end)
{
	struct speedscope *speedscope = out->data;
	uint64_t since = time_ns > lane->last_ns ? time_ns - lane->last_ns : 0;

	spool_put(&speedscope->spool, &lane->events, since);
	spool_put(&speedscope->spool, &lane->events, frame * 2 + is_end);
	lane->last_ns += since;
	if (speedscope->spool.errnum)
		fail(out, speedscope->spool.errnum);
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	struct lane *lane = lane_of(out, tree, call->tid, call->start_ns);

	if (lane)
		put_event(out, lane, call->start_ns, frame_of_call(out, call), false);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	struct lane *lane = lane_of(out, tree, call->tid, call->start_ns);

	if (lane)
		put_event(out, lane, call->end_ns, frame_of_call(out, call), true);
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	const char *name = amount_name(out->names, wait->state, wait->reason, "unknown");
	struct lane *lane = lane_of(out, tree, call->tid, wait->start_ns);
	uint64_t frame = frame_number(out, (struct frame){.name = name, .is_wait = true});

	if (!lane)
		return;
	put_event(out, lane, wait->start_ns, frame, false);
	put_event(out, lane, wait->end_ns, frame, true);
}

/* ---- all of it ---- */

static void put_name(struct output *out, struct json_writer *json, const struct lane *lane)
{
	char track[TRACK_NAME_SIZE], process[TRACK_NAME_SIZE], name[2 * TRACK_NAME_SIZE + 4];

	track_name(lane->track, track);
	track_process_name(out, lane->pid, process);
	snprintf(name, sizeof(name), "%s, %s", track, process);
	json_member_text(json, "name", name);
}

static void put_profile(struct output *out, struct json_writer *json, struct lane *lane)
{
	struct speedscope *speedscope = out->data;
	uint64_t start_ns = out->options.about.start_ns, at = lane->start_ns - start_ns, since;
	uint64_t frame;

	json_open(json, '{');
	json_member_text(json, "type", "evented");
	put_name(out, json, lane);
	json_member_text(json, "unit", "nanoseconds");
	json_member_number(json, "startValue", at);
	json_member_number(json, "endValue", lane->last_ns - start_ns);
	json_member_open(json, "events", '[');
	spool_rewind(&speedscope->spool, &lane->events);
	while (spool_next(&speedscope->spool, &lane->events, &since) &&
	       spool_next(&speedscope->spool, &lane->events, &frame)) {
		at += since;
		json_open(json, '{');
		json_member_text(json, "type", frame & 1 ? "C" : "O");
		json_member_number(json, "frame", frame >> 1);
		json_member_number(json, "at", at);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
	if (speedscope->spool.errnum)
		fail(out, speedscope->spool.errnum);
}

static void put_frame(struct json_writer *json, const struct frame *frame)
{
	char wait[256];

	snprintf(wait, sizeof(wait), "[%s]", frame->name);
	speedscope_put_frame(json, frame->is_wait ? wait : frame->name,
			     frame->file ? frame->file->text : NULL, frame->line);
}

static void end(struct output *out, const struct output_totals *totals)
{
	struct json_writer json = speedscope_begin(&out->writer, "gofuncgraph-c");
	struct speedscope *speedscope = out->data;
	size_t num_lanes = speedscope->lane_numbers.known.count;

	for (size_t i = 0; i < num_lanes; i++)
		if (speedscope->lanes[i])
			put_profile(out, &json, speedscope->lanes[i]);
	speedscope_end_profiles(&json, num_lanes);
	for (size_t i = 0; i < speedscope->frame_numbers.known.count; i++)
		put_frame(&json, &speedscope->frames[i]);
	speedscope_end(&json);
}

const struct format format_speedscope = {
	.prints = "the calls",
	.is_document = true,
	.begin = begin,
	.entry = entry,
	.call = call,
	.wait = wait,
	.end = end,
	.free = free_data,
};
