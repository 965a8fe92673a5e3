/* SPDX-License-Identifier: MIT */
/* open_dictionaries.c - see open_dictionaries.h. */
#include "recording/open_dictionaries.h"

#include <stdlib.h>

#include "base/hash.h"

#define NUM_PLACES 4096

struct open_dictionaries {
	struct place {
		uint64_t goroutine, frame; /* as keys: see key_of() */
		uint64_t dictionary;
	} places[NUM_PLACES];
};

static struct hash_key key_of(const struct record_frame *at)
{
	const struct record *header = &at->header;
	uint64_t stack = header->flags & (RECORD_SYSTEM_STACK | RECORD_SIGNAL_STACK);

	return (struct hash_key){(uint64_t)header->pid << 32 ^
					 (header->goid ? header->goid : ~(uint64_t)header->tid),
				 stack << 32 | at->frame};
}

static size_t place_of(struct hash_key key)
{
	return hash_mix(hash_mix(key.first) + key.second) % NUM_PLACES;
}

struct open_dictionaries *open_dictionaries_new(void)
{
	return calloc(1, sizeof(struct open_dictionaries));
}

void open_dictionaries_put(struct open_dictionaries *open, const struct record_frame *at,
			   uint64_t dictionary)
{
	struct hash_key key = key_of(at);

	open->places[place_of(key)] = (struct place){key.first, key.second, dictionary};
}

uint64_t open_dictionaries_find(const struct open_dictionaries *open, const struct record_frame *at)
{
	struct hash_key key = key_of(at);
	const struct place *place = &open->places[place_of(key)];

	return place->goroutine == key.first && place->frame == key.second ? place->dictionary : 0;
}
