/* SPDX-License-Identifier: MIT */
/* states_shared.h - what the formats of goroutines' states have in common. */
#ifndef GOFUNCGRAPH_OUTPUT_STATES_SHARED_H
#define GOFUNCGRAPH_OUTPUT_STATES_SHARED_H

#include "gofuncgraph/states.h"
#include "names/names.h"

/* Waits of one reason. */
struct reason_sum {
	const char *name; /* NULL: unknown */
	uint64_t ns;
	uint64_t count;
};

/* The reasons that a goroutine waited for, the longest first. Reasons of one name count as one. */
#define MAX_REASONS 256
size_t states_reasons(struct names *names, const struct state_sums *sums,
		      struct reason_sum reasons[MAX_REASONS]);

/* Of a goroutine that has ended, or so many: "[ended]", "[3 ended]"; else nothing. */
#define STATES_MARK_SIZE 40
void states_mark(const struct state_row *row, char mark[STATES_MARK_SIZE]);

/* Where the other goroutine was that did it: the `go` statement, or what names_waker_va() tells.
 * NULL: unknown. */
const struct place *states_by_place(struct names *names, const struct state_change *change);

#endif
