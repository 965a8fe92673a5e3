/* SPDX-License-Identifier: MIT */
/*
 * untraced.h - functions that lost their probes while one of two recordings was made. In both they are taken for
 * functions without probes: what they took is own time of who called them (tree_times.h).
 */
#ifndef COMPARE_UNTRACED_H
#define COMPARE_UNTRACED_H

#include <stdbool.h>

#include "base/hash.h"

/* All zero: none. */
struct untraced {
	struct hash names;
};

/* `name` is copied, once. False: out of memory. */
bool untraced_add(struct untraced *untraced, const char *name);
bool untraced_has(const struct untraced *untraced, const char *name);
/* "main.a, main.b and 7 more"; the caller frees it. NULL: out of memory. */
char *untraced_text(const struct untraced *untraced);
void untraced_destroy(struct untraced *untraced);

#endif
