/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* fetched.h - a word or a text on the way, as operations on values have it; see gofuncgraph/values.h. */
#ifndef BPF_FETCHED_H
#define BPF_FETCHED_H

#include "gate.h"

/* What operations are about. */
struct fetched {
	volatile __u64 word, length;
	volatile __u64 state; /* enum value_state, of the value that goes on */
	__u64 words[2];
};

/* It is never more than `max`, a constant, which the verifier does not know. False: it cannot be read. */
static __always_inline bool read_at_most(void *to, __u64 size, __u64 max, __u64 from)
{
	/* The register that is compared is the one that is used. */
	asm volatile("" : "+r"(size));
	return size <= max && read_user(to, size, from);
}

/*
 * 1, or 0 if no bit is set. Without a branch, of which the verifier would look through both: clang makes some of what it
 * sees through, and a newer verifier (maybe_fork_scalars()) looks through both cases of a mask of 0 or all bits.
 */
static __always_inline __u64 has_any(__u64 bits)
{
	__u64 negative = -bits, has;

	asm volatile("" : "+r"(negative));
	has = (bits | negative) >> 63;
	asm volatile("" : "+r"(has));
	return has;
}

/* From memory of the process; what cannot be read decides the value's state. */
static __always_inline void fetch_memory(struct fetched *fetched, void *to, __u32 size, __u32 max,
					 __u64 offset)
{
	if (!fetched->word)
		fetched->state = VALUE_NIL;
	else if (!read_at_most(to, size, max, fetched->word + offset))
		fetched->state = VALUE_UNREADABLE;
}

/* Whether the text of `length` bytes at word is this one, or begins with it. */
static __always_inline bool is_text(struct fetched *fetched,
				    const volatile struct condition_text *text)
{
	__u64 have[CONDITION_TEXT_SIZE / 8] = {}, others = 0;

	if (text->is_exact ? fetched->length != text->length : fetched->length < text->length)
		return false;
	if (text->size)
		fetch_memory(fetched, have, text->size, sizeof(have), 0);
#pragma unroll
	for (int i = 0; i < CONDITION_TEXT_SIZE / 8; i++)
		others |= (have[i] ^ text->words[i]) & text->masks[i];
	return !others;
}

#endif
