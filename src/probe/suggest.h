/* SPDX-License-Identifier: MIT */
/* suggest.h - what the user may have meant when nothing matched. */
#ifndef PROBE_SUGGEST_H
#define PROBE_SUGGEST_H

#include "probe/choose.h"

/* "no function matches ...": with near names, and where it is inlined if it exists only so. `what`:
 * "function" or "target". Never NULL. */
struct error *suggest(struct gobin *bin, const struct pattern_list *list, const char *what);

#endif
