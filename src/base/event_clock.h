/* SPDX-License-Identifier: MIT */
/*
 * event_clock.h - the clock by which records tell the time, and what the wall clock said then.
 *
 * A record's time is bpf_ktime_get_ns(): the machine's CLOCK_MONOTONIC, without the offset that a
 * time namespace adds to what its processes read (time_namespaces(7)). The wall clock is not always
 * ahead of it by the same amount: somebody may set the wall clock, and while the machine sleeps
 * only the wall clock goes on. So the difference is looked at again and again. Each difference that
 * was seen is kept, with the time from which on it held.
 */
#ifndef BASE_EVENT_CLOCK_H
#define BASE_EVENT_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Where the time comes from: a test has its own. */
typedef uint64_t (*event_clock_read)(void *context, clockid_t clock);

#define EVENT_CLOCK_STEPS 64 /* kept; before the oldest of them, its offset is taken */

struct event_clock {
	event_clock_read read;
	void *context;
	int64_t namespace_ns; /* what CLOCK_MONOTONIC is ahead of events here */
	size_t num_steps;
	/* By rising time: from since_ns on, the wall clock is offset_ns ahead of events. */
	struct event_clock_step {
		uint64_t since_ns;
		int64_t offset_ns;
	} steps[EVENT_CLOCK_STEPS];
};

/* Looks for the first time. */
void event_clock_start(struct event_clock *clock);
void event_clock_start_with(struct event_clock *clock, event_clock_read read, void *context,
			    int64_t namespace_ns);

/* CLOCK_MONOTONIC of this process, for how long things take here. */
static inline uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What this thread has had of processors so far. */
static inline uint64_t thread_cpu_ns(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The time now, as a record would have it. */
uint64_t event_clock_now_ns(const struct event_clock *clock);

/*
 * Looks whether the wall clock was set. Records until now keep the old difference. Cheap: to be
 * called often.
 */
void event_clock_look(struct event_clock *clock);

/* Nanoseconds since 1970 at the time of a record. */
uint64_t event_clock_realtime_ns(const struct event_clock *clock, uint64_t event_ns);

/* The other way round: the first time of a record by then; where the wall clock was set forward over it, when
 * that was. 0: before there were any. */
uint64_t event_clock_event_ns(const struct event_clock *clock, uint64_t realtime_ns);

/* What the time namespace of a process ("self", or its number) adds to CLOCK_MONOTONIC; 0 also where
 * /proc does not say. */
int64_t event_clock_offset_of(const char *process);

/*
 * From the text of /proc/PID/timens_offsets: what is added to CLOCK_MONOTONIC; 0 when the text does
 * not say.
 */
int64_t event_clock_parse_offsets(const char *text);

#endif
