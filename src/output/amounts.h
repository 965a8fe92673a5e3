/* SPDX-License-Identifier: MIT */
/*
 * amounts.h - what the time of a call was spent on, as it is printed.
 */
#ifndef GOFUNCGRAPH_OUTPUT_AMOUNTS_H
#define GOFUNCGRAPH_OUTPUT_AMOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gofuncgraph/calltree.h"
#include "names/names.h"

struct amount {
	const char *name; /* of the state, or of what it waited for; owned by the names */
	uint64_t ns;
	uint8_t state; /* enum goroutine_state */
};

/* What has more parts than that, with different names, has the last of them summed as "other". */
#define MAX_AMOUNTS 32

/* Of STATE_WAITING the reason, `unknown` for one without a name; else the state's name. */
const char *amount_name(struct names *names, uint8_t state, uint8_t reason, const char *unknown);

/*
 * The parts of a call, those with one name added up, those of no time left out: by falling time,
 * but "no cpu" first and "runnable" last. Returns how many. *run_ns is what is left of the call's time.
 */
size_t amounts_of_call(struct names *names, const struct call *call, const char *unknown,
		       struct amount amounts[MAX_AMOUNTS], uint64_t *run_ns);

#endif
