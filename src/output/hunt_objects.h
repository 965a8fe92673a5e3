/* SPDX-License-Identifier: MIT */
/* hunt_objects.h - what waits were on, as text and lines of hunt's report. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_OBJECTS_H
#define GOFUNCGRAPH_OUTPUT_HUNT_OBJECTS_H

#include "output/format.h"

/* ", on /var/lib/db", ", peer 10.0.0.7:5432": what a wait was on, behind what it was. Returns `text`. */
#define HUNT_OBJECT_SIZE 1400 /* a path is as long as it is, and escaped */
const char *hunt_object_put(char text[HUNT_OBJECT_SIZE], const struct hunt_object *object);

/* The same, if it was one thing alone; NULL: it was not, or is not known. */
const char *hunt_objects_only(const struct hunt_doing *doing, char text[HUNT_OBJECT_SIZE]);

/* The lines of several things: one of all peers, "peers 10.0.0.7:5432 (62 %), 10.0.0.8:5432 (30 %), 3 others (8 %)",
 * and one a file. */
void hunt_objects_put(struct output *out, size_t indent, const struct hunt_doing *doing);

#endif
