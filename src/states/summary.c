/* SPDX-License-Identifier: MIT */
/* summary.c - what goroutines spent their time on, summed up and put in order. */
#include <stdlib.h>
#include <utlist.h>

#include "states/internal.h"

bool states_sum_up(struct record *record, uint64_t now_ns)
{
	struct sums *both[] = {&record->sums, record->function ? &record->function->sums : NULL};
	uint8_t reason = record->state == STATE_WAITING ? record->reason : 0;

	if (!record->function || record->has_ended || !state_is_alive(record->state) ||
	    record->state > STATE_DEAD_EXTRA)
		return true;
	if (now_ns < record->summed_ns) /* a late event */
		now_ns = record->summed_ns;
	if (!sums_reserve(both[0], record->state, reason) ||
	    !sums_reserve(both[1], record->state, reason))
		return false;
	for (size_t i = 0; i < 2; i++) {
		sums_add(both[i], record->state, reason, now_ns - record->summed_ns,
			 !record->is_summed);
		if (record->state == STATE_WAITING)
			sums_wait(both[i], reason, now_ns - record->since_ns);
	}
	record->summed_ns = now_ns;
	record->is_summed = true;
	return true;
}

bool states_know_reason(struct record *record, uint8_t reason)
{
	struct sums *both[] = {&record->sums, record->function ? &record->function->sums : NULL};

	if (record->is_summed && reason != record->reason) {
		if (!sums_reserve(both[0], STATE_WAITING, reason) ||
		    !sums_reserve(both[1], STATE_WAITING, reason))
			return false;
		for (size_t i = 0; i < 2; i++)
			sums_correct(both[i], record->reason, reason,
				     record->summed_ns - record->begin_ns,
				     record->summed_ns - record->since_ns);
	}
	record->reason = reason;
	return true;
}

/* What is visited, by falling time not running. */
struct ranked {
	uint64_t not_running_ns;
	const struct record *record;	 /* or */
	const struct function *function; /* this */
};

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct record_key *one = x->record ? &x->record->key : &x->function->key;
	const struct record_key *other = y->record ? &y->record->key : &y->function->key;

	if (x->not_running_ns != y->not_running_ns)
		return x->not_running_ns < y->not_running_ns ? 1 : -1;
	if (one->pid != other->pid)
		return one->pid < other->pid ? -1 : 1;
	return one->id < other->id ? -1 : one->id > other->id;
}

static void visit(const struct ranked *ranked,
		  void (*visitor)(void *context, const struct state_goroutine *one), void *context)
{
	const struct record *record = ranked->record;
	const struct function *function = ranked->function;
	struct state_goroutine one;

	if (record)
		one = (struct state_goroutine){
			.pid = (uint32_t)record->key.pid,
			.goid = record->key.id,
			.start_va = record->start_va,
			.num_goroutines = 1,
			.has_ended = record->has_ended,
		};
	else
		one = (struct state_goroutine){
			.pid = (uint32_t)function->key.pid,
			.start_va = function->key.id,
			.num_goroutines = function->num_goroutines,
		};
	sums_expand(record ? &record->sums : &function->sums, &one.sums);
	visitor(context, &one);
}

static size_t rank_goroutines(struct records *records, struct ranked *ranked)
{
	const struct record *lists[] = {records->living, records->ended}, *record;
	size_t count = 0;

	for (size_t i = 0; i < 2; i++)
		DL_FOREACH(lists[i], record)
	ranked[count++] = (struct ranked){.not_running_ns = sums_not_running_ns(&record->sums),
					  .record = record};
	return count;
}

static size_t rank_functions(struct records *records, struct ranked *ranked)
{
	const struct function *function;
	size_t count = 0;

	for (function = records->functions; function; function = function->hh.next)
		ranked[count++] =
			(struct ranked){.not_running_ns = sums_not_running_ns(&function->sums),
					.function = function};
	if (records->others.num_goroutines)
		ranked[count++] = (struct ranked){
			.not_running_ns = sums_not_running_ns(&records->others.sums),
			.function = &records->others};
	return count;
}

struct error *states_summarize(struct states *states, uint64_t now_ns,
			       void (*goroutine)(void *context, const struct state_goroutine *one),
			       void (*function)(void *context, const struct state_goroutine *one),
			       void *context)
{
	struct records *records = &states->records;
	size_t room = records->count, count;
	_cleanup_free_ struct ranked *ranked = NULL;
	struct record *record;

	if (room < STATES_MAX_FUNCTIONS + 1)
		room = STATES_MAX_FUNCTIONS + 1;
	ranked = calloc(room, sizeof(*ranked));
	if (!ranked)
		return error_out_of_memory();
	DL_FOREACH(records->living, record)
	if (!states_sum_up(record, now_ns))
		return error_out_of_memory();
	count = rank_goroutines(records, ranked);
	qsort(ranked, count, sizeof(*ranked), compare);
	for (size_t i = 0; i < count; i++)
		visit(&ranked[i], goroutine, context);
	count = rank_functions(records, ranked);
	qsort(ranked, count, sizeof(*ranked), compare);
	for (size_t i = 0; i < count; i++)
		visit(&ranked[i], function, context);
	return NULL;
}
