/* SPDX-License-Identifier: MIT */
/* starts.h - goroutines that a call started itself. */
#ifndef HUNT_STARTS_H
#define HUNT_STARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gofuncgraph/record.h"

/* Of one call; further ones are only counted, if there are others like them. */
#define MAX_STARTS 64

struct start {
	uint64_t goid;
	uint64_t time_ns;
	uint64_t start_va, go_va; /* as in struct origin */
	uint64_t count; /* it, and those that are counted with it */
};

/* All zero: empty. */
struct starts {
	struct start *items;
	size_t count, capacity;
};

/* False: out of memory. */
bool starts_add(struct starts *starts, const struct record_go *go);
bool starts_copy(const struct starts *starts, struct starts *copy);
void starts_clear(struct starts *starts);

#endif
