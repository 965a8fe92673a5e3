/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* values.h - values of a call, fetched as a site's list says; see gofuncgraph/values.h. */
#ifndef BPF_VALUES_H
#define BPF_VALUES_H

#include "id_labels.h"
#include "trace.h"
#include "traceparent.h"

/* Memory that can be read is whole pages of at least that. */
#define SMALLEST_PAGE 4096

/* A power of two, more than there are. */
#define FETCH_REGISTERS 32

/*
 * It lies behind the slots in the record, and is read and written there each time: what is read from there
 * is any number to the verifier, so that it need not look at each operation anew for all that came before.
 */
struct fetch {
	struct fetched fetched;
	volatile __u64 unknown; /* values that cannot be known, a bit each */
	struct labels labels;
	union {
		__u64 registers[FETCH_REGISTERS];
		struct header_room header; /* once all values are there */
	};
	__u16 got[VALUES_MAX]; /* bytes of each value that were saved */
};

/* What may be added to where slots begin, with room for two words behind it. */
#define VALUES_SMALL_MASK 127
#define VALUES_LARGE_MASK 4095

/* Lengths beyond that are no program's. */
#define MAX_SCALED (1ull << 40)

/* As many of the text's bytes as there are, and can be read: up to the end of a page if the next one is
 * not there. `max`: a constant. */
static __always_inline void fetch_text(struct fetched *fetched, struct captured_text *to,
				       const struct fetch_op *op, __u32 max)
{
	__u64 length = fetched->length, at = fetched->word + op->number;
	__u64 got = length < op->size ? length : op->size;
	__u64 in_page = SMALLEST_PAGE - (at & (SMALLEST_PAGE - 1));

	to->length = length;
	to->got = 0;
	to->key = 0;
	if (!length)
		return;
	if (!fetched->word) {
		fetched->state = VALUE_NIL;
		return;
	}
	if (!read_at_most(to->bytes, got, max, at)) {
		got = in_page < got ? in_page : 0;
		if (!got || !read_at_most(to->bytes, got, max, at)) {
			fetched->state = VALUE_UNREADABLE;
			return;
		}
	}
	to->got = got;
	if (got < length)
		fetched->state = VALUE_TRUNCATED;
}

/* An operation on the word; from_register: what the operation's register holds. */
static __always_inline void fetch_word(const struct pt_regs *ctx, struct fetched *fetched,
				       const struct fetch_op *op, __u64 from_register,
				       const struct site *site)
{
	switch (op->code) {
	case FETCH_REGISTER:
		fetched->word = from_register;
		break;
	case FETCH_STACK_POINTER:
		fetched->word = ARCH_SP(ctx) + site->sp_delta;
		break;
	case FETCH_CONSTANT:
		fetched->word = op->number;
		break;
	case FETCH_LENGTH:
		fetched->length = fetched->word;
		break;
	case FETCH_LOAD_LONG:
		if (!fetched->length)
			break;
		/* fall through */
	case FETCH_LOAD:
		/* Of one word, the length stays; in a condition it may be less than one. */
		fetched->words[0] = 0;
		fetched->words[1] = fetched->length;
		fetch_memory(fetched, fetched->words, op->size, sizeof(fetched->words), op->number);
		fetched->word = fetched->words[0];
		fetched->length = fetched->words[1];
		break;
	}
}

/* Into its slot at `to`, which has room for a struct captured_text with `max` bytes. */
static __always_inline void fetch_save(struct fetched *fetched, const struct fetch_op *op, void *to,
				       __u32 max, __u16 *got)
{
	switch (op->code) {
	case FETCH_SAVE_WORD:
		*(__u64 *)to = fetched->word;
		break;
	case FETCH_SAVE_CONTEXT:
		((struct captured_trace *)to)->itab = fetched->word;
		((struct captured_trace *)to)->data = fetched->length;
		break;
	case FETCH_SAVE_MEMORY:
		fetch_memory(fetched, to, op->size, max, op->number);
		*got = fetched->state == VALUE_WHOLE ? op->size : 0;
		break;
	case FETCH_SAVE_BYTES:
	case FETCH_SAVE_TEXT:
		if (op->code == FETCH_SAVE_BYTES)
			fetched->length = op->size;
		fetch_text(fetched, to, op, max);
		*got = ((struct captured_text *)to)->got;
		break;
	}
}

/* At no more than `mask`, a constant one less than a power of two: Linux 5.10 forgets what a number was compared
 * to as soon as it is on the stack. */
static __always_inline void *slot_of(const struct captured *captured, __u64 at, __u64 mask)
{
	const void *slot;

	asm volatile("" : "+r"(at));
	slot = captured->bytes + (at & mask);
	asm volatile("" : "+r"(slot));
	return (void *)slot;
}

/* What comes before the operation. */
static __always_inline void fetch_source(struct fetch *fetch, const struct fetch_op *op,
					 struct captured *from, __u64 mask)
{
	struct fetched *fetched = &fetch->fetched;
	const __u64 *saved;
	__u64 length;

	if (op->source == FETCH_FROM_REGISTER) {
		fetched->word = fetch->registers[op->reg & (FETCH_REGISTERS - 1)];
		return;
	}
	if (fetch->got[op->parent & (VALUES_MAX - 1)] < op->needs) {
		fetched->state = VALUE_UNKNOWN;
		return;
	}
	saved = slot_of(from, op->from, mask);
	fetched->word = saved[0];
	if (op->source == FETCH_FROM_SAVED)
		return;
	length = saved[1];
	if (op->scale)
		length = length < MAX_SCALED ? length * op->scale : ~0ull;
	fetched->length = length;
}

