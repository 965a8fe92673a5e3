/* SPDX-License-Identifier: MIT */
/* hunt.c - records of hunt, each to who takes it; see gofuncgraph/hunt.h. */
#include <stdlib.h>

#include "hunt/hunt_internal.h"

struct error *hunt_new(const struct hunt_settings *settings, const struct hunt_sink *sink,
		       struct hunt **result)
{
	struct hunt *hunt = calloc(1, sizeof(*hunt));

	*result = hunt;
	if (!hunt)
		return error_out_of_memory();
	hunt->settings = *settings;
	if (hunt->settings.num_slowest > HUNT_MAX_SLOWEST)
		hunt->settings.num_slowest = HUNT_MAX_SLOWEST;
	if (settings->code)
		hunt->code = *settings->code;
	hunt->settings.code = settings->code ? &hunt->code : NULL;
	hunt->sink = *sink;
	return NULL;
}

static void drop_all(struct hunt *hunt)
{
	while (hunt->open)
		calls_drop(hunt, hunt->open);
}

void hunt_free(struct hunt *hunt)
{
	struct hunt_target *target, *next;

	if (!hunt)
		return;
	drop_all(hunt);
	for (target = hunt->first_target; target; target = next) {
		next = target->next;
		kept_destroy(&target->kept);
		free(target);
	}
	hash_clear(&hunt->targets);
	hash_clear(&hunt->goroutines);
	processes_destroy(&hunt->processes);
	outside_clear(&hunt->outside);
	history_clear(&hunt->history);
	stacks_clear(&hunt->stacks);
	objects_clear(&hunt->objects);
	free(hunt);
}

uint64_t hunt_num_calls(const struct hunt *hunt)
{
	return hunt->num_calls;
}

/* ---- losses and ends ---- */

/* Records of the goroutine's are missing. */
static void lose(struct hunt_goroutine *goroutine, const struct record *record)
{
	if (goroutine && record->lost)
		goroutine->call.has_holes = true;
}

static void lose_some_of_all(struct hunt *hunt)
{
	for (struct hunt_goroutine *one = hunt->open; one; one = one->next)
		one->call.has_holes = true;
}

/* Calls of this function end unseen from now on. Some may still be seen to begin. */
static void take_off(struct hunt *hunt, uint32_t site)
{
	uint32_t func = hunt->sink.func_of_site(hunt->sink.context, site);
	struct hunt_target *target = hash_find(&hunt->targets, (struct hash_key){.first = func});
	struct hunt_goroutine *one, *next;

	if (!target)
		return;
	target->is_taken_off = true;
	for (one = hunt->open; one; one = next) {
		next = one->next;
		if (one->call.target == target)
			calls_drop(hunt, one);
	}
}

static void end_rest(struct hunt *hunt, uint64_t end_ns)
{
	if (hunt->rest_ns && end_ns > hunt->rest_ns)
		hunt->rested_ns += end_ns - hunt->rest_ns;
	hunt->rest_ns = 0;
}

static bool end_process(struct hunt *hunt, const struct record *record)
{
	struct process_member *member;
	bool is_full = true;

	while ((member = processes_first(&hunt->processes, record->pid))) {
		struct hunt_goroutine *goroutine =
			process_member_of(member, struct hunt_goroutine, of_process);
		is_full = calls_end(hunt, goroutine, record->time_ns, true) && is_full;
	}
	outside_forget_process(&hunt->outside, record->pid);
	return is_full;
}

static bool end_all(struct hunt *hunt, uint64_t end_ns)
{
	bool is_full = true;

	while (hunt->open)
		is_full = calls_end(hunt, hunt->open, end_ns, true) && is_full;
	return is_full;
}

/* ---- records ---- */

static bool on_entry(struct hunt *hunt, struct hunt_goroutine *goroutine,
		     const struct record *record)
{
	if (!(record->flags & RECORD_OPENS_TREE))
		return true;
	/* The end of the call before was lost. */
	if (goroutine)
		calls_drop(hunt, goroutine);
	return !record->goid || calls_begin(hunt, (const struct record_entry *)record);
}

/* It is told of the new goroutine. */
static bool on_go(struct hunt *hunt, const struct record_go *go)
{
	const struct record parent = {.goid = go->origin.by_goid, .pid = go->header.pid};
	struct hunt_goroutine *goroutine = parent.goid ? calls_find(hunt, &parent) : NULL;

	if (!goroutine)
		return true;
	return starts_add(&goroutine->call.starts, go) &&
	       (!hunt->is_sampled || outside_start(&hunt->outside, &go->header));
}

