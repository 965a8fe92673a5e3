/* SPDX-License-Identifier: MIT */
/* addresses.h - the places of addresses that were asked for, side by side in memory. */
#ifndef GOFUNCGRAPH_NAMES_ADDRESSES_H
#define GOFUNCGRAPH_NAMES_ADDRESSES_H

#include "base/hash.h"
#include "names/place.h"

/* One line of the processor's cache: when there are many, to reach one takes most of the time. */
struct address {
	struct hash_key key;
	struct place place;
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct address) == 64, "an address is one line of the cache");

/* All zero: empty. */
struct addresses {
	struct hash known;
	struct address **chunks;
	size_t num_chunks, chunks_capacity;
};

/* NULL: it is not known. */
static inline const struct place *addresses_find(const struct addresses *addresses,
						 struct hash_key key)
{
	const struct address *address = hash_find(&addresses->known, key);

	return address ? &address->place : NULL;
}

/* There must be none of this key. NULL: out of memory. */
const struct place *addresses_add(struct addresses *addresses, struct hash_key key,
				  const struct place *place);

void addresses_clear(struct addresses *addresses);

#endif
