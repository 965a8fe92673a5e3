/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * trace.h - which trace and span a call is part of: the span that its context.Context carries, as a value or
 * itself, or one of those that this one was made from (src/context/context.go). None of them is changed once
 * it is made.
 */
#ifndef BPF_TRACE_H
#define BPF_TRACE_H

#include "fetched.h"

/* Of more contexts those behind are not looked at. */
#define TRACE_MAX_CONTEXTS 32

/* The second word of an itab: src/internal/abi/iface.go, ITab. */
#define ITAB_TYPE 8

static __always_inline bool leads_on(__u64 type)
{
	bool leads = false;

#pragma unroll
	for (__u32 i = 0; i < TRACE_CONTEXTS; i++)
		leads |= type == trace_types.contexts[i];
	return leads;
}

/* Which of the types of spans this one is; TRACE_SPANS: none of them. */
static __always_inline __u64 find_span(__u64 type)
{
	__u64 span = TRACE_SPANS;

#pragma unroll
	for (__u32 i = 0; i < TRACE_SPANS; i++)
		if (type && type == trace_types.spans[i].type)
			span = i;
	return span;
}

/* Of the span at `at`, of that type. Returns enum value_state. */
static __always_inline __u64 take_ids(struct trace_ids *ids, __u64 type, __u64 at)
{
	const volatile struct trace_span *span;

	/* Any number to the verifier, so that it looks at this once. */
	type ^= nothing;
	if (type >= TRACE_SPANS)
		return VALUE_UNKNOWN;
	span = &trace_types.spans[type];
	at += span->at;
	if (span->is_pointer && !read_user(&at, sizeof(at), at))
		return VALUE_UNREADABLE;
	if (!read_user(ids->trace_id, sizeof(ids->trace_id), at + span->trace_id_at) ||
	    !read_user(ids->span_id, sizeof(ids->span_id), at + span->span_id_at))
		return VALUE_UNREADABLE;
	if (span->is_number)
		ids->span_number = __builtin_bswap64(ids->span_number);
	return VALUE_WHOLE;
}

/* From the context in the slot on. Returns enum value_state. `fetched` is for use in here. */
static __always_inline __u64 find_trace(struct fetched *fetched, struct captured_trace *trace,
					__u64 bias)
{
	__u64 span;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < TRACE_MAX_CONTEXTS; i++) {
		if (!read_user(fetched->words, sizeof(__u64), trace->itab + ITAB_TYPE))
			break;
		fetched->words[0] -= bias;
		if (!leads_on(fetched->words[0]))
			break;
		fetched->words[1] = trace->data;
		if (fetched->words[0] == trace_types.value_context) {
			if (!read_user(fetched->words, sizeof(fetched->words),
				       trace->data + trace_types.value_at))
				break;
			if (fetched->words[0])
				fetched->words[0] -= bias;
		}
		span = find_span(fetched->words[0]);
		if (span < TRACE_SPANS)
			return take_ids(&trace->ids, span, fetched->words[1]);
		if (!read_user(&trace->itab, 2 * sizeof(__u64), trace->data))
			break;
	}
	return VALUE_UNKNOWN;
}

#endif
