/* SPDX-License-Identifier: MIT */
/* callers.h - who called the first call of a tree (--stack): what is known, and where that ends. */
#ifndef OUTPUT_CALLERS_H
#define OUTPUT_CALLERS_H

#include "output/format.h"

struct callers {
	const uint64_t *addresses; /* the innermost first, for names_frames() */
	size_t count;
	enum stack_end end; /* STACK_BOTTOM, STACK_DEEP or STACK_BROKEN */
};

struct callers callers_of(const struct output *out, const struct tree *tree);

/* False of what is no call: what every stack ends with, and what the runtime changes stacks with. */
bool callers_has(const struct place *frame);

#endif
