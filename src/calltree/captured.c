/* SPDX-License-Identifier: MIT */
#include "calltree/captured.h"

#include <stdlib.h>
#include <string.h>

void captured_keep(struct calltree *trees, struct owner *owner, struct call *call,
		   const struct captured *captured)
{
	size_t size = captured ? captured_size(captured) : 0;

	if (!captured)
		return;
	if (size <= CALLTREE_MAX_CAPTURED - trees->total_captured)
		call->captured = malloc(size);
	if (!call->captured) {
		call->values_left_out = true;
		return;
	}
	memcpy(call->captured, captured, size);
	owner->num_captured++;
	trees->total_captured += size;
}

void captured_free(struct calltree *trees, struct owner *owner, struct call *call)
{
	if (!call->captured)
		return;
	trees->total_captured -= captured_size(call->captured);
	owner->num_captured--;
	free(call->captured);
	call->captured = NULL;
}
