/* SPDX-License-Identifier: MIT */
/*
 * perfetto.c - a trace for the Perfetto UI and its trace processor: packets of Protocol Buffers.
 *
 * A process is a track, below it a track for each goroutine, and below that one for what it waited for. A
 * call is a slice, whose arguments (annotations) are its values; a `go` statement an arrow (flow). Names are told once and then by number. Members and
 * their numbers: protos/perfetto/trace/ of github.com/google/perfetto.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/protobuf.h"
#include "output/amounts.h"
#include "output/json_call.h"
#include "output/perfetto_json.h"
#include "output/tracks.h"

/* trace.proto, trace_packet.proto */
enum { TRACE_PACKET = 1 };
enum {
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_INTERNED = 12,
	PACKET_FLAGS = 13,
	PACKET_TRACK = 60,
};
/* Of PACKET_FLAGS: numbers of names begin anew; this packet needs them. */
enum { FLAG_CLEARED = 1, FLAG_NEEDS = 2 };
/* track_descriptor.proto, process_descriptor.proto */
enum { TRACK_UUID = 1, TRACK_NAME = 2, TRACK_PROCESS = 3, TRACK_PARENT = 5 };
enum { PROCESS_PID = 1, PROCESS_NAME = 6 };
/* track_event.proto */
enum {
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_NAME_NUMBER = 10,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_SOURCE = 33,
	EVENT_FLOW = 47,
	EVENT_LAST_FLOW = 48,
};
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_INSTANT = 3 };
enum { ANNOTATION_NUMBER = 3, ANNOTATION_TEXT = 6, ANNOTATION_NAME = 10 };
enum { SOURCE_FILE = 2, SOURCE_FUNCTION = 3, SOURCE_LINE = 4 };
/* interned_data.proto */
enum { INTERNED_EVENT_NAME = 2 };
enum { NAME_NUMBER = 1, NAME_TEXT = 2 };

#define SEQUENCE 1

struct perfetto {
	struct tracks tracks;
	struct tracks names; /* numbers of those that were told, as if they were tracks */
	bool has_begun; /* the first packet with names was written */
	/* Of what is written; empty in between. */
	struct bytes packet, event, inner, innermost;
	/* Values of a call as JSON, in `json` once they are written; NULL before the first. */
	struct writer *values;
	char *json;
	size_t json_size;
};

static struct error *begin(struct output *out)
{
	out->data = calloc(1, sizeof(struct perfetto));
	return out->data ? NULL : error_out_of_memory();
}

static void free_values(struct perfetto *perfetto)
{
	if (!perfetto->values)
		return;
	if (perfetto->values->file)
		fclose(perfetto->values->file);
	free(perfetto->values);
	free(perfetto->json);
}

static void free_data(struct output *out)
{
	struct perfetto *perfetto = out->data;

	if (!perfetto)
		return;
	tracks_clear(&perfetto->tracks);
	tracks_clear(&perfetto->names);
	bytes_destroy(&perfetto->packet);
	bytes_destroy(&perfetto->event);
	bytes_destroy(&perfetto->inner);
	bytes_destroy(&perfetto->innermost);
	free_values(perfetto);
	free(perfetto);
}

/* ---- packets ---- */

static void write_packet(struct output *out)
{
	struct perfetto *perfetto = out->data;
	struct bytes head = {};

	protobuf_message(&head, TRACE_PACKET, &perfetto->packet);
	if (head.failed)
		out->writer.errnum = ENOMEM;
	writer_put(&out->writer, (const char *)head.data, head.size);
	bytes_destroy(&head);
}

static void write_track(struct output *out, uint64_t uuid, uint64_t parent, const char *name)
{
	struct perfetto *perfetto = out->data;
	struct bytes *track = &perfetto->event;

	protobuf_number(track, TRACK_UUID, uuid);
	protobuf_number(track, TRACK_PARENT, parent);
	protobuf_text(track, TRACK_NAME, name);
	protobuf_message(&perfetto->packet, PACKET_TRACK, track);
	write_packet(out);
}

