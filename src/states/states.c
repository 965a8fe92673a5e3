/* SPDX-License-Identifier: MIT */
/* states.c - records into changes and sums of time; see gofuncgraph/states.h. */
#include "gofuncgraph/states.h"

#include <stdlib.h>

#include "states/internal.h"

struct error *states_new(const struct states_sink *sink, const struct states_summary *summary,
			 uint64_t start_ns, struct states **out)
{
	struct states *states = calloc(1, sizeof(*states));

	*out = states;
	if (!states)
		return error_out_of_memory();
	states->sink = *sink;
	states->summary = *summary;
	states->coverage.since_ns = start_ns;
	return NULL;
}

void states_free(struct states *states)
{
	if (!states)
		return;
	goroutines_destroy(&states->goroutines);
	free(states);
}

uint64_t states_num_forgotten(const struct states *states)
{
	return states->num_forgotten;
}

/* ---- goroutines ---- */

/* Makes room for one more: ended ones are of the least use. Without memory for that, sums lack what
 * the one had that goes. */
static void make_room(struct states *states, uint64_t now_ns)
{
	struct goroutines *goroutines = &states->goroutines;
	struct goroutine *ended = goroutines->ended;

	if (goroutines->count < STATES_MAX_GOROUTINES)
		return;
	if (ended) {
		crowd_add(&ended->function->dropped, 1, &ended->sums);
		goroutines_remove(goroutines, ended);
		return;
	}
	/* When it is met again, its time up to now must not count twice. */
	states->num_forgotten++;
	states_sum_up_until(goroutines->living, now_ns);
	goroutines_remove(goroutines, goroutines->living);
	timeline_cover_since(&states->coverage, now_ns);
}

/* Groups that it belongs to. False: out of memory. */
static bool join_groups(struct states *states, struct goroutine *goroutine,
			const struct origin *origin)
{
	struct goroutines *goroutines = &states->goroutines;
	uint32_t pid = (uint32_t)goroutine->key.second;

	if (!states->summary.tables)
		return true;
	goroutine->function = groups_find(&goroutines->functions, pid, goroutine->start_va);
	if (!goroutine->function)
		return false;
	if (states->summary.tables & 1u << STATES_STATEMENTS) {
		goroutine->statement =
			groups_find(&goroutines->statements, pid, origin ? origin->go_va : 0);
		if (!goroutine->statement)
			return false;
		group_add(goroutine->statement, goroutine->start_va);
	}
	group_add(goroutine->function, goroutine->start_va);
	return true;
}

static struct goroutine *add(struct states *states, const struct record *record)
{
	const struct origin *origin = record_origin(record);
	struct goroutines *goroutines = &states->goroutines;
	struct goroutine *goroutine;

	make_room(states, record->time_ns);
	goroutine = goroutines_add(goroutines, record->pid, record->goid);
	if (!goroutine)
		return NULL;
	goroutine->start_va = origin ? origin->start_va : 0;
	if (join_groups(states, goroutine, origin))
		return goroutine;
	goroutines_remove(goroutines, goroutine);
	return NULL;
}

/* An interval of it has begun. */
static void begin(struct goroutine *goroutine)
{
	if (goroutine->summed_ns < goroutine->timeline.since_ns)
		goroutine->summed_ns = goroutine->timeline.since_ns;
	goroutine->begin_ns = goroutine->summed_ns;
	goroutine->is_summed = false;
}

