/* SPDX-License-Identifier: MIT */
/*
 * stuck.c - calls that are open for much longer than others took: each is told once, while it is open.
 */
#include "hunt/hunt_internal.h"

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

void stuck_look(struct hunt *hunt, uint64_t now_ns)
{
	uint64_t least_ns = least_limit(hunt);
	struct hunt_goroutine *goroutine;

	if (!hunt->sink.stuck)
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
		hunt->sink.stuck(hunt->sink.context,
				 &(struct hunt_open){.func = (uint32_t)call->target->func.first,
						     .site = call->site,
						     .pid = (uint32_t)goroutine->key.second,
						     .goid = goroutine->key.first,
						     .g = call->g,
						     .start_ns = call->start_ns,
						     .now_ns = now_ns});
	}
}
