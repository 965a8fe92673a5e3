/* SPDX-License-Identifier: MIT */
/*
 * stuck.c - calls that are open for much longer than others took: each is told once, while it is open, so that
 * somebody looks what it does; and what that was.
 */
#include "hunt/hunt_internal.h"

#include <string.h>

#define STUCK_NS    UINT64_C(5000000000)
#define STUCK_TIMES 10

/* When a call of the target counts as stuck. */
static uint64_t limit_of(const struct hunt *hunt, const struct hunt_target *target)
{
	uint64_t max_ns = target->kept.durations.max;

	if (hunt->settings.stuck_ns)
		return hunt->settings.stuck_ns;
	if (max_ns > UINT64_MAX / STUCK_TIMES)
		return UINT64_MAX;
	return max_ns * STUCK_TIMES > STUCK_NS ? max_ns * STUCK_TIMES : STUCK_NS;
}

static uint64_t least_limit(const struct hunt *hunt)
{
	return hunt->settings.stuck_ns && hunt->settings.stuck_ns < STUCK_NS
		       ? hunt->settings.stuck_ns
		       : STUCK_NS;
}

static struct hunt_open open_of(const struct hunt_goroutine *goroutine, uint64_t now_ns)
{
	const struct open_call *call = &goroutine->call;

	return (struct hunt_open){.func = (uint32_t)call->target->func.first,
				  .site = call->site,
				  .pid = (uint32_t)goroutine->key.second,
				  .goid = goroutine->key.first,
				  .g = call->g,
				  .start_ns = call->start_ns,
				  .now_ns = now_ns};
}

void stuck_look(struct hunt *hunt, uint64_t now_ns)
{
	uint64_t least_ns = least_limit(hunt);
	struct hunt_goroutine *goroutine;
	struct hunt_open open;

	if (!hunt->sink.overdue)
		return;
	/* Those that began first are first. */
	for (goroutine = hunt->open; goroutine; goroutine = goroutine->next) {
		struct open_call *call = &goroutine->call;
		uint64_t open_ns = now_ns > call->start_ns ? now_ns - call->start_ns : 0;

		if (open_ns < least_ns)
			return;
		if (call->was_told || open_ns < limit_of(hunt, call->target))
			continue;
		call->was_told = true;
		open = open_of(goroutine, now_ns);
		hunt->sink.overdue(hunt->sink.context, &open);
	}
}

void stuck_tell(struct hunt *hunt, const struct hunt_goroutine *goroutine,
		const struct record_stuck *look)
{
	uint64_t start_ns = goroutine->call.start_ns, now_ns = look->header.time_ns;
	struct hunt_open open = open_of(goroutine, now_ns > start_ns ? now_ns : start_ns);

	if (hunt->sink.stuck)
		hunt->sink.stuck(hunt->sink.context, &open, look,
				 stacks_find(&hunt->stacks, look->stack));
}

const struct known_stack *hunt_stack(const struct hunt *hunt, uint64_t id)
{
	return stacks_find(&hunt->stacks, id);
}

/* ---- what it waits on ---- */

/* From the innermost frame on, as far as what was found last goes: to the target. */
static bool is_same_stack(const struct known_stack *last, const struct known_stack *stack)
{
	return last && stack && last->count <= stack->count &&
	       memcmp(last->addresses, stack->addresses,
		      last->count * sizeof(last->addresses[0])) == 0;
}

/* 0: unknown. */
static uint32_t object_found_last(const struct hunt *hunt, const struct record_stuck *look)
{
	const struct hunt_goroutine *goroutine = calls_find(hunt, &look->header);
	const struct stretch *last = goroutine ? &goroutine->call.stretch : NULL;

	if (!last || !last->last_ns || last->state != look->state ||
	    !is_same_stack(stacks_find(&hunt->stacks, last->stack),
			   stacks_find(&hunt->stacks, look->stack)))
		return 0;
	return last->object;
}

bool hunt_stuck_on(struct hunt *hunt, const struct record_stuck *look, struct hunt_object *object)
{
	uint32_t number =
		objects_number(&hunt->objects, &look->on) ?: object_found_last(hunt, look);

	if (number)
		*object = objects_find(&hunt->objects, number);
	return number;
}
