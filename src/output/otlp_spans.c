/* SPDX-License-Identifier: MIT */
#include "output/otlp_spans.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/protobuf.h"
#include "calltree/waits.h"
#include "otlp/attribute.h"
#include "output/otlp_attributes.h"
#include "output/values_text.h"
#include "values/trace_ids.h"

/* trace.proto */
enum { SCOPE_SPANS_SPAN = 2 };
enum {
	SPAN_TRACE = 1,
	SPAN_ID = 2,
	SPAN_PARENT = 4,
	SPAN_NAME = 5,
	SPAN_KIND = 6,
	SPAN_START = 7,
	SPAN_END = 8,
	SPAN_EVENT = 11,
	SPAN_DROPPED_EVENTS = 12,
	SPAN_LINK = 13,
	SPAN_STATUS = 15,
};
enum { KIND_INTERNAL = 1 };
enum { EVENT_TIME = 1, EVENT_NAME = 2 };
enum { LINK_TRACE = 1, LINK_SPAN = 2, LINK_ATTRIBUTE = 4 };
enum { STATUS_MESSAGE = 2, STATUS_CODE = 3 };
enum { CODE_ERROR = 2 };

/* Of one span; what it has more of is counted. */
#define MAX_EVENTS 1024

/* ---- ids ---- */

static uint64_t span_of(const struct otlp_spans *spans, uint64_t tree, uint64_t call)
{
	/* All bits of 0 would be none; so in traces. */
	return hash_mix(hash_mix(spans->seeds[2] + tree) + call) ?: 1;
}

/* The trace, and the span in it, that its first call carries. False: no span. */
static bool read_own(const struct output *out, const struct call *first, struct otlp_id *own)
{
	struct trace_told told;

	trace_read(output_values(out, first->captured), first->captured, &told);
	if (told.has_trace)
		memcpy(own->trace, told.ids.trace_id, sizeof(own->trace));
	if (told.has_span)
		memcpy(&own->span, told.ids.span_id, sizeof(own->span));
	return told.has_span;
}

static void put_trace(struct bytes *message, unsigned member, const struct otlp_id *id)
{
	bytes_put_number(message, member << 3 | PROTOBUF_SIZED);
	bytes_put_sized(message, id->trace, sizeof(id->trace));
}

static void put_span(struct bytes *message, unsigned member, const struct otlp_id *id)
{
	bytes_put_number(message, member << 3 | PROTOBUF_SIZED);
	bytes_put_sized(message, &id->span, sizeof(id->span));
}

/* ---- who was where ---- */

static struct otlp_waker *waker_at(const struct otlp_spans *spans, uint32_t pid, uint64_t goid)
{
	return &spans->wakers[hash_mix(goid * 0x9e3779b97f4a7c15ull + pid) % OTLP_WAKERS];
}

/* NULL: it was in none that is known. */
static const struct otlp_waker *find_waker(const struct otlp_spans *spans, uint32_t pid,
					   uint64_t goid, uint64_t time_ns)
{
	const struct otlp_waker *waker = waker_at(spans, pid, goid);
	bool is_it = waker->pid == pid && waker->goid == goid && waker->start_ns <= time_ns &&
		     (!waker->end_ns || waker->end_ns >= time_ns);

	return is_it ? waker : NULL;
}

/* The trace that a tree belongs to, and what its first call is inside of; false: it is a root. */
static bool origin_of(const struct otlp_spans *spans, const struct output *out,
		      const struct tree *tree, const struct call *first, struct otlp_id *origin)
{
	/* Nobody knows the root of some trees: each is a trace of its own then. */
	uint64_t trace = hash_mix(tree->root ? tree->root * 2 : tree->number * 2 + 1);
	const struct otlp_waker *starter = waker_at(spans, tree->pid, tree->parent_goid);

	*origin = (struct otlp_id){.trace = {hash_mix(spans->seeds[0] + trace) ?: 1,
					     hash_mix(spans->seeds[1] ^ trace)}};
	if (!tree->parent_tree)
		return first && read_own(out, first, origin);
	if (starter->tree == tree->parent_tree)
		memcpy(origin->trace, starter->id.trace, sizeof(origin->trace));
	origin->span = span_of(spans, tree->parent_tree, 1);
	return true;
}

