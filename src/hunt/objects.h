/* SPDX-License-Identifier: MIT */
/* objects.h - what waits were on, by number: each as the text that people read. */
#ifndef HUNT_OBJECTS_H
#define HUNT_OBJECTS_H

#include "base/hash.h"
#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/record.h"
#include "gofuncgraph/waited_on.h"

/* Further ones are unknown. */
#define MAX_OBJECTS 65536

/* All zero: empty. */
struct objects {
	struct hash by_text; /* struct known_object */
	struct known_object **items; /* number n is at n - 1 */
	size_t count, capacity;
};

/* The number of what a record tells, from 1; 0: nothing that people know by a name, or no room. */
uint32_t objects_number(struct objects *objects, const struct waited_on *on);
/* That of what the record tells, if it tells of anything. */
uint32_t objects_of(struct objects *objects, const struct record *record);

/* Its kind and text; its times are 0. `number`: not 0. */
struct hunt_object objects_find(const struct objects *objects, uint32_t number);

void objects_clear(struct objects *objects);

#endif
