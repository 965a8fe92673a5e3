/* SPDX-License-Identifier: MIT */
/* texts.h - names of functions and files, each escaped once. */
#ifndef GOFUNCGRAPH_NAMES_TEXTS_H
#define GOFUNCGRAPH_NAMES_TEXTS_H

#include "base/hash.h"
#include "names/place.h"

/* All zero: empty. */
struct texts {
	struct hash known; /* by where the source has the text */
	const struct name **by_number; /* that of number 1 first */
	size_t count, capacity;
};

/* Of a text that stays where it is as long as `texts` does. NULL: out of memory. */
const struct name *texts_get(struct texts *texts, const char *raw);

/* NULL for 0. */
static inline const struct name *texts_numbered(const struct texts *texts, uint32_t number)
{
	return number ? texts->by_number[number - 1] : NULL;
}

void texts_clear(struct texts *texts);

#endif
