/* SPDX-License-Identifier: MIT */
/* waits.c - waits by call; see waits.h. */
#include "calltree/waits.h"

#include <stdlib.h>

#include "base/cleanup.h"

#define NO_CALL UINT32_MAX

/* Of each wait the call that it was in, or NO_CALL. `open` has room for all calls. */
static void find_calls(const struct tree *tree, uint32_t *open, uint32_t *call_of)
{
	size_t num_open = 0;

	for (uint32_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		size_t at = num_open;

		switch (step->type) {
		case STEP_ENTRY:
		case STEP_AGAIN:
			open[num_open++] = step->index;
			break;
		case STEP_EXIT:
			num_open--;
			break;
		case STEP_WAIT:
			/* Deeper ones were opened meanwhile. */
			while (at &&
			       tree->calls[open[at - 1]].depth > tree->waits[step->index].depth)
				at--;
			call_of[step->index] = at ? open[at - 1] : NO_CALL;
			break;
		}
	}
}

/* In the order of calls, and for each in the order of time. */
static void hand_out(const struct tree *tree, const uint32_t *call_of, struct wait *waits)
{
	for (uint32_t i = 0; i < tree->num_waits; i++)
		if (call_of[i] != NO_CALL)
			tree->calls[call_of[i]].num_waits++;
	for (uint32_t i = 0; i < tree->num_calls; i++) {
		struct call *call = &tree->calls[i];

		call->waits = call->num_waits ? waits : NULL;
		waits += call->num_waits;
		call->num_waits = 0;
	}
	for (uint32_t i = 0; i < tree->num_waits; i++) {
		struct call *call = call_of[i] == NO_CALL ? NULL : &tree->calls[call_of[i]];

		if (call)
			call->waits[call->num_waits++] = tree->waits[i];
	}
}

bool waits_give(const struct tree *tree, struct wait **waits)
{
	size_t count = tree->num_waits;
	_cleanup_free_ uint32_t *open = NULL, *call_of = NULL;

	*waits = NULL;
	if (!count)
		return true;
	open = malloc((tree->num_calls ?: 1) * sizeof(*open));
	call_of = malloc(count * sizeof(*call_of));
	*waits = malloc(count * sizeof(**waits));
	if (!open || !call_of || !*waits) {
		free(take_pointer(*waits));
		return false;
	}
	for (size_t i = 0; i < count; i++)
		call_of[i] = NO_CALL;
	find_calls(tree, open, call_of);
	hand_out(tree, call_of, *waits);
	return true;
}

void waits_take_back(const struct tree *tree)
{
	for (uint32_t i = 0; tree->num_waits && i < tree->num_calls; i++) {
		struct call *call = &tree->calls[i];

		if (call->end == CALL_OPEN)
			call->waits_left_out += call->num_waits;
		call->waits = NULL;
		call->num_waits = 0;
	}
}
