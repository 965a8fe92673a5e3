/* SPDX-License-Identifier: MIT */
/* replay.c - calls of kept trees; see replay.h. Recursive: the calltree bounds how deep trees nest. */
#include "filter/replay.h"

#include "calltree/waits.h"

static void replay_wait(const struct calltree_sink *sink, const struct tree *tree,
			const struct call *call, const struct wait *wait)
{
	if (call)
		sink->wait_ended(sink->context, tree, call, wait);
}

/* `call_of`: the calls of waits; NULL: these have been given to them. */
static bool replay_step(const struct calltree_sink *sink, struct tree *tree,
			const uint32_t *call_of, const struct step *step)
{
	switch (step->type) {
	case STEP_ENTRY:
		if (sink->call_began)
			sink->call_began(sink->context, tree, &tree->calls[step->index]);
		return true;
	case STEP_EXIT:
		if (sink->call_ended)
			sink->call_ended(sink->context, tree, &tree->calls[step->index]);
		return true;
	case STEP_WAIT:
		if (call_of)
			replay_wait(sink, tree, waits_call(tree, call_of[step->index]),
				    &tree->waits[step->index]);
		return true;
	case STEP_START:
		return !tree->starts[step->index].tree ||
		       replay_calls(sink, tree->starts[step->index].tree);
	default:
		return true;
	}
}

bool replay_calls(const struct calltree_sink *sink, struct tree *tree)
{
	_cleanup_free_ struct wait *waits = NULL;
	_cleanup_free_ uint32_t *call_of = NULL;
	/* What calls have left out grows by it: once, by who shows it. */
	bool takes_waits = sink->call_ended && sink->min_wait_ns;
	bool is_complete = true;

	if (sink->wait_ended ? !waits_find_calls(tree, &call_of)
			     : takes_waits && !waits_give(tree, &waits))
		return false;
	if (takes_waits)
		waits_hand_down(tree);
	for (uint32_t i = 0; i < tree->num_steps; i++)
		is_complete &= replay_step(sink, tree, call_of, &tree->steps[i]);
	if (takes_waits)
		waits_take_back(tree);
	return is_complete;
}
