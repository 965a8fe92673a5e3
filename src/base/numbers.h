/* SPDX-License-Identifier: MIT */
/* numbers.h - what is told once and then spoken of by number: from 0, in the order in which it comes first. */
#ifndef BASE_NUMBERS_H
#define BASE_NUMBERS_H

#include "base/hash.h"

/* All zero: none. */
struct numbers {
	struct hash known;
};

/* *is_new: it has not come before. False: out of memory, and both are 0. */
bool numbers_of(struct numbers *numbers, struct hash_key key, uint64_t *number, bool *is_new);
void numbers_clear(struct numbers *numbers);

#endif