static bool on_look(struct hunt *hunt, struct hunt_goroutine *goroutine,
		    const struct record_look *look)
{
	uint32_t object = objects_of(&hunt->objects, &look->header);

	return goroutine ? calls_look(hunt, goroutine, look, object)
			 : outside_look(&hunt->outside, look, object, &hunt->history);
}

static bool on_holder(struct hunt *hunt, struct hunt_goroutine *goroutine,
		      const struct record_holder *holder)
{
	return goroutine ? calls_holder(hunt, goroutine, holder)
			 : outside_holder(&hunt->outside, holder, &hunt->history);
}

static void see_time(struct hunt *hunt, uint64_t time_ns)
{
	if (!hunt->first_ns)
		hunt->first_ns = time_ns;
	if (time_ns > hunt->last_ns)
		hunt->last_ns = time_ns;
}

static struct error *consume(struct hunt *hunt, struct hunt_goroutine *goroutine,
			     const struct record *record)
{
	bool is_full = true;

	switch (record->kind) {
	case RECORD_ENTRY:
		is_full = on_entry(hunt, goroutine, record);
		break;
	case RECORD_WAIT:
		return stacked_wait(hunt, goroutine, (const struct record_wait *)record);
	case RECORD_SHORT_WAITS:
		if (goroutine)
			calls_short_waits(goroutine, (const struct record_short_waits *)record);
		break;
	case RECORD_GO:
		is_full = on_go(hunt, (const struct record_go *)record);
		break;
	case RECORD_OFFCPU:
		return stacked_off_cpu(hunt, goroutine, (const struct record_offcpu *)record);
	case RECORD_SAMPLE:
		return stacked_sample(hunt, goroutine, (const struct record_sample *)record);
	case RECORD_STACK_COPY:
		return stacked_copy(hunt, goroutine, (const struct record_stack_copy *)record);
	case RECORD_STACK:
		return stacks_feed(&hunt->stacks, record);
	case RECORD_LOST_END:
		if (goroutine)
			calls_drop(hunt, goroutine);
		break;
	case RECORD_EXEC:
	case RECORD_PROCESS_EXIT:
		is_full = end_process(hunt, record);
		break;
	case RECORD_TAKEN_OFF:
		take_off(hunt, ((const struct record_frame *)record)->site);
		break;
	case RECORD_GAP:
	case RECORD_GAP_END:
		hunt->is_in_gap = record->kind == RECORD_GAP;
		lose_some_of_all(hunt);
		break;
	case RECORD_ONE_IN:
		hunt->one_in = ((const struct record_one_in *)record)->one_in;
		break;
	case RECORD_LOOK:
		is_full = on_look(hunt, goroutine, (const struct record_look *)record);
		break;
	case RECORD_HOLDER:
		is_full = on_holder(hunt, goroutine, (const struct record_holder *)record);
		break;
	case RECORD_REST:
		drop_all(hunt);
		hunt->rest_ns = record->time_ns;
		break;
	case RECORD_REST_END:
		end_rest(hunt, record->time_ns);
		break;
	case RECORD_STATES_OFF:
		is_full = hunt->is_sampled || calls_see_less(hunt, record->time_ns);
		hunt->is_sampled = hunt->history.is_rough = true;
		hunt->lacks_starts |= !(record->flags & RECORD_TELLS_STARTS);
		break;
	case RECORD_STATISTICS:
		hunt->lost = ((const struct record_statistics *)record)->counts[STAT_LOST];
		hunt->left_out = ((const struct record_statistics *)record)->counts[STAT_LEFT_OUT];
		break;
	case RECORD_TICK:
		stuck_look(hunt, record->time_ns);
		break;
	case RECORD_STUCK:
		if (goroutine)
			stuck_tell(hunt, goroutine, (const struct record_stuck *)record);
		break;
	case RECORD_STOPPED:
		end_rest(hunt, record->time_ns);
		is_full = end_all(hunt, record->time_ns);
	}
	return is_full ? NULL : error_out_of_memory();
}

struct error *hunt_feed(struct hunt *hunt, const struct record *record)
{
	struct hunt_goroutine *goroutine = record->goid ? calls_find(hunt, record) : NULL;
	struct error *err;

	if (record->kind != RECORD_STACK)
		see_time(hunt, record->time_ns);
	lose(goroutine, record);
	err = consume(hunt, goroutine, record);
	if (err || !(record->flags & RECORD_CLOSES_TREE) || !goroutine ||
	    record->kind == RECORD_ENTRY)
		return err;
	/* It may be gone with what the record was of. */
	goroutine = calls_find(hunt, record);
	if (goroutine && !calls_end(hunt, goroutine, record->time_ns, false))
		return error_out_of_memory();
	return NULL;
}
