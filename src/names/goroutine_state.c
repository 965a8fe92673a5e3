/* SPDX-License-Identifier: MIT */
/*
 * goroutine_state.c - goroutines' states by name, as src/runtime/runtime2.go has them, without the
 * "_G"; and the one that is none of Go's.
 */
#include "names/goroutine_state.h"

#include <stdio.h>
#include <strings.h>

#include "gofuncgraph/record.h"

static const char *const names[] = {
	[STATE_IDLE] = "IDLE",           [STATE_RUNNABLE] = "RUNNABLE",
	[STATE_RUNNING] = "RUNNING",     [STATE_SYSCALL] = "SYSCALL",
	[STATE_WAITING] = "WAITING",     [STATE_MORIBUND_UNUSED] = "MORIBUND_UNUSED",
	[STATE_DEAD] = "DEAD",           [STATE_ENQUEUE_UNUSED] = "ENQUEUE_UNUSED",
	[STATE_COPYSTACK] = "COPYSTACK", [STATE_PREEMPTED] = "PREEMPTED",
	[STATE_LEAKED] = "LEAKED",       [STATE_DEAD_EXTRA] = "DEAD_EXTRA",
};

#define NO_CPU    "NO CPU"
#define NUM_NAMES (sizeof(names) / sizeof(names[0]))

const char *state_name(uint8_t state, char text[STATE_NAME_SIZE])
{
	state &= STATE_NUMBER;
	if (state == STATE_NO_CPU)
		return NO_CPU;
	if (state < NUM_NAMES)
		return names[state];
	snprintf(text, STATE_NAME_SIZE, "STATE %u", state);
	return text;
}

bool state_from_name(const char *name, uint8_t *state)
{
	if (!strcasecmp(name, NO_CPU)) {
		*state = STATE_NO_CPU;
		return true;
	}
	for (uint8_t i = 0; i < NUM_NAMES; i++) {
		if (!strcasecmp(name, names[i])) {
			*state = i;
			return true;
		}
	}
	return false;
}

const char *state_names(void)
{
	return "IDLE, RUNNABLE, RUNNING, SYSCALL, WAITING, MORIBUND_UNUSED, DEAD, ENQUEUE_UNUSED, COPYSTACK, PREEMPTED, LEAKED, DEAD_EXTRA, NO CPU";
}
