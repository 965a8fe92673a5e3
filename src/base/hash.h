/* SPDX-License-Identifier: MIT */
/*
 * hash.h - a hash table of items that are found by a key of two numbers.
 *
 * An item begins with its key, and is owned by whoever adds it; while it is in a table, neither its
 * key nor its address may change. The table is one array of slots with open addressing, which hold
 * the keys' hashes: a look-up touches one line of it, and the item. Tables differ by a seed, so that
 * a program that chooses keys (its goroutine ids, say) cannot make them collide.
 */
#ifndef GOFUNCGRAPH_HASH_H
#define GOFUNCGRAPH_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t first, second;
};

struct hash_slot {
	uint64_t hash;
	struct hash_key *item; /* NULL: the slot is free */
};

/* All zero: empty. */
struct hash {
	struct hash_slot *slots;
	size_t capacity; /* 0, or a power of 2 */
	size_t count;
	uint64_t seed;
};

/* A bijection (the finalizer of MurmurHash3). */
static inline uint64_t hash_mix(uint64_t value)
{
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdull;
	value ^= value >> 33;
	value *= 0xc4ceb9fe1a85ec53ull;
	return value ^ value >> 33;
}

static inline uint64_t hash_of(const struct hash *hash, struct hash_key key)
{
	return hash_mix(hash_mix(key.first ^ hash->seed) + key.second * 0x9e3779b97f4a7c15ull);
}

/* Texts that differ may have one key: compare them, too. */
struct hash_key hash_key_of_text(const char *text);

/* NULL: there is none. */
static inline void *hash_find(const struct hash *hash, struct hash_key key)
{
	if (!hash->count)
		return NULL;
	uint64_t value = hash_of(hash, key);
	size_t mask = hash->capacity - 1;

	for (size_t at = value & mask;; at = (at + 1) & mask) {
		const struct hash_slot *slot = &hash->slots[at];
		if (!slot->item)
			return NULL;
		if (slot->hash == value && slot->item->first == key.first &&
		    slot->item->second == key.second)
			return slot->item;
	}
}

/* There must be none of its key. False: out of memory, and nothing changes. */
bool hash_add(struct hash *hash, struct hash_key *item);

/* True once for each key, of a table whose items are made here, by malloc(); also without memory. */
bool hash_note(struct hash *hash, struct hash_key key);

/* It must be there. */
void hash_remove(struct hash *hash, const struct hash_key *item);

/* Each item, in no order: `at` is 0 at first; NULL: there are no more. Items may be freed
 * meanwhile, but none added or removed. */
void *hash_next(const struct hash *hash, size_t *at);

/* Empties it; items are left as they are, and may be gone already. */
void hash_clear(struct hash *hash);

/* The same, with items that malloc() gave: frees each. */
void hash_free_items(struct hash *hash);

#endif
