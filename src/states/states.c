/* SPDX-License-Identifier: MIT */
/* states.c - events into changes and sums of time; see gofuncgraph/states.h. */
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
	records_destroy(&states->records);
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

void states_events_were_lost(struct states *states, uint64_t now_ns)
{
	states->lost_ns = now_ns;
	meet_later(states, now_ns);
}

/* ---- records ---- */

/* Makes room for one more: ended ones are of the least use. */
static void make_room(struct states *states, uint64_t now_ns)
{
	struct records *records = &states->records;

	if (records->count < STATES_MAX_GOROUTINES)
		return;
	states->num_dropped++;
	if (records->ended) {
		records_remove(records, records->ended);
		return;
	}
	/* When it is met again, its time up to now must not count twice. Its function keeps what
	 * it has; without memory for that it lacks this much. */
	states_sum_up(records->living, now_ns);
	records_remove(records, records->living);
	meet_later(states, now_ns);
}

static struct record *add(struct states *states, const struct event *event, uint64_t start_va)
{
	struct records *records = &states->records;
	struct record *record;

	make_room(states, event->time_ns);
	record = records_add(records, event->pid, event->goid);
	if (!record)
		return NULL;
	record->start_va = start_va;
	if (!states->summary)
		return record;
	record->function = records_function(records, event->pid, start_va);
	if (!record->function) {
		records_remove(records, record);
		return NULL;
	}
	record->function->num_goroutines++;
	return record;
}

static void enter_state(struct record *record, uint8_t state, uint64_t since_ns, bool saw_begin)
{
	record->state = state;
	record->since_ns = since_ns;
	if (record->summed_ns < since_ns)
		record->summed_ns = since_ns;
	record->saw_begin = saw_begin;
	record->begin_ns = record->summed_ns;
	record->is_summed = false;
}

/* The goroutine is gone; what its process does under this goid later is another one. */
static void end(struct states *states, struct record *record)
{
	if (!states->summary) {
		records_remove(&states->records, record);
		return;
	}
	records_touch(&states->records, record, true);
}

/* ---- events ---- */

static const struct goroutine_event *more_of(const struct event *event)
{
	return event->flags & EVENT_HAS_MORE ? (const struct goroutine_event *)event : NULL;
}

static void hand_on(struct states *states, const struct state_change *change)
{
	if (states->sink.changed)
		states->sink.changed(states->sink.context, change);
}

static struct state_change change_of(const struct event *event)
{
	const struct goroutine_event *more = more_of(event);
	struct state_change change = {
		.time_ns = event->time_ns,
		.goid = event->goid,
		.pid = event->pid,
		.tid = event->tid,
		.old_state = event->old_state,
		.new_state = event->new_state,
	};

	if (event->reason <= UINT8_MAX &&
	    (bare(event->old_state) == STATE_WAITING || bare(event->new_state) == STATE_WAITING)) {
		change.has_reason = true;
		change.reason = event->reason;
	}
	if (more)
		change.start_va = more->start_va;
	return change;
}

/* Who did it, if that was another goroutine. */
static void tell_who(struct state_change *change, const struct event *event)
{
	const struct goroutine_event *more = more_of(event);

	if (!more || !more->by_goid || more->by_goid == event->goid)
		return;
	if (!change->is_start &&
	    (bare(event->old_state) != STATE_WAITING || bare(event->new_state) != STATE_RUNNABLE))
		return;
	change->by_goid = more->by_goid;
	change->by_stack = (const uint64_t *)more->by_stack;
}

static struct error *on_start(struct states *states, const struct event *event)
{
	struct state_change change = change_of(event);
	struct record *record;

	change.is_start = true;
	change.go_va = event->caller_va;
	tell_who(&change, event);
	record = records_find(&states->records, event->pid, event->goid);
	if (record) {
		/* Goids are given once: the end of another program was lost. */
		records_hide(&states->records, record);
		end(states, record);
	}
	if (event->goid) {
		record = add(states, event, change.start_va);
		if (!record)
			return error_out_of_memory();
		enter_state(record, bare(event->new_state), event->time_ns, true);
		record->reason = change.reason;
	}
	hand_on(states, &change);
	return NULL;
}

/* What the event says the goroutine did until now is what we believe it did. */
static bool is_expected(const struct record *record, const struct event *event)
{
	return !event->lost && record->state == bare(event->old_state);
}

