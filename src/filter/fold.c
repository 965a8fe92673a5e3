/* SPDX-License-Identifier: MIT */
/* fold.c - calls told by number; see fold.h. Recursive: the calltree bounds how deep trees nest. */
#include "filter/fold.h"

#include <stdlib.h>

struct folding {
	const struct filter_options *options;
	struct tree *tree;
	uint32_t *shown; /* calls that are open and stay, the innermost last: indices */
	uint32_t num_shown;
	uint32_t num_hidden; /* open inside of those, and folded */
	bool is_complete;
};

static bool is_wanted(const struct folding *folding, const struct step *step)
{
	const struct filter_options *options = folding->options;
	const struct call *call = &folding->tree->calls[step->index];

	if (!call->depth || !folding->num_shown)
		return true;
	if (options->depth && call->depth >= options->depth)
		return false;
	return step->type == STEP_AGAIN || call->end == CALL_OPEN ||
	       call->end_ns - call->start_ns >= options->min_duration_ns;
}

static struct call *innermost_shown(const struct folding *folding)
{
	return &folding->tree->calls[folding->shown[folding->num_shown - 1]];
}

/* The three below return true for a step that stays. */
static bool enter(struct folding *folding, const struct step *step)
{
	if (folding->num_hidden || !is_wanted(folding, step)) {
		folding->num_hidden++;
		return false;
	}
	folding->shown[folding->num_shown++] = step->index;
	return true;
}

static bool leave(struct folding *folding, const struct step *step)
{
	const struct call *call = &folding->tree->calls[step->index];

	if (!folding->num_hidden) {
		folding->num_shown--;
		return true;
	}
	struct call *by = innermost_shown(folding);
	by->folded_calls++;
	if (!--folding->num_hidden)
		by->folded_ns += call->end_ns - call->start_ns;
	return false;
}

static bool start(struct folding *folding, const struct step *step)
{
	struct start *one = &folding->tree->starts[step->index];

	if (folding->num_hidden)
		one->depth = innermost_shown(folding)->depth;
	if (one->tree && !fold_calls(folding->options, one->tree))
		folding->is_complete = false;
	return true;
}

static bool stays(struct folding *folding, const struct step *step)
{
	switch (step->type) {
	case STEP_ENTRY:
	case STEP_AGAIN:
		return enter(folding, step);
	case STEP_EXIT:
		return leave(folding, step);
	case STEP_START:
		return start(folding, step);
	default:
		return !folding->num_hidden;
	}
}

bool fold_calls(const struct filter_options *options, struct tree *tree)
{
	_cleanup_free_ uint32_t *shown = NULL;
	struct folding folding = {.options = options, .tree = tree, .is_complete = true};
	uint32_t kept = 0;

	if (!options->min_duration_ns && !options->depth)
		return true;
	shown = malloc((tree->num_calls ?: 1) * sizeof(*shown));
	if (!shown)
		return false;
	folding.shown = shown;
	for (uint32_t i = 0; i < tree->num_steps; i++) {
		struct step step = tree->steps[i];

		if (stays(&folding, &step))
			tree->steps[kept++] = step;
	}
	tree->num_steps = kept;
	return folding.is_complete;
}
