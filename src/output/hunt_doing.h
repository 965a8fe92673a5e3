/* SPDX-License-Identifier: MIT */
/* hunt_doing.h - what time went to, as lines of hunt's report. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_DOING_H
#define GOFUNCGRAPH_OUTPUT_HUNT_DOING_H

#include "output/format.h"

/* "sleep in main.load  load.go:40", behind the text `before`. */
void hunt_doing_put(struct output *out, size_t indent, const char *before,
		    const struct hunt_doing *doing, bool is_bold);

/* ", on /var/lib/db", ", peer 10.0.0.7:5432": what a wait was on, behind what it was. Returns `text`. */
#define HUNT_OBJECT_SIZE 1400 /* a path is as long as it is, and escaped */
const char *hunt_object_put(char text[HUNT_OBJECT_SIZE], const struct hunt_object *object);

/* What it was on, if that was several things, who ended it, and what those did meanwhile who had a part in it:
 * no line, or some. */
void hunt_doing_put_meanwhile(struct output *out, size_t indent, const struct hunt_doing *doing);

#endif
