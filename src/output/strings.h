/* SPDX-License-Identifier: MIT */
/* strings.h - texts by number, for formats that tell each once: from 0, in the order in which they are asked for
 * first. */
#ifndef GOFUNCGRAPH_OUTPUT_STRINGS_H
#define GOFUNCGRAPH_OUTPUT_STRINGS_H

#include "base/hash.h"

/* All zero: none. */
struct strings {
	struct hash known;
};

/* *is_new: it was not asked for before. False: out of memory, and both are 0. */
bool strings_number(struct strings *strings, const char *text, uint64_t *number, bool *is_new);
void strings_clear(struct strings *strings);

#endif
