/* SPDX-License-Identifier: MIT */
#include "source/target_stacks.h"

#include <stdlib.h>

#include "gofuncgraph/stacks.h"
#include "goroutines/process_source.h"

struct target {
	struct hash_key va;
};

static bool add_targets(struct target_stacks *stacks, const struct plan *plan)
{
	bool is_full = true;

	stacks->all_targets = calloc(plan->num_funcs + 1, sizeof(*stacks->all_targets));
	for (size_t i = 0; i < plan->num_funcs && stacks->all_targets && is_full; i++) {
		struct target *target = &stacks->all_targets[i];

		target->va.first = plan->funcs[i].func->va;
		is_full = !plan->funcs[i].target || hash_find(&stacks->targets, target->va) ||
			  hash_add(&stacks->targets, &target->va);
	}
	return stacks->all_targets && is_full;
}

struct error *target_stacks_init(struct target_stacks *stacks, const struct plan *plan)
{
	struct error *err = process_source_check(plan->bin);

	*stacks = (struct target_stacks){.bin = plan->bin};
	places_init(&stacks->places, plan->bin);
	return err || add_targets(stacks, plan) ? err : error_out_of_memory();
}

void target_stacks_release(struct target_stacks *stacks)
{
	hash_clear(&stacks->targets);
	free(stacks->all_targets);
	places_release(&stacks->places);
}

struct error *target_stacks_source(struct target_stacks *stacks, const pid_t *pid,
				   struct snapshot_source *source)
{
	return process_source_find(stacks->bin, pid, &stacks->places, source);
}

static bool is_in_target(struct target_stacks *stacks, uint64_t va)
{
	const struct code_place *place = places_code(&stacks->places, va);

	return place && hash_find(&stacks->targets, (struct hash_key){.first = place->func_va});
}

static void fill(const struct snapshot *snapshot, const struct goroutine *goroutine, uint16_t count,
		 struct record_stack *stack)
{
	const uint64_t *frames = snapshot->frames + goroutine->first_frame;

	stack->count = count;
	for (uint16_t i = 0; i < count; i++)
		stack->addresses[i] = frames[i] + 1;
	stacks_name(stack);
}

bool target_stacks_take_whole(const struct snapshot *snapshot, const struct goroutine *goroutine,
			      struct record_stack *stack)
{
	if (!goroutine->num_frames)
		return false;
	stack->end = goroutine->end == UNWIND_WHOLE  ? STACK_BOTTOM
		     : goroutine->end == UNWIND_LONG ? STACK_DEEP
						     : STACK_BROKEN;
	fill(snapshot, goroutine, goroutine->num_frames, stack);
	return true;
}

bool target_stacks_take(struct target_stacks *stacks, const struct snapshot *snapshot,
			const struct goroutine *goroutine, struct record_stack *stack)
{
	const uint64_t *frames = snapshot->frames + goroutine->first_frame;
	uint16_t count = goroutine->num_frames;

	if (!count)
		return false;
	while (count && !is_in_target(stacks, frames[count - 1]))
		count--;
	stack->end = STACK_TARGET;
	if (!count && goroutine->end == UNWIND_WHOLE)
		return false;
	if (!count) {
		stack->end = goroutine->end == UNWIND_LONG ? STACK_DEEP : STACK_BROKEN;
		count = goroutine->num_frames;
	}
	fill(snapshot, goroutine, count, stack);
	return true;
}
_Static_assert(UNWIND_MAX_FRAMES <= STACK_DEPTH, "the frames of a goroutine are one stack");
