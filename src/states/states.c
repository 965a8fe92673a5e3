/* SPDX-License-Identifier: MIT */
/* states.c - records into changes and sums of time; see gofuncgraph/states.h. */
#include "gofuncgraph/states.h"

#include <stdlib.h>

#include "states/internal.h"

static uint8_t bare(uint8_t state)
{
	return state & STATE_NUMBER;
}

struct error *states_new(const struct states_sink *sink, bool summary, uint64_t start_ns,
			 struct states **out)
{
	struct states *states = calloc(1, sizeof(*states));

	*out = states;
	if (!states)
		return error_out_of_memory();
	states->sink = *sink;
	states->summary = summary;
	states->start_ns = start_ns;
	return NULL;
}

void states_free(struct states *states)
{
	if (!states)
		return;
	goroutines_destroy(&states->goroutines);
	free(states);
}

uint64_t states_num_dropped(const struct states *states)
{
	return states->num_dropped;
}

/* Who is met from now on may have been busy with something else until now_ns. */
static void meet_later(struct states *states, uint64_t now_ns)
{
	if (now_ns > states->start_ns)
		states->start_ns = now_ns;
}

void states_records_were_lost(struct states *states, uint64_t now_ns)
{
	states->lost_ns = now_ns;
	meet_later(states, now_ns);
}

/* ---- goroutines ---- */

/* Makes room for one more: ended ones are of the least use. */
static void make_room(struct states *states, uint64_t now_ns)
{
	struct goroutines *goroutines = &states->goroutines;

	if (goroutines->count < STATES_MAX_GOROUTINES)
		return;
	states->num_dropped++;
	if (goroutines->ended) {
		goroutines_remove(goroutines, goroutines->ended);
		return;
	}
	/* When it is met again, its time up to now must not count twice. Its function keeps what
	 * it has; without memory for that it lacks this much. */
	states_sum_up(goroutines->living, now_ns);
	goroutines_remove(goroutines, goroutines->living);
	meet_later(states, now_ns);
}

static struct goroutine *add(struct states *states, const struct record *record, uint64_t start_va)
{
	struct goroutines *goroutines = &states->goroutines;
	struct goroutine *goroutine;

	make_room(states, record->time_ns);
	goroutine = goroutines_add(goroutines, record->pid, record->goid);
	if (!goroutine)
		return NULL;
	goroutine->start_va = start_va;
	if (!states->summary)
		return goroutine;
	goroutine->function = goroutines_function(goroutines, record->pid, start_va);
	if (!goroutine->function) {
		goroutines_remove(goroutines, goroutine);
		return NULL;
	}
	goroutine->function->num_goroutines++;
	return goroutine;
}

static void enter_state(struct goroutine *goroutine, uint8_t state, uint64_t since_ns,
			bool saw_begin)
{
	goroutine->state = state;
	goroutine->since_ns = since_ns;
	if (goroutine->summed_ns < since_ns)
		goroutine->summed_ns = since_ns;
	goroutine->saw_begin = saw_begin;
	goroutine->begin_ns = goroutine->summed_ns;
	goroutine->is_summed = false;
}

/* The goroutine is gone; what its process does under this goid later is another one. */
static void end(struct states *states, struct goroutine *goroutine)
{
	if (!states->summary) {
		goroutines_remove(&states->goroutines, goroutine);
		return;
	}
	goroutines_touch(&states->goroutines, goroutine, true);
}

/* ---- records ---- */

static void hand_on(struct states *states, const struct state_change *change)
{
	if (states->sink.changed)
		states->sink.changed(states->sink.context, change);
}

/* What is common to changes and starts. */
static struct state_change change_of(const struct record *record, uint8_t old_state,
				     uint8_t new_state, uint8_t reason)
{
	const struct origin *origin = record_origin(record);
	struct state_change change = {
		.time_ns = record->time_ns,
		.goid = record->goid,
		.pid = record->pid,
		.tid = record->tid,
		.old_state = old_state,
		.new_state = new_state,
		.is_start = record->kind == RECORD_GO,
	};

	change.has_reason = bare(old_state) == STATE_WAITING || bare(new_state) == STATE_WAITING;
	if (change.has_reason)
		change.reason = reason;
	if (!origin)
		return change;
	change.start_va = origin->start_va;
	/* Who did it, if that was another goroutine. */
	if (origin->by_goid && origin->by_goid != record->goid &&
	    (change.is_start ||
	     (bare(old_state) == STATE_WAITING && bare(new_state) == STATE_RUNNABLE))) {
		change.by_goid = origin->by_goid;
		change.by_stack = (const uint64_t *)origin->by_stack;
	}
	return change;
}

static struct error *on_start(struct states *states, const struct record_go *go)
{
	const struct record *header = &go->header;
	struct state_change change = change_of(header, go->old_state, go->new_state, go->reason);
	struct goroutine *goroutine;

	change.go_va = go->go_va;
	goroutine = goroutines_find(&states->goroutines, header->pid, header->goid);
	if (goroutine) {
		/* Goids are given once: the end of another program was lost. */
		goroutines_hide(&states->goroutines, goroutine);
		end(states, goroutine);
	}
	if (header->goid) {
		goroutine = add(states, header, change.start_va);
		if (!goroutine)
			return error_out_of_memory();
		enter_state(goroutine, bare(go->new_state), header->time_ns, true);
		goroutine->reason = change.reason;
	}
	hand_on(states, &change);
	return NULL;
}

