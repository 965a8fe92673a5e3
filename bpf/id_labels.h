/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * id_labels.h - labels of goroutines that may hold ids of the trace that a call is part of; see enum id_label.
 *
 * They are looked for in a program of its own, which goes before the one that begins the tree: to both in one, there is
 * more than Linux 5.10's verifier looks at. The thread's entry in `id_labels` is how the one hands on to the other.
 */
#ifndef BPF_ID_LABELS_H
#define BPF_ID_LABELS_H

#include "labels.h"

/* The number of the key whose address and length are in `words`; 0: it is none of them. */
static __always_inline __u64 find_id_key(__u64 *words)
{
	__u64 address = words[0], others, number = 0;

	words[3] = words[1];
	words[0] = words[1] = words[2] = 0;
	if (!words[3] || !read_at_most(words, words[3], ID_LABEL_KEY_SIZE, address))
		return 0;
#pragma unroll
	for (__u64 i = 1; i < ID_LABEL_KEYS; i++) {
		const volatile struct id_label_key *key = &id_label_keys[i];

		others = (words[0] ^ key->words[0]) | (words[1] ^ key->words[1]) |
			 (words[2] ^ key->words[2]) | (words[3] ^ key->length);
		number += (1 - has_any(others)) * i;
	}
	return number;
}

/* The label's value, of which address and length are in `words`, into the slot of its key. */
static __always_inline void take_id_label(struct found_id_labels *found, __u64 number)
{
	const volatile struct id_label_key *key = &id_label_keys[number & (ID_LABEL_KEYS - 1)];
	struct captured_text *to = (void *)found->slots + (key->at & ID_LABELS_AT_MASK);
	__u64 length = found->words[1];
	__u64 got = length < key->size ? length : key->size;

	to->length = length;
	to->key = number;
	to->got = read_at_most(to->bytes, got, ID_LABEL_TRACE_SIZE, found->words[0]) ? got : 0;
}

static __always_inline void look_for_id_labels(const struct label_slots *slots,
					       struct found_id_labels *found)
{
	__u32 value_behind = labels_are_maps ? BUCKET_SLOTS * sizeof(struct label_text)
					     : sizeof(struct label_text);

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < LABEL_SLOTS; i++) {
		__u64 at = key_of_slot(slots, i), number;

		if (i >= slots->count || !read_user(found->words, sizeof(struct label_text), at))
			break;
		number = find_id_key(found->words) ^ nothing;
		if (number && read_user(found->words, sizeof(struct label_text), at + value_behind))
			take_id_label(found, number);
	}
}

/* Those of the goroutine, for the next program of this thread. */
static __always_inline void find_id_labels(const struct who *who)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct found_id_labels *found;
	struct label_slots slots;

	if (!find_label_slots(who, &slots) || !slots.count)
		return;
	slots.first ^= nothing; /* any numbers to the verifier */
	slots.count ^= nothing;
	if (bpf_map_update_elem(&id_labels, &thread, (void *)&no_id_labels, BPF_ANY))
		return;
	found = bpf_map_lookup_elem(&id_labels, &thread);
	if (found)
		look_for_id_labels(&slots, found);
}

/* What the program before has found, into slots at `to`. False: the goroutine has no labels. */
static __always_inline bool get_id_labels(struct id_label_slots *to)
{
	__u64 thread = bpf_get_current_pid_tgid();
	const struct found_id_labels *found = bpf_map_lookup_elem(&id_labels, &thread);

	if (!found)
		return false;
	*to = *(const struct id_label_slots *)found->slots;
	return true;
}

static __always_inline void forget_id_labels(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&id_labels, &thread);
}

#endif
