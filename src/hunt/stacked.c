/* SPDX-License-Identifier: MIT */
/* stacked.c - records that have stacks: put right, and to the call or the history that they are of. */
#include "hunt/hunt_internal.h"
#include "hunt/samples.h"

static struct error *put_right(struct hunt *hunt, const struct stack_hint *hint, uint64_t *stack)
{
	return samples_put_right(hunt->settings.code, &hunt->stacks, hint, stack);
}

struct error *stacked_sample(struct hunt *hunt, struct hunt_goroutine *goroutine,
			     const struct record_sample *sample)
{
	const struct record *header = &sample->header;
	const struct stack_hint hint = {
		.stack = sample->stack,
		.top = sample->top,
		.frame = sample->frame,
		.left_at = sample->left_at,
	};
	struct history_sample entry = {
		.goroutine = {.first = header->goid, .second = header->pid},
		.time_ns = header->time_ns,
		.kind = sample->place == SAMPLE_TRACER ? PIECE_TRACER : PIECE_CPU,
	};
	struct error *err = put_right(hunt, &hint, &entry.stack);

	hunt->num_samples++;
	hunt->num_tracer_samples += sample->place == SAMPLE_TRACER;
	if (err || !header->goid)
		return err;
	if (sample->state == STATE_RUNNING && !history_add_sample(&hunt->history, &entry))
		return error_out_of_memory();
	if (goroutine && !calls_sample(hunt, goroutine, sample, entry.stack))
		return error_out_of_memory();
	return NULL;
}

struct error *stacked_wait(struct hunt *hunt, struct hunt_goroutine *goroutine,
			   const struct record_wait *wait)
{
	uint32_t object = objects_of(&hunt->objects, &wait->header);
	const struct stack_hint hint = {
		.stack = wait->stack,
		.top = wait->top,
		.frame = goroutine ? goroutine->call.frame : 0,
		.left_at = wait->left_at,
	};
	struct record_wait righted = *wait;
	uint64_t stack;
	struct error *err = put_right(hunt, &hint, &stack);

	righted.stack = stack;
	if (!err && !calls_wait(hunt, goroutine, &righted, object))
		return error_out_of_memory();
	return err;
}

struct error *stacked_off_cpu(struct hunt *hunt, struct hunt_goroutine *goroutine,
			      const struct record_offcpu *off)
{
	const struct stack_hint hint = {
		.stack = off->stack,
		.top = off->top,
		.frame = off->frame,
		.left_at = off->left_at,
	};
	struct record_offcpu righted = *off;
	uint64_t stack;
	struct error *err;

	if (!offcpu_add(&hunt->history.offcpu, off))
		return error_out_of_memory();
	if (!goroutine)
		return NULL;
	err = put_right(hunt, &hint, &stack);
	righted.stack = goroutine->call.off_stack ?: stack;
	goroutine->call.off_stack = 0;
	if (!err && !calls_off_cpu(goroutine, &righted))
		return error_out_of_memory();
	return err;
}

/* A copy follows its sample at once. */
#define MAX_COPY_DELAY_NS UINT64_C(200000)

/* Of a goroutine that is in no target: its last sample is known better now. */
static struct error *on_copy_outside(struct hunt *hunt, const struct record_stack_copy *copy)
{
	const struct hash_key key = {.first = copy->header.goid, .second = copy->header.pid};
	const struct history_sample *sample = history_last_sample(&hunt->history, key);
	uint64_t stack = 0;
	struct error *err;

	/* Of one that was not RUNNING, the sample is not there. */
	if (!sample || copy->header.time_ns - sample->time_ns > MAX_COPY_DELAY_NS)
		return NULL;
	err = samples_unwind(hunt->settings.code, &hunt->stacks, copy, &stack);
	if (stack)
		history_correct(&hunt->history, key, stack);
	return err;
}

struct error *stacked_copy(struct hunt *hunt, struct hunt_goroutine *goroutine,
			   const struct record_stack_copy *copy)
{
	struct open_call *call = goroutine ? &goroutine->call : NULL;
	struct span *span;
	struct error *err;
	struct piece *last;

	if (!call)
		return copy->is_off_cpu ? NULL : on_copy_outside(hunt, copy);
	if (copy->is_off_cpu) {
		call->off_stack = 0;
		return samples_unwind(hunt->settings.code, &hunt->stacks, copy, &call->off_stack);
	}
	span = &call->span;
	if (!call->awaits_copy || !span->count)
		return NULL;
	call->awaits_copy = false;
	last = &span->items[span->count - 1];
	if (last->kind != PIECE_CPU && last->kind != PIECE_TRACER)
		return NULL;
	err = samples_unwind(hunt->settings.code, &hunt->stacks, copy, &last->stack);
	history_correct(&hunt->history, goroutine->key, last->stack);
	return err;
}
