/* SPDX-License-Identifier: MIT */
#include "output/strings.h"

#include <stdlib.h>

struct string {
	struct hash_key key; /* of the text */
	uint64_t number;
};

bool strings_number(struct strings *strings, const char *text, uint64_t *number, bool *is_new)
{
	struct hash_key key = hash_key_of_text(text);
	struct string *known = hash_find(&strings->known, key);

	*is_new = !known;
	if (!known) {
		known = malloc(sizeof(*known));
		if (known)
			*known = (struct string){key, strings->known.count};
		if (!known || !hash_add(&strings->known, &known->key)) {
			free(known);
			*number = 0;
			*is_new = false;
			return false;
		}
	}
	*number = known->number;
	return true;
}

void strings_clear(struct strings *strings)
{
	hash_free_items(&strings->known);
}