static void tell_duration(const struct states *states, const struct record *record,
			  struct state_change *change)
{
	if (!record->saw_begin || !state_is_alive(record->state))
		return;
	change->has_duration = true;
	change->duration_ns = change->time_ns - record->since_ns;
	change->is_uncertain = record->since_ns < states->lost_ns;
}

/* Before Go 1.21 some reasons are set after the change to STATE_WAITING. False: out of memory. */
static bool know_reason(struct record *record, const struct state_change *change)
{
	return !change->has_reason || record->state != STATE_WAITING ||
	       states_know_reason(record, change->reason);
}

/* Ends the time in the old state. False: out of memory. */
static bool leave_state(const struct states *states, struct record *record,
			const struct event *event, struct state_change *change)
{
	if (!is_expected(record, event))
		return true;
	tell_duration(states, record, change);
	return know_reason(record, change) && states_sum_up(record, change->time_ns);
}

static struct record *meet(struct states *states, const struct event *event, uint64_t start_va)
{
	struct record *record = add(states, event, start_va);
	uint64_t since_ns = event->time_ns;

	if (record)
		enter_state(record, bare(event->old_state),
			    states->start_ns < since_ns ? states->start_ns : since_ns, false);
	return record;
}

/* The same state, with or without its mark: its time goes on. */
static struct error *on_mark(struct states *states, struct record *record,
			     const struct event *event, struct state_change *change)
{
	bool complete = true;

	record->has_scan = event->new_state & STATE_SCAN;
	if (is_expected(record, event)) {
		tell_duration(states, record, change);
		complete = know_reason(record, change);
	}
	hand_on(states, change);
	return complete ? NULL : error_out_of_memory();
}

/* Told twice: where the runtime tries to swap the state itself before it calls casgstatus. The
 * collector's mark, why it had to, may have been told in between. */
static bool is_known(const struct record *record, const struct event *event)
{
	bool new_scan = event->new_state & STATE_SCAN;
	bool is_mark = bare(event->old_state) == bare(event->new_state);

	return record->state == bare(event->new_state) && !event->lost &&
	       (!is_mark || record->has_scan == new_scan);
}

static struct error *on_state(struct states *states, const struct event *event)
{
	struct state_change change = change_of(event);
	uint8_t old = bare(event->old_state), new = bare(event->new_state);
	bool new_scan = event->new_state & STATE_SCAN, has_ended;
	struct record *record;

	tell_who(&change, event);
	if (!event->goid) {
		hand_on(states, &change);
		return NULL;
	}
	record = records_find(&states->records, event->pid, event->goid);
	if (!record)
		record = meet(states, event, change.start_va);
	else if (is_known(record, event))
		return NULL;
	if (!record)
		return error_out_of_memory();
	if (!change.start_va)
		change.start_va = record->start_va;
	if (change.time_ns < record->since_ns)
		change.time_ns = record->since_ns;
	/*
	 * Between casgstatus's entry, where the change is told, and the change itself it waits for
	 * the collector to take its mark away: that may be told later, and is no way back.
	 */
	if (old == new)
		return on_mark(states, record, event, &change);
	if (!leave_state(states, record, event, &change))
		return error_out_of_memory();
	enter_state(record, new, change.time_ns, true);
	record->has_scan = new_scan;
	record->reason = change.reason;
	record->sums.changes++;
	if (record->function)
		record->function->sums.changes++;
	has_ended = !state_is_alive(new);
	hand_on(states, &change);
	if (has_ended)
		end(states, record);
	else
		records_touch(&states->records, record, false);
	return NULL;
}

/* Another program runs under the pid, or none. */
static struct error *on_program_end(struct states *states, const struct event *event)
{
	struct record *record;
	bool complete = true;

	while ((record = records_of_process(&states->records, event->pid))) {
		complete &= states_sum_up(record, event->time_ns);
		records_hide(&states->records, record);
		end(states, record);
	}
	return complete ? NULL : error_out_of_memory();
}

struct error *states_feed(struct states *states, const struct event *event)
{
		switch (event->kind) {
	case EVENT_STATE:
		return on_state(states, event);
	case EVENT_GO:
		return on_start(states, event);
	case EVENT_EXEC:
	case EVENT_PROCESS_EXIT:
		return on_program_end(states, event);
	default:
		return NULL;
	}
}
