/* SPDX-License-Identifier: MIT */
#include "base/event_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define NS_PER_S 1000000000ll
#define TRIES    3 /* readings: we may be interrupted between two clocks */
#define STEP_NS  50000 /* what a reading may be wrong by, and no step is smaller */

/* ---- time namespaces ---- */

int64_t event_clock_parse_offsets(const char *text)
{
	long long seconds, ns;

	for (; text; text = strchr(text, '\n'), text = text ? text + 1 : NULL)
		if (sscanf(text, "monotonic %lld %lld", &seconds, &ns) == 2)
			return seconds * NS_PER_S + ns;
	return 0;
}

/* What the file tells of is the namespace that children will be in: fs/proc/base.c, in
 * proc_timens_show_offsets(). */
static int is_in_namespace_of_children(void)
{
	char own[64] = "", of_children[64] = "";

	return readlink("/proc/self/ns/time", own, sizeof(own) - 1) > 0 &&
	       readlink("/proc/self/ns/time_for_children", of_children, sizeof(of_children) - 1) >
		       0 &&
	       !strcmp(own, of_children);
}

/* 0 before Linux 5.6, which has no such namespaces. */
int64_t event_clock_offset_of(const char *process)
{
	char path[48], text[256];

	snprintf(path, sizeof(path), "/proc/%s/timens_offsets", process);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	return event_clock_parse_offsets(text);
}

static int64_t namespace_ns(void)
{
	return is_in_namespace_of_children() ? event_clock_offset_of("self") : 0;
}

/* ---- reading ---- */

static uint64_t read_clock(void *context, clockid_t id)
{
	struct timespec now;

	(void)context;
	clock_gettime(id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

uint64_t event_clock_now_ns(const struct event_clock *clock)
{
	return clock->read(clock->context, CLOCK_MONOTONIC) - (uint64_t)clock->namespace_ns;
}

/* The reading that was least interrupted. *width_ns: what it may be wrong by. */
static struct event_clock_step measure(const struct event_clock *clock, uint64_t *width_ns)
{
	struct event_clock_step best = {};

	*width_ns = UINT64_MAX;
	for (int i = 0; i < TRIES; i++) {
		uint64_t before = event_clock_now_ns(clock);
		uint64_t wall = clock->read(clock->context, CLOCK_REALTIME);
		uint64_t after = event_clock_now_ns(clock);

		if (after - before >= *width_ns)
			continue;
		*width_ns = after - before;
		best.since_ns = after;
		best.offset_ns = (int64_t)(wall - before - *width_ns / 2);
	}
	return best;
}

/* ---- looking ---- */

void event_clock_look(struct event_clock *clock)
{
	uint64_t width_ns;
	struct event_clock_step now = measure(clock, &width_ns);
	int64_t change = now.offset_ns - clock->steps[clock->num_steps - 1].offset_ns;

	if ((uint64_t)llabs(change) <= STEP_NS + width_ns)
		return;
	if (clock->num_steps == EVENT_CLOCK_STEPS)
		memmove(clock->steps, clock->steps + 1,
			--clock->num_steps * sizeof(clock->steps[0]));
	clock->steps[clock->num_steps++] = now;
}

void event_clock_start_with(struct event_clock *clock, event_clock_read read, void *context,
			    int64_t offset_ns)
{
	uint64_t width_ns;

	*clock = (struct event_clock){
		.read = read, .context = context, .namespace_ns = offset_ns, .num_steps = 1};
	clock->steps[0] = measure(clock, &width_ns);
}

void event_clock_start(struct event_clock *clock)
{
	event_clock_start_with(clock, read_clock, NULL, namespace_ns());
}

uint64_t event_clock_realtime_ns(const struct event_clock *clock, uint64_t event_ns)
{
	size_t step = clock->num_steps - 1;

	while (step && event_ns < clock->steps[step].since_ns)
		step--;
	return event_ns + (uint64_t)clock->steps[step].offset_ns;
}

uint64_t event_clock_event_ns(const struct event_clock *clock, uint64_t realtime_ns)
{
	int64_t event_ns = 0;

	for (size_t i = 0; i < clock->num_steps; i++) {
		const struct event_clock_step *step = &clock->steps[i];

		event_ns = (int64_t)(realtime_ns - (uint64_t)step->offset_ns);
		/* That was before this step, and not before the one before it. */
		if (i && event_ns < (int64_t)step->since_ns)
			return step->since_ns;
		if (i + 1 == clock->num_steps || event_ns < (int64_t)step[1].since_ns)
			break;
	}
	return event_ns > 0 ? (uint64_t)event_ns : 0;
}