/* The goroutine is gone; what its process does under this goid later is another one. */
static void end(struct states *states, struct goroutine *goroutine)
{
	if (!states->summary.tables) {
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

/* What is common to changes and starts; of what else there is nothing is set. */
static void fill_change(struct state_change *change, const struct record *record, uint8_t old_state,
			uint8_t new_state, uint8_t reason)
{
	const struct origin *origin = record_origin(record), *other = timeline_other(record);
	bool waits =
		state_bare(old_state) == STATE_WAITING || state_bare(new_state) == STATE_WAITING;

	*change = (struct state_change){
		.time_ns = record->time_ns,
		.goid = record->goid,
		.pid = record->pid,
		.tid = record->tid,
		.old_state = old_state,
		.new_state = new_state,
		.reason = waits ? reason : 0,
		.has_reason = waits,
		.start_va = origin ? origin->start_va : 0,
	};
	/* Who is woken becomes runnable. */
	if (other && (record->kind == RECORD_GO || state_bare(new_state) == STATE_RUNNABLE)) {
		change->by_goid = other->by_goid;
		change->by_stack = (const uint64_t *)other->by_stack;
	}
}

static struct error *on_start(struct states *states, const struct record_go *go)
{
	const struct record *header = &go->header;
	struct goroutine *goroutine;
	struct state_change change;

	fill_change(&change, header, go->old_state, go->new_state, go->reason);
	change.is_start = true;
	change.go_va = go->origin.go_va;
	goroutine = goroutines_find(&states->goroutines, header->pid, header->goid);
	if (goroutine) {
		/* Goids are given once: the end of another program was lost. */
		goroutines_hide(&states->goroutines, goroutine);
		end(states, goroutine);
	}
	if (header->goid) {
		goroutine = add(states, header);
		if (!goroutine)
			return error_out_of_memory();
		timeline_start(&goroutine->timeline, go);
		begin(goroutine);
	}
	hand_on(states, &change);
	return NULL;
}

static struct goroutine *meet(struct states *states, const struct record_state *told)
{
	struct goroutine *goroutine = add(states, &told->header);

	if (goroutine) {
		timeline_meet(&goroutine->timeline, &told->header, states->coverage.since_ns);
		begin(goroutine);
	}
	return goroutine;
}

/* What it did until this change. */
static void tell_duration(const struct states *states, const struct interval *interval,
			  struct state_change *change)
{
	change->time_ns = interval->end_ns;
	if (!interval->saw_begin || interval->is_broken || !state_is_alive(interval->state))
		return;
	change->has_duration = true;
	change->duration_ns = interval->end_ns - interval->begin_ns;
	change->is_uncertain = timeline_is_doubtful(&states->coverage, interval);
}

static void count_change(struct goroutine *goroutine)
{
	goroutine->sums.changes++;
	if (goroutine->function)
		goroutine->function->all.sums.changes++;
	if (goroutine->statement)
		goroutine->statement->all.sums.changes++;
}

/* It is in its new state. */
static void take_change(struct states *states, struct goroutine *goroutine)
{
	begin(goroutine);
	if (state_is_alive(goroutine->timeline.state))
		goroutines_touch(&states->goroutines, goroutine, false);
	else
		end(states, goroutine);
}

static struct error *on_state(struct states *states, const struct record_state *told)
{
	const struct record *header = &told->header;
	struct goroutine *goroutine;
	struct state_change change;
	struct interval interval;
	enum timeline_news news;

	fill_change(&change, header, told->old_state, told->new_state, told->reason);
	if (!header->goid) {
		hand_on(states, &change);
		return NULL;
	}
	goroutine = goroutines_find(&states->goroutines, header->pid, header->goid);
	if (!goroutine && timeline_is_of_kernel(header)) /* who it is was lost */
		return NULL;
	goroutine = goroutine ?: meet(states, told);
	if (!goroutine)
		return error_out_of_memory();
	timeline_hear(&goroutine->timeline, header);
	news = timeline_judge(&goroutine->timeline, header, &interval);
	if (news == TIMELINE_NOTHING)
		return NULL;
	tell_duration(states, &interval, &change);
	if (!change.start_va)
		change.start_va = goroutine->start_va;
	if (news == TIMELINE_CHANGE && !states_sum_up(goroutine, &interval))
		return error_out_of_memory();
	hand_on(states, &change);
	if (news != TIMELINE_CHANGE)
		return NULL;
	if (!timeline_is_of_kernel(header))
		count_change(goroutine);
	take_change(states, goroutine);
	return NULL;
}

/* Another program runs under the pid, or none. */
static struct error *on_program_end(struct states *states, const struct record *record)
{
	struct goroutine *goroutine;
	bool complete = true;

	while ((goroutine = goroutines_of_process(&states->goroutines, record->pid))) {
		complete &= states_sum_up_until(goroutine, record->time_ns);
		goroutines_hide(&states->goroutines, goroutine);
		end(states, goroutine);
	}
	return complete ? NULL : error_out_of_memory();
}

static bool is_wanted(const struct states *states, const struct record *record)
{
	const struct states_sink *sink = &states->sink;

	return !sink->wants_goid || sink->wants_goid(sink->context, record->goid);
}

struct error *states_feed(struct states *states, const struct record *record)
{
	timeline_cover(&states->coverage, record);
	switch (record->kind) {
	case RECORD_STATE:
		return is_wanted(states, record)
			       ? on_state(states, (const struct record_state *)record)
			       : NULL;
	case RECORD_GO:
		return is_wanted(states, record)
			       ? on_start(states, (const struct record_go *)record)
			       : NULL;
	case RECORD_EXEC:
	case RECORD_PROCESS_EXIT:
		return on_program_end(states, record);
	default:
		return NULL;
	}
}
