/* SPDX-License-Identifier: MIT */
/* told.h - what the guard does, as messages: each step once, with its figures. */
#ifndef GUARD_TOLD_H
#define GUARD_TOLD_H

#include "guard/step.h"

/* Functions that are named in one message; -v names all. */
#define TOLD_MAX_NAMES 3

struct told {
	const struct plan *plan; /* not owned */
	unsigned max_overhead; /* percent */
	bool hunts; /* see struct guard_options */
	bool has_rested; /* it was told so */
	/* Of the begin. */
	size_t num_attached; /* entries of batches that turned out to be too large go, and come again later */
	size_t most_attached; /* at a time: what progress is told by, which never goes back */
	uint64_t progress_ns; /* when it began, or was told last that it lasts */
};

void told_init(struct told *told, const struct plan *plan, unsigned max_overhead, bool hunts);

/* A step of begin_next(). At GUARD_BEGIN what was left out is told. */
void told_begin_step(struct told *told, const struct guard_step *step, uint64_t now_ns);

/* A step of policy_watch(). */
void told_step(struct told *told, const struct guard_step *step);

#endif