/* Whether the call, which is behind its stack check, has made its stack larger: morestack leaves in g.sched where
 * it was called. That may have been an earlier call of the same function; then less is told than is known, as where
 * that cannot be read. `pc` is for use in here.
 * No function of its own: in a program that has some, Linux 5.10 takes every number for one that matters, and looks
 * at more than twice as many ways (subprog_cnt in kernel/bpf/verifier.c, __mark_reg_unknown()). */
static __always_inline bool has_grown(const struct pt_regs *ctx, const struct site *site, __u64 g,
				      volatile __u64 *pc)
{
	return !read_user((void *)pc, sizeof(*pc), g + g_sched_sp + sizeof(*pc)) ||
	       *pc - ARCH_IP(ctx) < site->body_size;
}

/* `to` has room for `max_at` bytes, and behind them for a struct captured_text with `max` bytes: those are
 * constants, and so is max_ops. */
static __always_inline void fetch_values(const struct pt_regs *ctx, const struct fetch_list *list,
					 const struct site *site, struct fetch *fetch,
					 struct captured *to, __u32 max_at, __u32 max,
					 __u32 max_ops)
{
	__u64 mask = max_at == VALUES_SMALL_MAX_AT ? VALUES_SMALL_MASK : VALUES_LARGE_MASK;
	struct fetched *fetched = &fetch->fetched;

	fetched->state = VALUE_WHOLE;
#pragma unroll
	for (__u32 i = 0; i < ARCH_NUM_REGISTERS; i++)
		fetch->registers[i] = arch_register(ctx, i);
	__builtin_memset(to->states, VALUE_UNKNOWN, sizeof(to->states));
	__builtin_memset(fetch->got, 0, sizeof(fetch->got));
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < max_ops; i++) {
		const struct fetch_op *op = &list->ops[i];

		if (i >= list->num_ops)
			break;
		if (fetch->unknown >> (op->value & (VALUES_MAX - 1)) & 1)
			continue;
		if (op->source && fetched->state == VALUE_WHOLE)
			fetch_source(fetch, op, to, mask);
		if (op->code < FETCH_SAVE_WORD) {
			if (fetched->state != VALUE_WHOLE)
				continue;
			if (op->code == FETCH_LABEL)
				fetch_label(fetched, &fetch->labels, op);
			else
				fetch_word(ctx, fetched, op,
					   fetch->registers[op->reg & (FETCH_REGISTERS - 1)], site);
			continue;
		}
		if (fetched->state == VALUE_WHOLE)
			fetch_save(fetched, op, slot_of(to, op->at, mask), max,
				   &fetch->got[op->value & (VALUES_MAX - 1)]);
		to->states[op->value & (VALUES_MAX - 1)] = fetched->state;
		fetched->state = VALUE_WHOLE;
	}
}

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

/* Into the record, which has room for `bytes` of slots, and for a struct fetch behind those. */
static __always_inline void capture(const struct pt_regs *ctx, const struct fetch_list *list,
				    const struct site *site, struct captured *to, __u16 bytes,
				    __u32 max_at)
{
	to->list = site->values;
	to->size = list->size;
	to->unused = 0;
	to->bias = ARCH_IP(ctx) - site->va;
	fetch_values(ctx, list, site, (struct fetch *)(to->bytes + bytes), to, max_at,
		     bytes - max_at - sizeof(struct captured_text),
		     bytes == VALUES_SMALL_BYTES ? VALUES_SMALL_OPS : VALUES_MAX_OPS);
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

static __always_inline const struct fetch_list *list_at(__u32 index)
{
	const struct site *site = site_of(index);
	__u32 number = site ? site->values : 0;

	return site ? bpf_map_lookup_elem(&fetch_lists, &number) : NULL;
}

/* False: it is lost, which the next record tells. */
static __always_inline bool send_values(const struct entered *entered)
{
	const struct site *site = site_of(entered->site);
	__u32 number = site ? site->values : 0;
	const struct fetch_list *list = bpf_map_lookup_elem(&fetch_lists, &number);

	if (!site || !list || list->size > VALUES_LARGE_BYTES)
		return false;
	if (list->shape == VALUES_SMALL)
		return send_shape(entered, list, site, VALUES_SMALL_BYTES, VALUES_SMALL_MAX_AT);
	return send_shape(entered, list, site, VALUES_LARGE_BYTES, VALUES_LARGE_MAX_AT);
}

/* The same where only lists of one shape come to. */
static __always_inline bool send_values_of_shape(const struct entered *entered, __u8 shape)
{
	const struct site *site = site_of(entered->site);
	__u32 number = site ? site->values : 0;
	const struct fetch_list *list = bpf_map_lookup_elem(&fetch_lists, &number);

	if (!site || !list || list->size > VALUES_LARGE_BYTES || list->shape != shape)
		return false;
	if (shape == VALUES_SMALL)
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
	__u32 number = site ? site->values : 0;
	const struct fetch_list *list = bpf_map_lookup_elem(&fetch_lists, &number);

	if (!site || !list || list->size > VALUES_LARGE_BYTES)
		return false;
	if (list->shape == VALUES_SMALL)
		return send_results_shape(returning, list, site, VALUES_SMALL_BYTES,
					  VALUES_SMALL_MAX_AT);
	return send_results_shape(returning, list, site, VALUES_LARGE_BYTES, VALUES_LARGE_MAX_AT);
}

#endif
