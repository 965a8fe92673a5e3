/* SPDX-License-Identifier: MIT */
/* hunt_doing.h - what time went to, as lines of hunt's report. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_DOING_H
#define GOFUNCGRAPH_OUTPUT_HUNT_DOING_H

#include "output/format.h"

/* "sleep in main.load  load.go:40", behind the text `before`. */
void hunt_doing_put(struct output *out, size_t indent, const char *before,
		    const struct hunt_doing *doing, bool is_bold);

/* What it was on, if that was several things, who ended it, and what those did meanwhile who had a part in it:
 * no line, or some. */
void hunt_doing_put_meanwhile(struct output *out, size_t indent, const struct hunt_doing *doing);

#endif
