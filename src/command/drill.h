/* SPDX-License-Identifier: MIT */
/*
 * drill.h - `hunt --drill`: the proof of what hunt has found. The functions between the target and what its
 * slow calls spend their time on get probes, and the next slow call is shown as a tree.
 *
 * drill_watch() while hunt goes on, which ends it when enough was seen; drill_note() each report, then
 * drill_decide(), then drill_run() in hunt's run.
 */
#ifndef COMMAND_DRILL_H
#define COMMAND_DRILL_H

#include "command/hunt_args.h"
#include "command/run.h"

struct drill {
	struct hunt_drill found; /* names are hunt's */
	bool is_found; /* a target that is worth it */
	bool is_alike; /* none of its calls is slow: any that takes as long as most do */
	bool is_due;
	uint64_t wait_ns; /* how long for the next slow call */
	/* Names of `found` as the binary has them. */
	char *target;
	char *functions[HUNT_MAX_PATH];
	size_t num_functions;
	/* While hunt goes on, by the clock of records. */
	uint64_t first_ns, next_look_ns;
	bool has_enough;
};

/* In which trees are written after a report in that one; NULL: there is none. */
const struct format *drill_format(const struct format *format);

/* A record of hunt's, of that time, has come. */
void drill_watch(struct drill *drill, const struct hunt *hunt, uint64_t slower_ns, uint64_t now_ns);

/* Of all reports one is chosen. `slower_ns`: what the user calls slow; 0: hunt finds out. Error: out of
 * memory. */
struct error *drill_note(struct drill *drill, const struct gobin *bin,
			 const struct hunt_report *report, uint64_t slower_ns);

/* Tracing has ended. What is to be drilled into; NULL: nothing, and a message says why. */
const struct hunt_drill *drill_decide(struct drill *drill, struct run *run);

/* After hunt's close_output(): when it was decided on, and nothing else came. */
struct error *drill_run(struct drill *drill, const struct hunt_args *args, struct run *run);

/* What was noted is of another binary. */
void drill_forget(struct drill *drill);

#endif
