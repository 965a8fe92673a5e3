/* SPDX-License-Identifier: MIT */
/* begin_internal.h - what the files of begin.h share. */
#ifndef GUARD_BEGIN_INTERNAL_H
#define GUARD_BEGIN_INTERNAL_H

#include "guard/begin.h"
#include "guard/order.h"

#define MS 1000000ull

enum begin_stage {
	/* Entries, in the order of order.h. */
	STAGE_SEEN = ORDER_SEEN,
	STAGE_NEAR = ORDER_NEAR,
	STAGE_FAR = ORDER_FAR,
	STAGE_CHEAP, /* those that were watched and cost nothing */
	STAGE_RESUME_SITE, /* where goroutines are switched: SITE_RESUME */
	STAGE_RESUME, /* functions that need it */
	STAGE_DEAR, /* what fits of those that cost something */
	STAGE_EXITS,
	NUM_STAGES,
};

enum begin_doing {
	DOING_NOTHING,
	DOING_LOOK,
	DOING_ATTACH,
	DOING_WATCH,
	DOING_TAKE_OFF,
	DOING_REST
};

enum begin_place { PLACE_WAITING, PLACE_BATCH, PLACE_ATTACHED, PLACE_CHEAP, PLACE_DEAR, PLACE_OUT };

struct begin_func {
	enum begin_place place;
	/* As it was seen last, with all probes: of the program's own time, and of a second. */
	double cost, calls;
};

struct begin {
	const struct plan *plan; /* not owned */
	double max_share;
	bool needs_states, states_off;
	uint64_t since_ns, since_cpu_ns; /* see struct begin_options */
	double cpus; /* that the program had for itself since then */
	struct window window;
	enum begin_stage stage;
	enum begin_doing doing;
	struct begin_func *funcs; /* by number: plan_func_at() */
	struct plan_resume resume;
	size_t ends[ORDER_NUM_CLASSES];
	uint32_t *queue; /* functions of this stage; of the first three: all */
	size_t num_queued, next;
	uint32_t *sites; /* of a step */
	size_t batch_size, largest_batch;
	uint32_t *batch; /* functions whose entries the step attached; else none */
	size_t num_batch;
	uint32_t *leaving; /* functions of a step */
	struct heat *told;
	uint64_t done_ns; /* when the batch had come */
	/* When it was asked for: what there was of each, to reckon what the step took. */
	struct account {
		uint64_t now_ns, cpu_ns, attach_ns, spent_ns;
	} asked;
	double own_cost; /* of the tracer's sites, of the program's own time */
	double share; /* with all probes of what is attached */
	bool has_all; /* the last step was the last one */
};

static inline bool begin_is_resume(const struct begin *begin, uint32_t func)
{
	return begin->resume.exists && func == begin->resume.func;
}

static inline bool begin_is_target(const struct begin *begin, uint32_t func)
{
	return plan_func_at(begin->plan, func)->target ||
	       (begin_is_resume(begin, func) && begin->resume.has_targets);
}

/* Of CPU time, of what is so much of the program's own. */
static inline double begin_share_of(double cost)
{
	return cost / (1 + cost);
}

/* What costs so much of the program's own time takes no more than such a share of its CPU time, or nothing that counts. */
static inline bool begin_fits(const struct begin *begin, double cost, double share)
{
	return cost * begin->cpus < NEVER_TOO_MUCH || begin_share_of(cost) <= share;
}

/* begin_queue.c: fills in `sites`, `batch` and `num_batch`. Returns how many sites are next; 0: all have
 * come. */
size_t begin_take_next(struct begin *begin);

/*
 * begin_choose.c: which functions are to go, now that the window was measured and costs were noted.
 * Puts them into `leaving`, and returns how many. Where a batch comes again, all of it is to go with
 * them.
 */
size_t begin_choose(struct begin *begin);

#endif
