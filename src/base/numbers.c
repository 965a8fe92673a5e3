/* SPDX-License-Identifier: MIT */
#include "base/numbers.h"

#include <stdlib.h>

struct numbered {
	struct hash_key key;
	uint64_t number;
};

bool numbers_of(struct numbers *numbers, struct hash_key key, uint64_t *number, bool *is_new)
{
	struct numbered *known = hash_find(&numbers->known, key);

	*is_new = !known;
	if (!known) {
		known = malloc(sizeof(*known));
		if (known)
			*known = (struct numbered){key, numbers->known.count};
		if (!known || !hash_add(&numbers->known, &known->key)) {
			free(known);
			*number = 0;
			*is_new = false;
			return false;
		}
	}
	*number = known->number;
	return true;
}

void numbers_clear(struct numbers *numbers)
{
	hash_free_items(&numbers->known);
}
