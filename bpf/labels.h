/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * labels.h - what a program says of a goroutine: labels of runtime/pprof, by g.labels, which points to a
 * labelMap (src/runtime/pprof/label.go): a slice of keys and values, before Go 1.24 a map. Neither is
 * changed once a goroutine has it.
 */
#ifndef BPF_LABELS_H
#define BPF_LABELS_H

#include "fetched.h"

/* Of more labels those behind are not looked at. A power of two. */
#define LABEL_SLOTS 32

/* A string of Go's. */
struct label_text {
	__u64 address, length;
};

/* Those that are wanted, by their keys' numbers. */
struct labels {
	struct label_text values[MAX_TOLD_LABELS];
	volatile __u64 state; /* enum value_state, of those that were not found */
	volatile __u64 found; /* a bit each */
};

/* Where keys and values are. */
struct label_slots {
	__u64 first, count;
	__u64 overflow; /* not 0: there are others, which are not looked at */
};

/* src/runtime/map.go, hmap: the logarithm of the number of buckets, how many more they overflow into, and where
 * they are. */
#define MAP_B_SHIFT  8
#define MAP_OVERFLOW 0xffff0000
#define MAP_BUCKETS  2
#define BUCKET_SLOTS 8
/* A bucket: a byte of each slot's hash, keys, values, the next bucket. */
#define BUCKET_SIZE (BUCKET_SLOTS * (1 + 2 * sizeof(struct label_text)) + sizeof(__u64))

/* False: they cannot be read. */
static __always_inline bool find_label_slots(const struct who *who, struct label_slots *slots)
{
	__u64 at = 0, header[3];

	slots->first = slots->count = slots->overflow = 0;
	if (!read_user(&at, sizeof(at), who->g + g_labels))
		return false;
	if (at && labels_are_maps && !read_user(&at, sizeof(at), at))
		return false;
	if (!at)
		return true;
	if (!read_user(header, sizeof(header), at))
		return false;
	if (labels_are_maps) {
		__u8 b = header[1] >> MAP_B_SHIFT;

		slots->overflow = header[1] & MAP_OVERFLOW;
		slots->first = header[MAP_BUCKETS];
		slots->count = b < 4 ? BUCKET_SLOTS << b : ~0ull;
		if (!header[0] || !slots->first)
			slots->count = 0;
	} else {
		slots->first = header[0];
		slots->count = header[1];
	}
	return true;
}

static __always_inline __u64 key_of_slot(const struct label_slots *slots, __u32 slot)
{
	if (!labels_are_maps)
		return slots->first + slot * 2 * sizeof(struct label_text);
	return slots->first + slot / BUCKET_SLOTS * BUCKET_SIZE + BUCKET_SLOTS +
	       slot % BUCKET_SLOTS * sizeof(struct label_text);
}

/* The key of a slot is word and length. */
static __always_inline void match_label(struct fetched *key, __u64 value_at, struct labels *labels)
{
#pragma unroll
	for (__u32 i = 0; i < MAX_TOLD_LABELS; i++) {
		const volatile struct condition_text *wanted = &label_keys[i];

		if (i >= num_labels)
			break;
		key->state = VALUE_WHOLE;
		if (key->length != wanted->length || !is_text(key, wanted) ||
		    key->state != VALUE_WHOLE)
			continue;
		if (read_user(&labels->values[i], sizeof(labels->values[i]), value_at))
			labels->found |= 1ull << i;
		else
			labels->state = VALUE_UNREADABLE;
	}
}

/* `key` is for use in here. */
static __always_inline void find_labels(const struct who *who, struct fetched *key,
					struct labels *labels)
{
	__u32 value_behind = labels_are_maps ? BUCKET_SLOTS * sizeof(struct label_text)
					     : sizeof(struct label_text);
	struct label_slots slots;

	labels->found = 0;
	labels->state = VALUE_NIL;
	if (!find_label_slots(who, &slots)) {
		labels->state = VALUE_UNREADABLE;
		return;
	}
	slots.first ^= nothing; /* any numbers to the verifier */
	slots.count ^= nothing;
	slots.overflow ^= nothing;
	if (slots.count > LABEL_SLOTS || slots.overflow)
		labels->state = VALUE_UNKNOWN;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < LABEL_SLOTS; i++) {
		__u64 at = key_of_slot(&slots, i);

		if (i >= slots.count)
			break;
		if (!read_user(key->words, sizeof(key->words), at)) {
			labels->state = VALUE_UNREADABLE;
			break;
		}
		key->word = key->words[0];
		key->length = key->words[1];
		match_label(key, at + value_behind, labels);
	}
}

/* FETCH_LABEL */
static __always_inline void fetch_label(struct fetched *fetched, const struct labels *labels,
					const struct fetch_op *op)
{
	__u32 number = op->number & (MAX_TOLD_LABELS - 1);

	if (!(labels->found >> number & 1)) {
		fetched->state = labels->state;
		return;
	}
	fetched->word = labels->values[number].address;
	fetched->length = labels->values[number].length;
}

#endif
