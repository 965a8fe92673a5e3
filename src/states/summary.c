/* SPDX-License-Identifier: MIT */
/* summary.c - what goroutines spent their time on, summed up and put in order. */
#include <stdlib.h>
#include <utlist.h>

#include "states/internal.h"

static bool has_sums(const struct goroutine *goroutine, const struct interval *interval)
{
	return goroutine->function && !goroutine->has_ended && !interval->is_broken &&
	       state_is_alive(interval->state) && interval->state <= STATE_DEAD_EXTRA;
}

static void add_to(struct sums *sums, struct sum *sum, const struct goroutine *goroutine,
		   const struct interval *interval, uint64_t now_ns)
{
	uint64_t summed_ns = goroutine->summed_ns;

	if (!goroutine->is_summed)
		sum->count++;
	else if (goroutine->summed_reason != sum->reason)
		/* It became known late what it waits for. */
		sums_correct(sums, goroutine->summed_reason, sum, summed_ns - goroutine->begin_ns,
			     summed_ns - interval->begin_ns);
	sum->ns += now_ns - summed_ns;
	if (sum->state == STATE_WAITING)
		sums_wait(sums, sum->reason, now_ns - interval->begin_ns);
}

bool states_sum_up(struct goroutine *goroutine, const struct interval *interval)
{
	uint64_t now_ns = interval->end_ns;
	struct function *function = goroutine->function;
	struct sum *own, *of_function;

	if (!has_sums(goroutine, interval))
		return true;
	own = sums_item(&goroutine->sums, interval->state, interval->reason);
	of_function = sums_item(&function->sums, interval->state, interval->reason);
	if (!own || !of_function)
		return false;
	if (now_ns < goroutine->summed_ns) /* a late record */
		now_ns = goroutine->summed_ns;
	add_to(&goroutine->sums, own, goroutine, interval, now_ns);
	add_to(&function->sums, of_function, goroutine, interval, now_ns);
	goroutine->summed_ns = now_ns;
	goroutine->summed_reason = interval->reason;
	goroutine->is_summed = true;
	return true;
}

bool states_sum_up_until(struct goroutine *goroutine, uint64_t now_ns)
{
	struct interval so_far = timeline_so_far(&goroutine->timeline);

	if (so_far.end_ns < now_ns)
		so_far.end_ns = now_ns;
	return states_sum_up(goroutine, &so_far);
}

/* What is visited, by falling time not running. */
struct ranked {
	uint64_t not_running_ns;
	const struct goroutine *goroutine; /* or */
	const struct function *function; /* this */
};

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct hash_key *one = x->goroutine ? &x->goroutine->key : &x->function->key;
	const struct hash_key *other = y->goroutine ? &y->goroutine->key : &y->function->key;

	if (x->not_running_ns != y->not_running_ns)
		return x->not_running_ns < y->not_running_ns ? 1 : -1;
	if (one->second != other->second)
		return one->second < other->second ? -1 : 1;
	return one->first < other->first ? -1 : one->first > other->first;
}

static void visit(const struct ranked *ranked,
		  void (*visitor)(void *context, const struct state_goroutine *one), void *context)
{
	const struct goroutine *goroutine = ranked->goroutine;
	const struct function *function = ranked->function;
	struct state_goroutine one;

	if (goroutine)
		one = (struct state_goroutine){
			.pid = (uint32_t)goroutine->key.second,
			.goid = goroutine->key.first,
			.start_va = goroutine->start_va,
			.num_goroutines = 1,
			.has_ended = goroutine->has_ended,
		};
	else
		one = (struct state_goroutine){
			.pid = (uint32_t)function->key.second,
			.start_va = function->key.first,
			.num_goroutines = function->num_goroutines,
		};
	sums_expand(goroutine ? &goroutine->sums : &function->sums, &one.sums);
	visitor(context, &one);
}

static size_t rank_goroutines(struct goroutines *goroutines, struct ranked *ranked)
{
	const struct goroutine *lists[] = {goroutines->living, goroutines->ended}, *goroutine;
	size_t count = 0;

	for (size_t i = 0; i < 2; i++)
		DL_FOREACH(lists[i], goroutine)
	ranked[count++] = (struct ranked){.not_running_ns = sums_not_running_ns(&goroutine->sums),
					  .goroutine = goroutine};
	return count;
}

static size_t rank_functions(struct goroutines *goroutines, struct ranked *ranked)
{
	const struct function *function;
	size_t count = 0;

	for (size_t at = 0; (function = hash_next(&goroutines->functions, &at));)
		ranked[count++] =
			(struct ranked){.not_running_ns = sums_not_running_ns(&function->sums),
					.function = function};
	if (goroutines->others.num_goroutines)
		ranked[count++] = (struct ranked){
			.not_running_ns = sums_not_running_ns(&goroutines->others.sums),
			.function = &goroutines->others};
	return count;
}

struct error *
states_summarize(struct states *states, uint64_t now_ns,
		 void (*on_goroutine)(void *context, const struct state_goroutine *one),
		 void (*on_function)(void *context, const struct state_goroutine *one),
		 void *context)
{
	struct goroutines *goroutines = &states->goroutines;
	size_t room = goroutines->count, count;
	_cleanup_free_ struct ranked *ranked = NULL;
	struct goroutine *goroutine;

	if (room < STATES_MAX_FUNCTIONS + 1)
		room = STATES_MAX_FUNCTIONS + 1;
	ranked = calloc(room, sizeof(*ranked));
	if (!ranked)
		return error_out_of_memory();
	DL_FOREACH(goroutines->living, goroutine)
	{
		if (!states_sum_up_until(goroutine, now_ns))
			return error_out_of_memory();
	}
	count = rank_goroutines(goroutines, ranked);
	qsort(ranked, count, sizeof(*ranked), compare);
	for (size_t i = 0; i < count; i++)
		visit(&ranked[i], on_goroutine, context);
	count = rank_functions(goroutines, ranked);
	qsort(ranked, count, sizeof(*ranked), compare);
	for (size_t i = 0; i < count; i++)
		visit(&ranked[i], on_function, context);
	return NULL;
}