void otlp_spans_note_begin(struct otlp_spans *spans, const struct output *out,
			   const struct tree *tree, const struct call *call)
{
	struct otlp_waker waker = {.goid = tree->goid,
				   .tree = tree->number,
				   .start_ns = call->start_ns,
				   .pid = tree->pid};

	origin_of(spans, out, tree, call, &waker.id);
	waker.id.span = span_of(spans, tree->number, call->number);
	*waker_at(spans, tree->pid, tree->goid) = waker;
}

static void note_end(struct otlp_spans *spans, const struct tree *tree, const struct call *call)
{
	struct otlp_waker *waker = waker_at(spans, tree->pid, tree->goid);

	if (waker->tree == tree->number)
		waker->end_ns = call->end_ns;
}

/* ---- events and links ---- */

static bool is_same_trace(const struct otlp_id *a, const struct otlp_id *b)
{
	return !memcmp(a->trace, b->trace, sizeof(a->trace));
}

static void put_link(struct otlp_spans *spans, const struct otlp_id *id, const char *why)
{
	put_trace(&spans->inner, LINK_TRACE, id);
	put_span(&spans->inner, LINK_SPAN, id);
	attribute_string(&spans->inner, LINK_ATTRIBUTE, "gofuncgraph.link", why);
	protobuf_message(&spans->span, SPAN_LINK, &spans->inner);
}

/*
 * `id`: the call's. `has_parent`: its span has one; a root that has links into its own trace instead, to a goroutine
 * that it started itself, say, becomes a child of these where Jaeger keeps traces (ParentSpanID() in model/v1/span.go of
 * github.com/jaegertracing/jaeger-idl).
 */
static void put_waits(struct otlp_spans *spans, struct output *out, const struct tree *tree,
		      const struct call *call, const struct otlp_id *id, bool has_parent)
{
	uint32_t count = call->num_waits < MAX_EVENTS ? call->num_waits : MAX_EVENTS;
	uint64_t dropped = (uint64_t)call->waits_left_out + call->num_waits - count;
	uint64_t linked = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct wait *wait = &call->waits[i];
		const struct otlp_waker *waker =
			wait->by_goid ? find_waker(spans, tree->pid, wait->by_goid, wait->end_ns)
				      : NULL;

		protobuf_fixed64(&spans->inner, EVENT_TIME,
				 event_clock_realtime_ns(out->options.clock, wait->start_ns));
		protobuf_text(&spans->inner, EVENT_NAME, otlp_wait_name(out, wait));
		otlp_put_wait(out, &spans->inner, wait);
		protobuf_message(&spans->span, SPAN_EVENT, &spans->inner);
		if (waker && waker->tree != linked && waker->tree != tree->number &&
		    (has_parent || !is_same_trace(&waker->id, id))) {
			put_link(spans, &waker->id, "woken_by");
			linked = waker->tree;
		}
	}
	if (dropped)
		protobuf_number(&spans->span, SPAN_DROPPED_EVENTS, dropped);
}

/* ---- spans ---- */

/* The last load gets its spans, in as much memory as they take. */
static void close_load(struct otlp_spans *spans)
{
	struct bytes *load = &spans->load;

	if (!spans->last)
		return;
	spans->last->spans = (struct bytes){.data = malloc(load->size), .size = load->size};
	spans->last->spans.capacity = load->size;
	if (!spans->last->spans.data || load->failed || spans->span.failed || spans->inner.failed)
		spans->failed = true;
	else
		memcpy(spans->last->spans.data, load->data, load->size);
	bytes_clear(load);
}

/* What the next span is counted in. NULL: out of memory. */
static struct otlp_load *load_of(struct otlp_spans *spans)
{
	struct otlp_load *load;

	if (spans->last && spans->last->num_spans < OTLP_BATCH_SPANS)
		return spans->last;
	close_load(spans);
	load = calloc(1, sizeof(*load));
	if (!load) {
		spans->failed = true;
		return NULL;
	}
	load->resource = otlp_resource_share(spans->resource);
	if (spans->last)
		spans->last->next = load;
	else
		spans->first = load;
	spans->last = load;
	return load;
}

/* `origin`: of its tree; is_root: nothing comes before that. */
static void write_call(struct otlp_spans *spans, struct output *out, const struct tree *tree,
		       const struct call *call, const struct otlp_id *origin, bool is_root,
		       struct otlp_count *behind)
{
	const struct place *entry = output_entry(out, call);
	struct otlp_id id = *origin, parent = *origin;
	struct otlp_load *load = load_of(spans);
	struct bytes *span = &spans->span;
	uint64_t start_ns = event_clock_realtime_ns(out->options.clock, call->start_ns);
	bool has_parent = call->parent || !is_root;

