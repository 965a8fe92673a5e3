/* SPDX-License-Identifier: MIT */
#include "calltree/captured.h"

#include <stdlib.h>
#include <string.h>

#include "values/go_dictionary.h"

static void keep(struct calltree *trees, struct owner *owner, const struct captured *captured,
		 struct captured **copy, bool *is_left_out)
{
	size_t size = captured ? captured_size(captured) : 0;

	if (!captured)
		return;
	if (size <= CALLTREE_MAX_CAPTURED - trees->total_captured)
		*copy = malloc(size);
	if (!*copy) {
		*is_left_out = true;
		return;
	}
	memcpy(*copy, captured, size);
	owner->num_captured++;
	trees->total_captured += size;
}

void captured_keep(struct calltree *trees, struct owner *owner, struct call *call,
		   const struct captured *captured)
{
	keep(trees, owner, captured, &call->captured, &call->values_left_out);
}

void captured_keep_results(struct calltree *trees, struct owner *owner, struct call *call,
			   const struct captured *captured)
{
	keep(trees, owner, captured, &call->results, &call->results_left_out);
	/* Where records were lost since its entry, this may be the return of another call. */
	if (call->results && !call->incomplete)
		go_dictionary_hand_on(trees->sink.values, call->captured, call->results);
}

static void drop(struct calltree *trees, struct owner *owner, struct captured **copy)
{
	if (!*copy)
		return;
	trees->total_captured -= captured_size(*copy);
	owner->num_captured--;
	free(*copy);
	*copy = NULL;
}

void captured_free(struct calltree *trees, struct owner *owner, struct call *call)
{
	drop(trees, owner, &call->captured);
	drop(trees, owner, &call->results);
}
