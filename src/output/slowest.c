/* SPDX-License-Identifier: MIT */
#include "output/slowest.h"

#include <stdlib.h>

#include "base/cleanup.h"

#define LEAST_SHARE 10 /* one part in so many */

/* What the path is found by, for each call. */
struct slowest {
	uint32_t above, inside; /* the call around it; the longest one directly in it */
	bool is_open, has_above, has_inside;
};

static uint64_t time_of(const struct call *call)
{
	return call->end == CALL_OPEN || call_time_is_unknown(call) ? 0
								    : call->end_ns - call->start_ns;
}

uint64_t slowest_root_ns(const struct tree *tree)
{
	if (!tree->num_steps ||
	    (tree->steps[0].type != STEP_ENTRY && tree->steps[0].type != STEP_AGAIN))
		return 0;
	return time_of(&tree->calls[tree->steps[0].index]);
}

/* By the steps, since calls may have been taken out. */
static void look_through(const struct tree *tree, struct slowest *slowest)
{
	uint32_t innermost = 0;
	bool is_inside = false;

	for (uint32_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		if (step->type == STEP_ENTRY || step->type == STEP_AGAIN) {
			slowest[step->index] = (struct slowest){
				.above = innermost, .has_above = is_inside, .is_open = true};
			innermost = step->index;
			is_inside = true;
		} else if (step->type == STEP_EXIT && slowest[step->index].is_open) {
			const struct slowest *ended = &slowest[step->index];
			struct slowest *above = &slowest[ended->above];
			innermost = ended->above;
			is_inside = ended->has_above;
			if (is_inside &&
			    (!above->has_inside || time_of(&tree->calls[step->index]) >
							   time_of(&tree->calls[above->inside]))) {
				above->inside = step->index;
				above->has_inside = true;
			}
		}
	}
}

bool *slowest_path(const struct tree *tree)
{
	_cleanup_free_ struct slowest *slowest = NULL;
	uint64_t root_ns = slowest_root_ns(tree);
	uint32_t at;
	bool *path;

	if (!root_ns)
		return NULL;
	slowest = calloc(tree->num_calls, sizeof(*slowest));
	path = calloc(tree->num_calls, sizeof(*path));
	if (!slowest || !path) {
		free(path);
		return NULL;
	}
	look_through(tree, slowest);
	at = tree->steps[0].index;
	path[at] = true;
	while (slowest[at].has_inside &&
	       time_of(&tree->calls[slowest[at].inside]) >= root_ns / LEAST_SHARE) {
		at = slowest[at].inside;
		path[at] = true;
	}
	return path;
}
