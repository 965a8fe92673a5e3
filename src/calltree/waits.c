/* SPDX-License-Identifier: MIT */
/* waits.c - waits by call; see waits.h. */
#include "calltree/waits.h"

#include <stdlib.h>

#include "base/cleanup.h"

bool waits_find_calls(const struct tree *tree, uint32_t **call_of)
{
	_cleanup_free_ uint32_t *open = malloc((tree->num_calls ?: 1) * sizeof(*open));
	uint32_t *found = malloc((tree->num_waits ?: 1) * sizeof(*found));
	size_t num_open = 0;

	*call_of = NULL;
	if (!open || !found) {
		free(found);
		return false;
	}
	for (uint32_t i = 0; i < tree->num_waits; i++)
		found[i] = WAITS_NO_CALL;
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
			found[step->index] = at ? open[at - 1] : WAITS_NO_CALL;
			break;
		}
	}
	*call_of = found;
	return true;
}

/* In the order of calls, and for each in the order of time. */
static void hand_out(const struct tree *tree, const uint32_t *call_of, struct wait *waits)
{
	for (uint32_t i = 0; i < tree->num_waits; i++)
		if (call_of[i] != WAITS_NO_CALL)
			tree->calls[call_of[i]].num_waits++;
	for (uint32_t i = 0; i < tree->num_calls; i++) {
		struct call *call = &tree->calls[i];

		call->waits = call->num_waits ? waits : NULL;
		waits += call->num_waits;
		call->num_waits = 0;
	}
	for (uint32_t i = 0; i < tree->num_waits; i++) {
		struct call *call = waits_call(tree, call_of[i]);

		if (call)
			call->waits[call->num_waits++] = tree->waits[i];
	}
}

bool waits_give(const struct tree *tree, struct wait **waits)
{
	_cleanup_free_ uint32_t *call_of = NULL;

	*waits = NULL;
	if (!tree->num_waits)
		return true;
	if (!waits_find_calls(tree, &call_of))
		return false;
	*waits = malloc(tree->num_waits * sizeof(**waits));
	if (!*waits)
		return false;
	hand_out(tree, call_of, *waits);
	return true;
}

void waits_hand_down(const struct tree *tree)
{
	struct call *outermost = NULL;

	if (!tree->waits_left_out)
		return;
	for (uint32_t i = 0; i < tree->num_steps; i++)
		if (tree->steps[i].type == STEP_EXIT)
			outermost = &tree->calls[tree->steps[i].index];
	if (outermost)
		outermost->waits_left_out += (uint32_t)tree->waits_left_out;
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
