/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* values.h - values of a call, fetched as a site's list says; see gofuncgraph/values.h. */
#ifndef BPF_VALUES_H
#define BPF_VALUES_H

#include "labels.h"
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

#endif
