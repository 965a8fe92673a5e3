/* SPDX-License-Identifier: MIT */
/* addresses.c - the places of addresses that were asked for; see addresses.h. */
#include "names/addresses.h"

#include <stdlib.h>

#include "base/array.h"

#define CHUNK_SIZE 1024 /* addresses */

/* Where the next one goes. NULL: out of memory. */
static struct address *next(struct addresses *addresses)
{
	size_t at = addresses->known.count;
	struct address *chunk;

	if (at / CHUNK_SIZE < addresses->num_chunks)
		return &addresses->chunks[at / CHUNK_SIZE][at % CHUNK_SIZE];
	if (!array_reserve(&addresses->chunks, &addresses->chunks_capacity,
			   addresses->num_chunks + 1, sizeof(struct address *)))
		return NULL;
	chunk = aligned_alloc(sizeof(*chunk), CHUNK_SIZE * sizeof(*chunk));
	if (chunk)
		addresses->chunks[addresses->num_chunks++] = chunk;
	return chunk;
}

const struct place *addresses_add(struct addresses *addresses, struct hash_key key,
				  const struct place *place)
{
	struct address *address = next(addresses);

	if (!address)
		return NULL;
	*address = (struct address){.key = key, .place = *place};
	return hash_add(&addresses->known, &address->key) ? &address->place : NULL;
}

void addresses_clear(struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->num_chunks; i++)
		free(addresses->chunks[i]);
	free(addresses->chunks);
	hash_clear(&addresses->known);
	*addresses = (struct addresses){0};
}
