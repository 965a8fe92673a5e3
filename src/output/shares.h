/* SPDX-License-Identifier: MIT */
/* shares.h - how a time is coloured by its share of a whole. */
#ifndef GOFUNCGRAPH_OUTPUT_SHARES_H
#define GOFUNCGRAPH_OUTPUT_SHARES_H

#include <stddef.h>
#include <stdint.h>

/* Colours that can be read on dark and on light: for a half, and a tenth. Less than a hundredth is
 * faint. */
#define STYLE_HALF      "\x1b[31m" /* red */
#define STYLE_TENTH     "\x1b[35m" /* magenta */
#define STYLE_HUNDREDTH "\x1b[2m"
#define STYLE_BOLD      "\x1b[1m"

/* NULL: none. */
static inline const char *share_style(uint64_t ns, uint64_t whole_ns)
{
	if (!whole_ns)
		return NULL;
	if (ns >= whole_ns / 2)
		return STYLE_HALF;
	if (ns >= whole_ns / 10)
		return STYLE_TENTH;
	return ns < whole_ns / 100 ? STYLE_HUNDREDTH : NULL;
}

#endif
