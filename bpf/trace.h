/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * trace.h - which trace and span a call is part of: the span that its context.Context carries, or one of
 * those that this one was made from (src/context/context.go). None of them is changed once it is made.
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

/* Where a value of this type has its ids; ~0: it is no span. */
static __always_inline __u64 find_ids(__u64 type)
{
	__u64 at = ~0ull;

#pragma unroll
	for (__u32 i = 0; i < TRACE_SPANS; i++)
		if (type == trace_types.spans[i].type)
			at = trace_types.spans[i].ids_at;
	return at;
}

/* The span that a context has as its value. True: it has one; `*state` says whether its ids are there. */
static __always_inline bool take_span(struct fetched *fetched, struct captured_trace *trace,
				      __u64 bias, __u64 *state)
{
	__u64 at;

	if (!read_user(fetched->words, sizeof(fetched->words),
		       trace->data + trace_types.value_at) ||
	    !fetched->words[0])
		return false;
	at = find_ids(fetched->words[0] - bias);
	if (at == ~0ull)
		return false;
	*state = read_user(&trace->ids, sizeof(trace->ids), fetched->words[1] + at)
			 ? VALUE_WHOLE
			 : VALUE_UNREADABLE;
	return true;
}

/* From the context in the slot on. Returns enum value_state. `fetched` is for use in here. */
static __always_inline __u64 find_trace(struct fetched *fetched, struct captured_trace *trace,
					__u64 bias)
{
	__u64 state = VALUE_UNKNOWN;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < TRACE_MAX_CONTEXTS; i++) {
		if (!read_user(fetched->words, sizeof(__u64), trace->itab + ITAB_TYPE))
			break;
		fetched->words[0] -= bias;
		if (!leads_on(fetched->words[0]))
			break;
		if (fetched->words[0] == trace_types.value_context &&
		    take_span(fetched, trace, bias, &state))
			break;
		if (!read_user(&trace->itab, 2 * sizeof(__u64), trace->data))
			break;
	}
	return state;
}

#endif
