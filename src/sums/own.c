/* SPDX-License-Identifier: MIT */
#include "sums/own.h"

#include <stdlib.h>

#include "base/array.h"

/* What calls directly inside one that is open were spent on. */
struct inner {
	struct hash_key key; /* number of the open call, and of its tree */
	struct spent spent;
};

/* ---- what was spent ---- */

/* Room for another one may be made. NULL: out of memory. */
static struct part *find_part(struct spent *spent, uint8_t state, uint8_t reason)
{
	for (size_t i = 0; i < spent->num_parts; i++)
		if (spent->parts[i].state == state && spent->parts[i].reason == reason)
			return &spent->parts[i];
	if (!array_reserve(&spent->parts, &spent->capacity, spent->num_parts + 1,
			   sizeof(*spent->parts)))
		return NULL;
	spent->parts[spent->num_parts] = (struct part){.state = state, .reason = reason};
	return &spent->parts[spent->num_parts++];
}

bool spent_add_call(struct spent *spent, const struct call *call)
{
	for (uint32_t i = 0; i < call->num_parts; i++) {
		const struct part *part = &call->parts[i];
		struct part *sum = find_part(spent, part->state, part->reason);

		if (!sum)
			return false;
		sum->ns += part->ns;
	}
	return true;
}

void spent_destroy(struct spent *spent)
{
	free(spent->parts);
	*spent = (struct spent){};
}

/* ---- own time ---- */

static void inner_free(struct inner *inner)
{
	spent_destroy(&inner->spent);
	free(inner);
}

static bool add_inner(struct own *own, const struct tree *tree, const struct call *call)
{
	struct hash_key key = {call->parent, tree->number};
	struct inner *inner = hash_find(&own->inner, key);

	if (!call->parent || !call->num_parts)
		return true;
	if (!inner) {
		inner = calloc(1, sizeof(*inner));
		if (!inner)
			return false;
		inner->key = key;
		if (!hash_add(&own->inner, &inner->key)) {
			free(inner);
			return false;
		}
	}
	return spent_add_call(&inner->spent, call);
}

static void subtract(struct spent *self, const struct spent *inner)
{
	for (size_t i = 0; i < inner->num_parts; i++) {
		const struct part *part = &inner->parts[i];
		struct part *sum = find_part(self, part->state, part->reason);

		if (sum)
			sum->ns -= part->ns < sum->ns ? part->ns : sum->ns;
	}
}

bool own_call_ended(struct own *own, const struct tree *tree, const struct call *call,
		    struct spent *self)
{
	struct inner *inner = hash_find(&own->inner, (struct hash_key){call->number, tree->number});
	bool is_known = !call_time_is_unknown(call);
	bool is_complete = !is_known || spent_add_call(self, call);

	if (inner) {
		if (is_complete && is_known)
			subtract(self, &inner->spent);
		hash_remove(&own->inner, &inner->key);
		inner_free(inner);
	}
	return add_inner(own, tree, call) && is_complete;
}

void own_destroy(struct own *own)
{
	struct inner *inner;

	for (size_t at = 0; (inner = hash_next(&own->inner, &at));)
		inner_free(inner);
	hash_clear(&own->inner);
}