static void write_process(struct output *out, uint64_t uuid, uint32_t pid)
{
	struct perfetto *perfetto = out->data;
	char name[TRACK_NAME_SIZE];

	track_process_name(out, pid, name);
	protobuf_number(&perfetto->inner, PROCESS_PID, pid);
	protobuf_text(&perfetto->inner, PROCESS_NAME, name);
	protobuf_number(&perfetto->event, TRACK_UUID, uuid);
	protobuf_message(&perfetto->event, TRACK_PROCESS, &perfetto->inner);
	protobuf_message(&perfetto->packet, PACKET_TRACK, &perfetto->event);
	write_packet(out);
}

/* ---- tracks ---- */

/* Nobody else in the file chooses such numbers. 0 is none. */
static uint64_t uuid_of(uint32_t pid, uint64_t number, bool is_of_waits)
{
	return hash_mix(hash_mix(number * 2 + is_of_waits + 1) + pid) | 1;
}

static uint64_t track_of(struct output *out, const struct tree *tree, uint32_t tid)
{
	struct perfetto *perfetto = out->data;
	uint64_t number = track_number(tree, tid), uuid = uuid_of(tree->pid, number, false);
	uint64_t process = uuid_of(tree->pid, 0, false);
	char name[TRACK_NAME_SIZE];

	if (tracks_is_new(&perfetto->tracks, tree->pid, 0))
		write_process(out, process, tree->pid);
	if (tracks_is_new(&perfetto->tracks, tree->pid, number)) {
		track_name(number, name);
		write_track(out, uuid, process, name);
	}
	return uuid;
}

static uint64_t track_of_waits(struct output *out, const struct tree *tree, uint32_t tid)
{
	struct perfetto *perfetto = out->data;
	uint64_t number = track_number(tree, tid), uuid = uuid_of(tree->pid, number, true);
	uint64_t parent = track_of(out, tree, tid);

	if (tracks_is_new(&perfetto->tracks, tree->pid, ~number))
		write_track(out, uuid, parent, "not running");
	return uuid;
}

/* ---- events ---- */

/* The number of a name of functions; told in this packet, if it was not yet. */
static void put_name(struct output *out, const struct name *name)
{
	struct perfetto *perfetto = out->data;

	if (!name) {
		protobuf_text(&perfetto->event, EVENT_NAME, "?");
		return;
	}
	protobuf_number(&perfetto->event, EVENT_NAME_NUMBER, name->number);
	if (!tracks_is_new(&perfetto->names, 0, name->number))
		return;
	protobuf_number(&perfetto->innermost, NAME_NUMBER, name->number);
	protobuf_text(&perfetto->innermost, NAME_TEXT, name->text);
	protobuf_message(&perfetto->inner, INTERNED_EVENT_NAME, &perfetto->innermost);
	protobuf_message(&perfetto->packet, PACKET_INTERNED, &perfetto->inner);
}

static void begin_event(struct output *out, unsigned type, uint64_t track)
{
	struct perfetto *perfetto = out->data;

	protobuf_number(&perfetto->event, EVENT_TYPE, type);
	protobuf_number(&perfetto->event, EVENT_TRACK, track);
}

static void write_event(struct output *out, uint64_t time_ns)
{
	struct perfetto *perfetto = out->data;

	protobuf_number(&perfetto->packet, PACKET_TIMESTAMP, time_ns);
	protobuf_number(&perfetto->packet, PACKET_SEQUENCE, SEQUENCE);
	protobuf_number(&perfetto->packet, PACKET_FLAGS,
			perfetto->has_begun ? FLAG_NEEDS : FLAG_CLEARED | FLAG_NEEDS);
	perfetto->has_begun = true;
	protobuf_message(&perfetto->packet, PACKET_EVENT, &perfetto->event);
	write_packet(out);
}

static void annotate_number(struct output *out, const char *name, uint64_t number)
{
	struct perfetto *perfetto = out->data;

	protobuf_text(&perfetto->inner, ANNOTATION_NAME, name);
	protobuf_number(&perfetto->inner, ANNOTATION_NUMBER, number);
	protobuf_message(&perfetto->event, EVENT_ANNOTATION, &perfetto->inner);
}

