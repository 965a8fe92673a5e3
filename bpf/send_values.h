/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* send_values.h - records of calls with their values, and with what trace they are part of; and with their results. */
#ifndef BPF_SEND_VALUES_H
#define BPF_SEND_VALUES_H

#include "id_labels.h"
#include "trace.h"
#include "values.h"

/* The call whose values are fetched. */
struct entered {
	const struct pt_regs *ctx;
	struct gate *gate;
	const struct who *who;
	__u64 position, caller_va, stack;
	__u32 site;
	__u8 flags; /* of the record */
	bool has_trace; /* of a tree's first call: what it is part of is looked for */
};

static __always_inline void prepare_unknown(const struct entered *entered, const struct site *site,
					    struct fetch *fetch)
{
	fetch->unknown = site->unknown_values;
	if (site->lost_values &&
	    has_grown(entered->ctx, site, entered->who->g_used, &fetch->fetched.word))
		fetch->unknown |= site->lost_values;
}

/* Labels are those of trees: other calls are not asked for any. */
static __always_inline void prepare_labels(const struct entered *entered, struct fetch *fetch)
{
	if (entered->flags & RECORD_OPENS_TREE) {
		find_labels(entered->who, &fetch->fetched, &fetch->labels);
	} else {
		fetch->labels.found = 0;
		fetch->labels.state = VALUE_UNKNOWN;
	}
}

/*
 * Once the values are there: a span in the context is the program's own, one in the request's header that of who sent
 * it. Of calls that are not a tree's first one nothing is known.
 */
static __always_inline void capture_trace(const struct entered *entered,
					  const struct fetch_list *list, struct captured *to,
					  struct fetch *fetch, __u32 max_at)
{
	__u64 mask = max_at == VALUES_SMALL_MAX_AT ? VALUES_SMALL_MASK : VALUES_LARGE_MASK;
	__u32 value = list->trace_value & (VALUES_MAX - 1);
	__u32 header_value = list->header_value & (VALUES_MAX - 1);
	bool has_context = to->states[value] == VALUE_WHOLE;
	struct captured_trace *trace;
	__u64 header = 0;

	if (!list->has_trace)
		return;
	to->states[value] = VALUE_UNKNOWN;
	if (!entered->has_trace)
		return;
	trace = slot_of(to, list->trace_at, mask);
	if (header_value && to->states[header_value] == VALUE_WHOLE)
		header = trace->header;
	header ^= nothing; /* any number to the verifier */
	if (has_context)
		to->states[value] = find_trace(&fetch->fetched, trace, to->bias);
	if (to->states[value] != VALUE_WHOLE &&
	    find_traceparent(&fetch->header, header, &trace->ids)) {
		trace->itab = 0;
		to->states[value] = VALUE_WHOLE;
	}
}

/* The same of labels that may hold ids, which another program has found. */
static __always_inline void capture_id_labels(const struct entered *entered,
					      const struct fetch_list *list, struct captured *to,
					      __u32 max_at)
{
	__u64 mask = max_at == VALUES_SMALL_MAX_AT ? VALUES_SMALL_MASK : VALUES_LARGE_MASK;

	if (!list->has_id_labels || !entered->has_trace)
		return;
	if (get_id_labels(slot_of(to, list->id_labels_at, mask)))
		to->states[list->id_labels_value & (VALUES_MAX - 1)] = VALUE_WHOLE;
}

/* The same as send_entry() and send_first_entry(), with values: a record of `bytes` for them. */
static __always_inline bool send_shape(const struct entered *entered, const struct fetch_list *list,
				       const struct site *site, __u16 bytes, __u32 max_at)
{
	__u16 room = sizeof(struct record_entry_values) + bytes + sizeof(struct fetch);
	struct fetch *fetch;
	struct record_entry_values *record =
		emit(entered->who, RECORD_ENTRY, entered->flags | stack_flags(entered->position),
		     entered->gate->lost, room);

	if (!record)
		return false;
	record->entry.entry.at.site = entered->site;
	record->entry.entry.at.frame = (__u32)entered->position;
	record->entry.entry.caller_va = entered->caller_va;
	record->entry.stack = entered->stack;
	record->entry.entry.at.header.size = sizeof(*record) + list->size;
	entered->gate->lost = 0;
	fetch = (struct fetch *)(record->values.bytes + bytes);
	prepare_unknown(entered, site, fetch);
	if (num_labels)
		prepare_labels(entered, fetch);
	capture(entered->ctx, list, site, &record->values, bytes, max_at);
	if (tells_traces)
		capture_trace(entered, list, &record->values, fetch, max_at);
	if (tells_id_labels)
		capture_id_labels(entered, list, &record->values, max_at);
	submit(record, room);
	return true;
}

/* NULL: the site has none. */
static __always_inline const struct fetch_list *list_of(const struct site *site)
{
	__u32 number = site ? site->values : 0;

	return site ? bpf_map_lookup_elem(&fetch_lists, &number) : NULL;
}

static __always_inline const struct fetch_list *list_at(__u32 index)
{
	return list_of(site_of(index));
}

/* Of all lists. */
#define ANY_SHAPE 0xff

/* `shape`: a constant, where only lists of one come to. False: it is lost, which the next record tells. */
static __always_inline bool send_values(const struct entered *entered, __u8 shape)
{
	const struct site *site = site_of(entered->site);
	const struct fetch_list *list = list_of(site);

	if (!list || list->size > VALUES_LARGE_BYTES ||
	    (shape != ANY_SHAPE && list->shape != shape))
		return false;
	if ((shape == ANY_SHAPE ? list->shape : shape) == VALUES_SMALL)
		return send_shape(entered, list, site, VALUES_SMALL_BYTES, VALUES_SMALL_MAX_AT);
	return send_shape(entered, list, site, VALUES_LARGE_BYTES, VALUES_LARGE_MAX_AT);
}

/* The call whose results are fetched. */
struct returning {
	const struct pt_regs *ctx;
	struct gate *gate;
	const struct who *who;
	__u64 position;
	__u32 site;
	__u8 flags; /* of the record */
};

static __always_inline bool send_results_shape(const struct returning *returning,
					       const struct fetch_list *list,
					       const struct site *site, __u16 bytes, __u32 max_at)
{
	__u16 room = sizeof(struct record_frame_values) + bytes + sizeof(struct fetch);
	struct record_frame_values *record = emit(
		returning->who, RECORD_RETURN, returning->flags | stack_flags(returning->position),
		returning->gate->lost, room);

	if (!record)
		return false;
	record->at.site = returning->site;
	record->at.frame = (__u32)returning->position;
	record->at.header.size = sizeof(*record) + list->size;
	((struct fetch *)(record->values.bytes + bytes))->unknown = 0;
	capture(returning->ctx, list, site, &record->values, bytes, max_at);
	submit(record, room);
	return true;
}

/* The same as send() of a RECORD_RETURN, with results. False: it is lost. */
static __always_inline bool send_results(const struct returning *returning)
{
	const struct site *site = site_of(returning->site);
	const struct fetch_list *list = list_of(site);

	if (!list || list->size > VALUES_LARGE_BYTES)
		return false;
	if (list->shape == VALUES_SMALL)
		return send_results_shape(returning, list, site, VALUES_SMALL_BYTES,
					  VALUES_SMALL_MAX_AT);
	return send_results_shape(returning, list, site, VALUES_LARGE_BYTES, VALUES_LARGE_MAX_AT);
}

#endif
