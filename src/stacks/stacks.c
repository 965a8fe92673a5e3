/* SPDX-License-Identifier: MIT */
#include "gofuncgraph/stacks.h"

#include <stdlib.h>
#include <string.h>

struct error *stacks_feed(struct stacks *stacks, const struct record *record)
{
	const struct record_stack *told = (const struct record_stack *)record;
	struct known_stack *stack;
	size_t size;

	if (record->kind != RECORD_STACK || stacks->by_id.count >= MAX_STACKS ||
	    stacks_find(stacks, told->id))
		return NULL;
	size = told->count * sizeof(*stack->addresses);
	stack = malloc(sizeof(*stack) + size);
	if (!stack)
		return error_out_of_memory();
	stack->id = (struct hash_key){.first = told->id};
	stack->count = told->count;
	stack->end = told->end;
	memcpy(stack->addresses, told->addresses, size);
	if (hash_add(&stacks->by_id, &stack->id))
		return NULL;
	free(stack);
	return error_out_of_memory();
}

const struct known_stack *stacks_find(const struct stacks *stacks, uint64_t id)
{
	return hash_find(&stacks->by_id, (struct hash_key){.first = id});
}

void stacks_clear(struct stacks *stacks)
{
	hash_free_items(&stacks->by_id);
}

void stacks_name(struct record_stack *stack)
{
	uint64_t hash = hash_mix(stack->count | (uint64_t)stack->end << 16);

	for (size_t i = 0; i < stack->count; i++)
		hash = hash_mix(hash ^ stack->addresses[i]) + i;
	stack->id = hash ? hash : 1;
	stack->header = (struct record){
		.kind = RECORD_STACK,
		.size = (uint16_t)(offsetof(struct record_stack, addresses) +
				   stack->count * sizeof(*stack->addresses)),
	};
}
