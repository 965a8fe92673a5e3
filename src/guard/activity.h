/* SPDX-License-Identifier: MIT */
/*
 * activity.h - in which functions the traced processes are, found without any probe: the kernel
 * interrupts each processor some thousand times a second and notes the stack of whoever runs there
 * (perf_event_open(2)), by frame pointers, which Go has always. A function that needs no frame hides
 * its caller, and one that hardly takes time may not be seen though it is called all the time.
 */
#ifndef GUARD_ACTIVITY_H
#define GUARD_ACTIVITY_H

#include <sys/types.h>

#include "gofuncgraph/plan.h"

struct activity;

/* Begins to look at one process, or with `only` 0 at all that have the plan's file mapped. NULL: the
 * kernel does not let us, or out of memory. */
struct activity *activity_begin(const struct plan *plan, pid_t only);

/* Takes in what was noted; to be called now and then, there is room for half a second. */
void activity_look(struct activity *activity);

/* In how many samples each of plan->funcs was. Until activity_end(). */
const uint32_t *activity_seen(const struct activity *activity);
size_t activity_num_samples(const struct activity *activity);

void activity_end(struct activity *activity); /* NULL is fine */

#endif
