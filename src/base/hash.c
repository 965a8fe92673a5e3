/* SPDX-License-Identifier: MIT */
/* hash.c - a hash table of items that are found by a key of two numbers; see hash.h. */
#include "base/hash.h"

#include <stdlib.h>

#define FIRST_CAPACITY 16

struct hash_key hash_key_of_text(const char *text)
{
	struct hash_key key = {.first = 14695981039346656037ull}; /* FNV-1a */

	for (; *text; text++, key.second++)
		key.first = (key.first ^ (unsigned char)*text) * 1099511628211ull;
	return key;
}

/* One slot of four stays free, so that searches end soon. */
static bool is_full(const struct hash *hash)
{
	return hash->count + 1 > hash->capacity / 4 * 3;
}

static void put(struct hash *hash, struct hash_slot slot)
{
	size_t mask = hash->capacity - 1, at = slot.hash & mask;

	while (hash->slots[at].item)
		at = (at + 1) & mask;
	hash->slots[at] = slot;
}

static bool grow(struct hash *hash)
{
	struct hash grown = *hash;

	grown.capacity = hash->capacity ? hash->capacity * 2 : FIRST_CAPACITY;
	grown.slots = calloc(grown.capacity, sizeof(*grown.slots));
	if (!grown.slots)
		return false;
	/* Where memory lies is chosen at random by the kernel (ASLR). */
	if (!hash->count)
		grown.seed = hash_mix((uintptr_t)grown.slots);
	for (size_t i = 0; i < hash->capacity; i++)
		if (hash->slots[i].item)
			put(&grown, hash->slots[i]);
	free(hash->slots);
	*hash = grown;
	return true;
}

bool hash_add(struct hash *hash, struct hash_key *item)
{
	if (is_full(hash) && !grow(hash))
		return false;
	put(hash, (struct hash_slot){.hash = hash_of(hash, *item), .item = item});
	hash->count++;
	return true;
}

bool hash_note(struct hash *hash, struct hash_key key)
{
	struct hash_key *item;

	if (hash_find(hash, key))
		return false;
	item = malloc(sizeof(*item));
	if (item)
		*item = key;
	if (!item || !hash_add(hash, item))
		free(item);
	return true;
}

void hash_remove(struct hash *hash, const struct hash_key *item)
{
	size_t mask = hash->capacity - 1, at = hash_of(hash, *item) & mask;

	while (hash->slots[at].item != item)
		at = (at + 1) & mask;
	/* What lies behind it and was to lie before closes the gap. */
	for (size_t next = (at + 1) & mask; hash->slots[next].item; next = (next + 1) & mask) {
		size_t wanted = hash->slots[next].hash & mask;
		if (((next - wanted) & mask) < ((next - at) & mask))
			continue;
		hash->slots[at] = hash->slots[next];
		at = next;
	}
	hash->slots[at].item = NULL;
	hash->count--;
}

void *hash_next(const struct hash *hash, size_t *at)
{
	while (*at < hash->capacity) {
		struct hash_key *item = hash->slots[(*at)++].item;
		if (item)
			return item;
	}
	return NULL;
}

void hash_clear(struct hash *hash)
{
	free(hash->slots);
	*hash = (struct hash){0};
}

void hash_free_items(struct hash *hash)
{
	void *item;

	for (size_t at = 0; (item = hash_next(hash, &at));)
		free(item);
	hash_clear(hash);
}
