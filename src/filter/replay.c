/* SPDX-License-Identifier: MIT */
/* replay.c - calls of kept trees; see replay.h. Recursive: the calltree bounds how deep trees nest. */
#include "filter/replay.h"

#include "calltree/waits.h"

/* Nobody knows which calls they were in: the outermost that ends here has all of them. */
static void hand_down_left_out(struct tree *tree)
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

static bool replay_step(const struct calltree_sink *sink, struct tree *tree,
			const struct step *step)
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
	bool is_complete = true;

	if (!waits_give(tree, &waits))
		return false;
	hand_down_left_out(tree);
	for (uint32_t i = 0; i < tree->num_steps; i++)
		is_complete &= replay_step(sink, tree, &tree->steps[i]);
	waits_take_back(tree);
	return is_complete;
}
