/* SPDX-License-Identifier: MIT */
/*
 * addresses.h - the places of addresses that were asked for, in one open-addressed array.
 *
 * Where there are many, to wait for memory takes nearly all the time: a look-up reads one line of
 * the processor's cache, and whoever knows early what will be asked for has it fetched meanwhile.
 */
#ifndef GOFUNCGRAPH_NAMES_ADDRESSES_H
#define GOFUNCGRAPH_NAMES_ADDRESSES_H

#include <stdbool.h>

#include "base/hash.h"
#include "names/place.h"
#include "names/texts.h"

/* What an address is asked as. One address may be several things. */
enum role { ROLE_NONE, ROLE_CALLER, ROLE_WAKER, ROLE_START, ROLE_FOREIGN };

/* struct place, in less: names by their numbers. Two of them fill a line. */
struct address {
	uint64_t asked; /* the address, as it was asked for */
	uint64_t at; /* the place's offset, where it has a name, else its va */
	uint32_t name; /* of the function or module; 0: none */
	uint32_t file;
	uint32_t line;
	uint8_t role; /* ROLE_NONE: nothing is here */
	bool is_module; /* what `name` is of */
};

_Static_assert(sizeof(struct address) == 32, "two addresses are one line of the cache");

/* All zero: empty. */
struct addresses {
	struct address *items;
	size_t capacity; /* 0, or a power of 2 */
	size_t count;
	uint64_t seed; /* so that a program that chooses addresses cannot make them collide */
};

/* Where to look first: at the beginning of a line. */
static inline size_t addresses_first(const struct addresses *addresses, uint64_t va, enum role role)
{
	uint64_t hash = hash_mix((va ^ addresses->seed) + role * 0x9e3779b97f4a7c15ull);

	return hash & (addresses->capacity - 1) & ~(size_t)1;
}

/* NULL: it is not known. */
static inline const struct address *addresses_find(const struct addresses *addresses, uint64_t va,
						   enum role role)
{
	if (!addresses->capacity)
		return NULL;
	for (size_t at = addresses_first(addresses, va, role);;
	     at = (at + 1) & (addresses->capacity - 1)) {
		const struct address *address = &addresses->items[at];
		if (address->asked == va && address->role == role)
			return address;
		if (!address->role)
			return NULL;
	}
}

/* There must be none of this va and role. False: out of memory, and nothing changes. */
bool addresses_add(struct addresses *addresses, const struct address *address);

void addresses_clear(struct addresses *addresses);

#endif