/* What the record says the goroutine did until now is what we believe it did. */
static bool is_expected(const struct goroutine *goroutine, const struct record_state *told)
{
	return !told->header.lost && goroutine->state == bare(told->old_state);
}

static void tell_duration(const struct states *states, const struct goroutine *goroutine,
			  struct state_change *change)
{
	if (!goroutine->saw_begin || !state_is_alive(goroutine->state))
		return;
	change->has_duration = true;
	change->duration_ns = change->time_ns - goroutine->since_ns;
	change->is_uncertain = goroutine->since_ns < states->lost_ns;
}

/* Before Go 1.21 some reasons are set after the change to STATE_WAITING. False: out of memory. */
static bool know_reason(struct goroutine *goroutine, const struct state_change *change)
{
	return !change->has_reason || goroutine->state != STATE_WAITING ||
	       states_know_reason(goroutine, change->reason);
}

/* Ends the time in the old state. False: out of memory. */
static bool leave_state(const struct states *states, struct goroutine *goroutine,
			const struct record_state *told, struct state_change *change)
{
	if (!is_expected(goroutine, told))
		return true;
	tell_duration(states, goroutine, change);
	return know_reason(goroutine, change) && states_sum_up(goroutine, change->time_ns);
}

static struct goroutine *meet(struct states *states, const struct record_state *told,
			      uint64_t start_va)
{
	struct goroutine *goroutine = add(states, &told->header, start_va);
	uint64_t since_ns = told->header.time_ns;

	if (goroutine)
		enter_state(goroutine, bare(told->old_state),
			    states->start_ns < since_ns ? states->start_ns : since_ns, false);
	return goroutine;
}

/* The same state, with or without its mark: its time goes on. */
static struct error *on_mark(struct states *states, struct goroutine *goroutine,
			     const struct record_state *told, struct state_change *change)
{
	bool complete = true;

	goroutine->has_scan = told->new_state & STATE_SCAN;
	if (is_expected(goroutine, told)) {
		tell_duration(states, goroutine, change);
		complete = know_reason(goroutine, change);
	}
	hand_on(states, change);
	return complete ? NULL : error_out_of_memory();
}

/* Told twice: where the runtime tries to swap the state itself before it calls casgstatus. The
 * collector's mark, why it had to, may have been told in between. */
static bool is_known(const struct goroutine *goroutine, const struct record_state *told)
{
	bool new_scan = told->new_state & STATE_SCAN;
	bool is_mark = bare(told->old_state) == bare(told->new_state);

	return goroutine->state == bare(told->new_state) && !told->header.lost &&
	       (!is_mark || goroutine->has_scan == new_scan);
}

static struct error *on_state(struct states *states, const struct record_state *told)
{
	const struct record *header = &told->header;
	struct state_change change =
		change_of(header, told->old_state, told->new_state, told->reason);
	uint8_t old = bare(told->old_state), new = bare(told->new_state);
	bool new_scan = told->new_state & STATE_SCAN, has_ended;
	struct goroutine *goroutine;

	if (!header->goid) {
		hand_on(states, &change);
		return NULL;
	}
	goroutine = goroutines_find(&states->goroutines, header->pid, header->goid);
	if (!goroutine)
		goroutine = meet(states, told, change.start_va);
	else if (is_known(goroutine, told))
		return NULL;
	if (!goroutine)
		return error_out_of_memory();
	if (!change.start_va)
		change.start_va = goroutine->start_va;
	if (change.time_ns < goroutine->since_ns)
		change.time_ns = goroutine->since_ns;
	/*
	 * Between casgstatus's entry, where the change is told, and the change itself it waits for
	 * the collector to take its mark away: that may be told later, and is no way back.
	 */
	if (old == new)
		return on_mark(states, goroutine, told, &change);
	if (!leave_state(states, goroutine, told, &change))
		return error_out_of_memory();
	enter_state(goroutine, new, change.time_ns, true);
	goroutine->has_scan = new_scan;
	goroutine->reason = change.reason;
	goroutine->sums.changes++;
	if (goroutine->function)
		goroutine->function->sums.changes++;
	has_ended = !state_is_alive(new);
	hand_on(states, &change);
	if (has_ended)
		end(states, goroutine);
	else
		goroutines_touch(&states->goroutines, goroutine, false);
	return NULL;
}

/* Another program runs under the pid, or none. */
static struct error *on_program_end(struct states *states, const struct record *record)
{
	struct goroutine *goroutine;
	bool complete = true;

	while ((goroutine = goroutines_of_process(&states->goroutines, record->pid))) {
		complete &= states_sum_up(goroutine, record->time_ns);
		goroutines_hide(&states->goroutines, goroutine);
		end(states, goroutine);
	}
	return complete ? NULL : error_out_of_memory();
}

struct error *states_feed(struct states *states, const struct record *record)
{
	switch (record->kind) {
	case RECORD_STATE:
		return on_state(states, (const struct record_state *)record);
	case RECORD_GO:
		return on_start(states, (const struct record_go *)record);
	case RECORD_EXEC:
	case RECORD_PROCESS_EXIT:
		return on_program_end(states, record);
	default:
		return NULL;
	}
}