	if (!load)
		return;
	id.span = span_of(spans, tree->number, call->number);
	if (call->parent)
		parent.span = span_of(spans, tree->number, call->parent);
	put_trace(span, SPAN_TRACE, &id);
	put_span(span, SPAN_ID, &id);
	if (has_parent)
		put_span(span, SPAN_PARENT, &parent);
	protobuf_text(span, SPAN_NAME, entry->function ? entry->function->text : "?");
	protobuf_number(span, SPAN_KIND, KIND_INTERNAL);
	protobuf_fixed64(span, SPAN_START, start_ns);
	protobuf_fixed64(span, SPAN_END, start_ns + (call->end_ns - call->start_ns));
	otlp_put_call(out, &spans->places, span, tree, call);
	if (!call->parent && behind) {
		otlp_put_behind(span, behind);
		*behind = (struct otlp_count){};
	}
	put_waits(spans, out, tree, call, &id, has_parent);
	if (!call->parent && output_is_followed(tree) && !is_root)
		put_link(spans, &parent, "go");
	if (call->end == CALL_PANIC) {
		protobuf_text(&spans->inner, STATUS_MESSAGE, "panic");
		protobuf_number(&spans->inner, STATUS_CODE, CODE_ERROR);
		protobuf_message(span, SPAN_STATUS, &spans->inner);
	}
	protobuf_message(&spans->load, SCOPE_SPANS_SPAN, span);
	load->num_spans++;
	load->num_trees += !call->parent && !output_is_followed(tree);
}

/* ---- trees ---- */

uint64_t otlp_spans_count(const struct tree *tree)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];

		count += step->type == STEP_EXIT;
		if (step->type == STEP_START && tree->starts[step->index].tree)
			count += otlp_spans_count(tree->starts[step->index].tree);
	}
	return count;
}

/* Recursive: the calltree bounds how deep trees nest. `starter`: the call that started its goroutine; NULL: unknown,
 * or none. */
static void write_tree(struct otlp_spans *spans, struct output *out, const struct tree *tree,
		       const struct otlp_id *starter, struct otlp_count *behind)
{
	const struct call *first = tree->num_calls ? tree->calls : NULL;
	_cleanup_free_ struct wait *waits = NULL;
	uint64_t innermost = 1; /* number of the call that is open; 0: none is */
	struct otlp_id origin;
	bool is_root = !origin_of(spans, out, tree, first, &origin) && !starter;

	if (starter)
		origin = *starter;
	waits_give(tree, &waits);
	waits_hand_down(tree);
	for (uint32_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		const struct call *call = &tree->calls[step->index];

		if (step->type == STEP_ENTRY || step->type == STEP_AGAIN) {
			innermost = call->number;
		} else if (step->type == STEP_EXIT) {
			write_call(spans, out, tree, call, &origin, is_root, behind);
			if (!call->parent)
				note_end(spans, tree, call);
			innermost = call->parent;
		} else if (step->type == STEP_START && tree->starts[step->index].tree) {
			struct otlp_id id = origin;

			id.span = span_of(spans, tree->number, innermost ?: 1);
			write_tree(spans, out, tree->starts[step->index].tree, &id, NULL);
		}
	}
	waits_take_back(tree);
}

bool otlp_spans_of(struct otlp_spans *spans, struct output *out, const struct tree *tree,
		   struct otlp_resource *resource, struct otlp_count *behind,
		   struct otlp_load **loads)
{
	spans->first = spans->last = NULL;
	spans->resource = resource;
	write_tree(spans, out, tree, NULL, behind);
	close_load(spans);
	if (spans->failed)
		otlp_loads_free(take_pointer(spans->first));
	*loads = spans->first;
	return !spans->failed;
}

struct error *otlp_spans_begin(struct otlp_spans *spans)
{
	if (getrandom(spans->seeds, sizeof(spans->seeds), 0) != sizeof(spans->seeds))
		return error_new("cannot send traces: the kernel has no random numbers for ids");
	spans->wakers = calloc(OTLP_WAKERS, sizeof(*spans->wakers));
	return spans->wakers ? NULL : error_out_of_memory();
}

void otlp_spans_destroy(struct otlp_spans *spans)
{
	hash_free_items(&spans->places);
	bytes_destroy(&spans->span);
	bytes_destroy(&spans->inner);
	bytes_destroy(&spans->load);
	free(spans->wakers);
}