static void annotate(struct output *out, const char *name, const char *text)
{
	struct perfetto *perfetto = out->data;

	protobuf_text(&perfetto->inner, ANNOTATION_NAME, name);
	protobuf_text(&perfetto->inner, ANNOTATION_TEXT, text);
	protobuf_message(&perfetto->event, EVENT_ANNOTATION, &perfetto->inner);
}

/* ---- what ---- */

/* Where it was called from. */
static void put_source(struct output *out, const struct call *call)
{
	const struct place *caller = names_caller(out->names, call->caller_va);
	struct perfetto *perfetto = out->data;

	if (!caller->function)
		return;
	if (caller->file)
		protobuf_text(&perfetto->inner, SOURCE_FILE, caller->file->text);
	protobuf_text(&perfetto->inner, SOURCE_FUNCTION, caller->function->text);
	if (caller->line)
		protobuf_number(&perfetto->inner, SOURCE_LINE, caller->line);
	protobuf_message(&perfetto->event, EVENT_SOURCE, &perfetto->inner);
}

/* The arrow's begin, at an instant inside the call that has the `go` statement. */
static void write_start(struct output *out, const struct tree *tree, const struct call *call)
{
	const struct tree parent = {.pid = tree->pid, .goid = tree->parent_goid};
	struct perfetto *perfetto = out->data;

	begin_event(out, TYPE_INSTANT, track_of(out, &parent, call->tid));
	protobuf_text(&perfetto->event, EVENT_NAME, "go");
	protobuf_fixed64(&perfetto->event, EVENT_FLOW, tree->number);
	write_event(out, call->start_ns);
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	bool is_started = output_is_start(tree, call) && tree->parent_goid;
	uint64_t track = track_of(out, tree, call->tid);
	struct perfetto *perfetto = out->data;

	if (is_started)
		write_start(out, tree, call);
	begin_event(out, TYPE_BEGIN, track);
	put_name(out, output_entry(out, call)->function);
	protobuf_text(&perfetto->event, EVENT_CATEGORY, "call");
	put_source(out, call);
	annotate_number(out, "tree", tree->number);
	if (is_started)
		protobuf_fixed64(&perfetto->event, EVENT_LAST_FLOW, tree->number);
	write_event(out, call->start_ns);
}

static bool open_values(struct perfetto *perfetto)
{
	if (!perfetto->values)
		perfetto->values = calloc(1, sizeof(*perfetto->values));
	if (perfetto->values && !perfetto->values->file)
		perfetto->values->file = open_memstream(&perfetto->json, &perfetto->json_size);
	return perfetto->values && perfetto->values->file;
}

static void annotate_values(struct output *out, const struct call *call)
{
	struct perfetto *perfetto = out->data;
	struct json_writer json;

	if (!open_values(perfetto)) {
		out->writer.errnum = ENOMEM;
		return;
	}
	rewind(perfetto->values->file);
	json = json_begin(perfetto->values);
	json_named_values(out, &json, call);
	json_end(&json);
	writer_flush(perfetto->values);
	if (perfetto->values->errnum)
		out->writer.errnum = perfetto->values->errnum;
	else
		perfetto_put_json(&perfetto->event, EVENT_ANNOTATION, perfetto->json,
				  perfetto->json_size);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	begin_event(out, TYPE_END, track_of(out, tree, call->tid));
	if (call->end != CALL_RETURN)
		annotate(out, "end", json_end_name(call->end));
	if (json_has_values(call))
		annotate_values(out, call);
	write_event(out, call->end_ns);
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	uint64_t track = track_of_waits(out, tree, call->tid);
	struct perfetto *perfetto = out->data;

	begin_event(out, TYPE_BEGIN, track);
	protobuf_text(&perfetto->event, EVENT_NAME,
		      amount_name(out->names, wait->state, wait->reason, "unknown"));
	protobuf_text(&perfetto->event, EVENT_CATEGORY, "wait");
	if (wait->by_goid)
		annotate_number(out, "woken_by", wait->by_goid);
	write_event(out, wait->start_ns);
	begin_event(out, TYPE_END, track);
	write_event(out, wait->end_ns);
}

const struct format format_perfetto = {
	.prints = "the calls",
	.target = FORMAT_TO_FILE,
	.begin = begin,
	.entry = entry,
	.call = call,
	.wait = wait,
	.free = free_data,
};
