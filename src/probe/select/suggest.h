/* SPDX-License-Identifier: MIT */
/* suggest.h - what the user may have meant by patterns that match nothing. */
#ifndef PROBE_SUGGEST_H
#define PROBE_SUGGEST_H

#include "probe/select/choose.h"

/* No more patterns than this are told of; the others are counted. */
#define SUGGEST_MAX 5

/*
 * Warns of every pattern of the list that matched nothing: with near names, and where the function
 * is inlined if it exists only so. When no GLOB matched at all, what would be said of the first is
 * the error that is returned. `what`: "function" or "target".
 */
struct error *suggest(struct gobin *bin, const struct pattern_list *list, const char *what);

#endif
