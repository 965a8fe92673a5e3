/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * label_choice.h - calls of goroutines that have not the labels that are asked for (--label KEY=VALUE), which begin no
 * trees.
 *
 * That is decided in a program of its own, which goes before the one that begins the tree: to both in one, there is
 * more than Linux 5.10's verifier looks at. What it cannot decide goes on: user space decides finally.
 */
#ifndef BPF_LABEL_CHOICE_H
#define BPF_LABEL_CHOICE_H

#include "labels.h"

/* A label's key or value; `words` are its first bytes, with zeros behind them. */
struct read_text {
	__u64 words[CONDITION_TEXT_SIZE / 8];
	struct label_text at;
};

/* Of the string at `at`. False: it cannot be read. */
static __always_inline bool read_label_text(struct read_text *text, __u64 at)
{
	__u64 size;

	__builtin_memset(text->words, 0, sizeof(text->words));
	if (!read_user(&text->at, sizeof(text->at), at))
		return false;
	size = text->at.length < CONDITION_TEXT_SIZE ? text->at.length : CONDITION_TEXT_SIZE;
	return !size || read_at_most(text->words, size, sizeof(text->words), text->at.address);
}

/* Which of these it is not, a bit each. Of longer ones than are read that is not known. */
static __always_inline __u64 others_than(const struct read_text *text,
					 const volatile struct condition_text *wanted)
{
	__u64 others = 0;

#pragma unroll
	for (__u32 i = 0; i < MAX_TOLD_LABELS; i++) {
		__u64 bits = text->at.length ^ wanted[i].length;

		if (i >= num_labels)
			break;
#pragma unroll
		for (int word = 0; word < CONDITION_TEXT_SIZE / 8; word++)
			bits |= text->words[word] ^ wanted[i].words[word];
		others |= has_any(bits) << i;
	}
	return others;
}

/* Whether one of those that are asked for is not there, or is another one, for sure. */
static __always_inline bool has_other_labels(const struct who *who)
{
	__u32 value_behind = labels_are_maps ? BUCKET_SLOTS * sizeof(struct label_text)
					     : sizeof(struct label_text);
	__u64 missing = chosen_labels, found;
	struct label_slots slots;
	struct read_text text;

	if (!find_label_slots(who, &slots))
		return false;
	slots.first ^= nothing; /* any numbers to the verifier */
	slots.count ^= nothing;
	slots.overflow ^= nothing;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < LABEL_SLOTS; i++) {
		__u64 at = key_of_slot(&slots, i);

		if (i >= slots.count)
			break;
		if (!read_label_text(&text, at))
			return false;
		found = ~others_than(&text, label_keys) & chosen_labels;
		missing = (missing & ~found) ^ nothing;
		if (found && read_label_text(&text, at + value_behind) &&
		    found & others_than(&text, label_values))
			return true;
	}
	return missing && slots.count <= LABEL_SLOTS && !slots.overflow;
}

#endif
