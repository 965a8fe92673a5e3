/* SPDX-License-Identifier: MIT */
/* begin_queue.c - which probes come next; see begin.h. */
#include <stdlib.h>

#include "guard/begin_internal.h"

/* Functions whose entries come at once, but exits: sites. They grow as long as they cost little; where
 * many are called all the time, one batch tells little of the next. */
static const size_t first_batch[NUM_STAGES] = {16, 128, 256, 128, 1, 32, 64, 1024};
static const size_t largest_batch[NUM_STAGES] = {64, 512, 2048, 2048, 1, 32, 64, 1024};

static int by_cost(const void *a, const void *b, void *context)
{
	const struct begin *begin = context;
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
	double cost = begin->funcs[one].cost, other_cost = begin->funcs[other].cost;

	if (begin_is_target(begin, one) != begin_is_target(begin, other))
		return begin_is_target(begin, one) ? -1 : 1;
	return cost < other_cost ? -1 : cost > other_cost;
}

static void queue_place(struct begin *begin, enum begin_place place)
{
	begin->num_queued = begin->next = 0;
	for (uint32_t i = 0; i < begin->plan->num_funcs; i++)
		if (begin->plan->funcs[i].num_sites && begin->funcs[i].place == place)
			begin->queue[begin->num_queued++] = i;
}

/* Targets first, and one of them in any case. */
static void queue_what_fits(struct begin *begin)
{
	double cost = begin->own_cost, most = GUARD_GOAL * begin->max_share;
	bool has_target = false;
	size_t count = 0;

	for (uint32_t i = 0; i < plan_num_all(begin->plan); i++) {
		if (begin->funcs[i].place != PLACE_ATTACHED)
			continue;
		cost += begin->funcs[i].cost;
		has_target |= begin_is_target(begin, i);
	}
	queue_place(begin, PLACE_DEAR);
	qsort_r(begin->queue, begin->num_queued, sizeof(*begin->queue), by_cost, begin);
	for (size_t i = 0; i < begin->num_queued; i++) {
		uint32_t func = begin->queue[i];

		if (!begin_fits(begin, cost + begin->funcs[func].cost, most) &&
		    (has_target || !begin_is_target(begin, func)))
			continue;
		cost += begin->funcs[func].cost;
		has_target |= begin_is_target(begin, func);
		begin->queue[count++] = func;
	}
	begin->num_queued = count;
}

static void enter_stage(struct begin *begin, enum begin_stage stage)
{
	begin->stage = stage;
	begin->batch_size = first_batch[stage];
	begin->largest_batch = largest_batch[stage];
	switch (stage) {
	case STAGE_CHEAP:
		queue_place(begin, PLACE_CHEAP);
		break;
	case STAGE_RESUME_SITE:
		begin->num_queued = begin->next = 0;
		break;
	case STAGE_RESUME:
		queue_place(begin, PLACE_WAITING);
		break;
	case STAGE_DEAR:
		queue_what_fits(begin);
		break;
	case STAGE_EXITS:
		queue_place(begin, PLACE_ATTACHED);
		break;
	default:
		begin->num_queued = begin->ends[stage];
		break;
	}
}

static size_t take_entries(struct begin *begin)
{
	size_t count = 0;

	while (begin->num_batch < begin->batch_size && begin->next < begin->num_queued) {
		uint32_t index = begin->queue[begin->next++];
		const struct plan_func *func = &begin->plan->funcs[index];

		for (uint32_t i = 0; i < plan_num_at_entry(begin->plan, func); i++)
			begin->sites[count++] = func->first_site + i;
		begin->batch[begin->num_batch++] = index;
		begin->funcs[index].place = PLACE_BATCH;
	}
	return count;
}

static size_t take_exits(struct begin *begin)
{
	size_t count = 0;

	while (count < begin->batch_size && begin->next < begin->num_queued) {
		uint32_t index = begin->queue[begin->next++];
		const struct plan_func *func = &begin->plan->funcs[index];

		/* It may have gone meanwhile. */
		if (begin_leaves_out(begin, index))
			continue;
		for (uint32_t i = plan_num_at_entry(begin->plan, func); i < func->num_sites; i++)
			begin->sites[count++] = func->first_site + i;
	}
	return count;
}

static size_t take_resume_site(struct begin *begin)
{
	const struct plan_resume *resume = &begin->resume;

	if (!resume->exists || begin->next)
		return 0;
	begin->next = 1;
	if (resume->func >= begin->plan->num_funcs)
		begin->funcs[resume->func].place = PLACE_ATTACHED;
	begin->sites[0] = resume->site;
	return 1;
}

size_t begin_take_next(struct begin *begin)
{
	size_t count;

	if (!begin->batch_size)
		enter_stage(begin, STAGE_SEEN);
	for (;;) {
		begin->num_batch = 0;
		if (begin->stage == STAGE_RESUME_SITE)
			count = take_resume_site(begin);
		else
			count = begin->stage == STAGE_EXITS ? take_exits(begin)
							    : take_entries(begin);
		if (count || begin->stage == STAGE_EXITS)
			return count;
		enter_stage(begin, begin->stage + 1);
	}
}
