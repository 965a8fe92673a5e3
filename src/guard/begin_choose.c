/* SPDX-License-Identifier: MIT */
/* begin_choose.c - which functions cost too much while probes come step by step; see begin.h. */
#include <string.h>

#include "guard/begin_internal.h"

/* What was hit less often while it was watched was hit by chance. */
#define MIN_CALLS    4
#define MIN_SPENT_NS MS
/* Of what is allowed: who costs more waits until all others are there, if these together cost more
 * than the other part. */
#define DEAR      0.02
#define MANY_DEAR 0.1
/* Of what is allowed: functions that end where goroutines are switched are not worth more than that. */
#define RESUME_SHARE 0.3

/* Functions that are to go, and what is left without them, of the program's own time. */
struct choice {
	struct begin *begin;
	size_t count;
	double cost;
};

static void add_one(struct choice *choice, uint32_t number, enum begin_place place)
{
	struct begin_func *func = &choice->begin->funcs[number];

	choice->begin->leaving[choice->count++] = number;
	choice->cost -= func->cost;
	func->place = place;
}

static bool is_there(const struct begin *begin, uint32_t number)
{
	enum begin_place place = begin->funcs[number].place;

	return place == PLACE_BATCH || place == PLACE_ATTACHED;
}

/* SITE_RESUME goes with all functions that need it: without it nobody saw them end. */
static void add_with_resume(struct choice *choice)
{
	struct begin *begin = choice->begin;

	for (uint32_t i = 0; i < begin->plan->num_funcs; i++) {
		if (!begin->plan->funcs[i].needs_resume || i == begin->resume.func)
			continue;
		if (is_there(begin, i))
			add_one(choice, i, PLACE_OUT);
		begin->funcs[i].place = PLACE_OUT;
	}
	add_one(choice, begin->resume.func, PLACE_OUT);
}

static void add(struct choice *choice, uint32_t number, enum begin_place place)
{
	if (begin_is_resume(choice->begin, number))
		add_with_resume(choice);
	else
		add_one(choice, number, place);
}

static bool is_dear(const struct begin *begin, const struct heat *heat)
{
	const struct begin_func *func = &begin->funcs[heat->func];

	return func->place == PLACE_BATCH && heat->calls >= MIN_CALLS &&
	       func->cost > DEAR * begin->max_share;
}

/* Those of the batch that cost much, if it matters. */
static void choose_dear(struct choice *choice)
{
	struct begin *begin = choice->begin;
	const struct window *window = &begin->window;
	double sum = 0;

	for (size_t i = 0; i < window->num_heats; i++)
		if (is_dear(begin, &window->heats[i]))
			sum += begin->funcs[window->heats[i].func].cost;
	if (begin->stage == STAGE_DEAR || sum <= MANY_DEAR * begin->max_share)
		return;
	for (size_t i = 0; i < window->num_heats; i++)
		if (is_dear(begin, &window->heats[i]))
			add(choice, window->heats[i].func, PLACE_DEAR);
}

/* Whatever has come by now, the dearest first, until the rest fits. */
static void choose_more(struct choice *choice, bool targets)
{
	struct begin *begin = choice->begin;
	const struct window *window = &begin->window;

	for (size_t i = 0; i < window->num_heats; i++) {
		uint32_t func = window->heats[i].func;

		if (begin_fits(begin, choice->cost, GUARD_GOAL * begin->max_share))
			break;
		if (begin_is_resume(begin, func) && begin->resume.has_targets)
			continue;
		if (is_there(begin, func) && begin_is_target(begin, func) == targets)
			add(choice, func, PLACE_DEAR);
	}
}

static bool any_target_is_there(const struct begin *begin)
{
	for (uint32_t i = 0; i < begin->plan->num_funcs; i++)
		if (begin_is_target(begin, i) && is_there(begin, i))
			return true;
	return false;
}

/* The cheapest of the targets that were chosen stays, unless others do. */
static void keep_a_target(struct choice *choice)
{
	uint32_t *leaving = choice->begin->leaving;

	if (any_target_is_there(choice->begin))
		return;
	for (size_t i = choice->count; i-- > 0;) {
		if (!plan_func_at(choice->begin->plan, leaving[i])->target)
			continue;
		choice->begin->funcs[leaving[i]].place = PLACE_ATTACHED;
		memmove(&leaving[i], &leaving[i + 1], (choice->count - i - 1) * sizeof(*leaving));
		choice->count--;
		return;
	}
}

static bool resume_fits(const struct begin *begin)
{
	double cost = begin->funcs[begin->resume.func].cost;

	return begin->resume.has_targets ||
	       (begin_fits(begin, cost, RESUME_SHARE * begin->max_share) &&
		begin->share <= begin->max_share);
}

size_t begin_choose(struct begin *begin)
{
	const struct window *window = &begin->window;
	struct choice choice = {begin, 0, (double)window->cost_ns / window_rest_ns(window)};

	if (begin->share == 0)
		return 0;
	if (begin->stage == STAGE_RESUME_SITE && begin->resume.exists && !resume_fits(begin)) {
		add_with_resume(&choice);
		return choice.count;
	}
	choose_dear(&choice);
	if (begin->share > begin->max_share && window->spent_ns >= MIN_SPENT_NS) {
		choose_more(&choice, false);
		choose_more(&choice, true);
		/* Before the stage of those that are dear they come back anyway. */
		if (begin->stage >= STAGE_DEAR)
			keep_a_target(&choice);
	}
	return choice.count;
}
