/* SPDX-License-Identifier: MIT */
/* parts.c - what calls spent not running; see parts.h. */
#include "calltree/parts.h"

#include <stdlib.h>

bool parts_reserve_one(void *items, uint32_t count, size_t size)
{
	if (count & (count - 1) || count == 1)
		return true; /* 0 makes room for 2, then each power of two for twice as many */
	size_t room = count ? (size_t)count * 2 : 2;
	void *moved = realloc(*(void **)items, room * size);
	if (!moved)
		return false;
	*(void **)items = moved;
	return true;
}

void parts_add(struct calltree *trees, struct owner *owner, struct call *call,
	       const struct part *part)
{
	struct part *same_state = NULL;

	for (uint32_t i = 0; i < call->num_parts; i++) {
		struct part *other = &call->parts[i];
		if (other->state != part->state)
			continue;
		same_state = other;
		if (other->reason == part->reason) {
			other->ns += part->ns; /* cannot overflow: pieces of one call's time */
			return;
		}
	}
	if (trees->total_parts < MAX_TOTAL_PARTS && call->num_parts < UINT16_MAX &&
	    parts_reserve_one(&call->parts, call->num_parts, sizeof(*part))) {
		call->parts[call->num_parts++] = *part;
		owner->num_parts++;
		trees->total_parts++;
	} else if (same_state) {
		same_state->ns += part->ns;
	} else {
		add_lost(&owner->tree, 1);
	}
}

void parts_fold(struct calltree *trees, struct owner *owner, const struct call *call,
		struct call *caller)
{
	for (uint32_t i = 0; i < call->num_parts; i++)
		parts_add(trees, owner, caller, &call->parts[i]);
}

void parts_move(struct calltree *trees, struct owner *owner, struct call *call, struct call *caller)
{
	/* The few are added to the many, so that no chain of calls takes them one by one. */
	if (caller->num_parts < call->num_parts) {
		struct part *parts = caller->parts;
		uint16_t num_parts = caller->num_parts;
		caller->parts = call->parts;
		caller->num_parts = call->num_parts;
		call->parts = parts;
		call->num_parts = num_parts;
	}
	parts_fold(trees, owner, call, caller);
	parts_free(trees, owner, call);
}

void parts_free(struct calltree *trees, struct owner *owner, struct call *call)
{
	free(call->parts);
	owner->num_parts -= call->num_parts;
	trees->total_parts -= call->num_parts;
	call->parts = NULL;
	call->num_parts = 0;
}
