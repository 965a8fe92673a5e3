/* SPDX-License-Identifier: MIT */
#include "command/hunt_memory.h"

#include "base/log.h"
#include "base/text.h"
#include "gofuncgraph/live.h"
#include "gofuncgraph/stacks.h"
#include "goroutines/process_source.h"

/* ---- goroutines ---- */

static void forget(struct hunt_memory *memory)
{
	snapshot_release(&memory->snapshot);
	error_free(memory->err);
	memory->err = NULL;
	memory->pid = 0;
}

static void take(struct hunt_memory *memory, pid_t pid)
{
	struct snapshot_source source = {0};

	forget(memory);
	memory->pid = pid;
	memory->err = snapshot_source_of_process(memory->plan->bin, &memory->pid, memory->places,
						 &source);
	if (!memory->err)
		memory->err = snapshot_take(&source, &memory->snapshot);
	if (memory->err)
		log_warning("what stuck calls do is not known: %s", error_message(memory->err));
}

/* NULL: it is not there, or nothing can be read (memory->err). */
static const struct goroutine *find(struct hunt_memory *memory, pid_t pid, uint64_t goid)
{
	const struct snapshot *snapshot = &memory->snapshot;

	if (memory->pid != pid)
		take(memory, pid);
	for (size_t i = 0; !memory->err && i < snapshot->count; i++)
		if (snapshot->goroutines[i].goid == goid)
			return &snapshot->goroutines[i];
	return NULL;
}

/* Its stack as return addresses, the innermost first. */
static void copy_stack(const struct hunt_memory *memory, const struct goroutine *goroutine,
		       const struct record *header, struct record_stack *stack)
{
	stack->count = (uint16_t)goroutine->num_frames;
	stack->end = STACK_BOTTOM;
	for (size_t i = 0; i < goroutine->num_frames; i++)
		stack->addresses[i] = memory->snapshot.frames[goroutine->first_frame + i] + 1;
	stacks_name(stack);
	stack->header.time_ns = header->time_ns;
	stack->header.pid = header->pid;
}

/* ---- stuck calls ---- */

void hunt_memory_add_stuck(struct hunt_memory *memory, const struct hunt_open *call)
{
	if (memory->num_stuck == STUCK_MAX)
		memory->num_more++;
	else
		memory->stuck[memory->num_stuck++] = *call;
}

static enum stuck_why why_no_stack(const struct hunt_memory *memory,
				   const struct goroutine *goroutine)
{
	if (memory->err)
		return STUCK_NO_MEMORY;
	if (!goroutine)
		return STUCK_GONE;
	if (goroutine->has_moved)
		return STUCK_WENT_ON;
	if (goroutine->state == STATE_RUNNING)
		return STUCK_RUNS;
	return goroutine->num_frames ? STUCK_HAS_STACK : STUCK_UNREADABLE;
}

static void look(struct hunt_memory *memory, const struct hunt_open *call,
		 const struct source *source, const struct record_sink *sink)
{
	const struct goroutine *goroutine = find(memory, (pid_t)call->pid, call->goid);
	struct record_stack stack;
	struct record_stuck stuck = {
		.header = {.kind = RECORD_STUCK,
			   .size = sizeof(stuck),
			   .time_ns = call->now_ns,
			   .goid = call->goid,
			   .pid = call->pid},
		.is_found = goroutine != NULL,
		.why_no_stack = why_no_stack(memory, goroutine),
	};

	if (goroutine) {
		stuck.state = goroutine->state;
		stuck.reason = goroutine->reason;
	}
	if (stuck.why_no_stack == STUCK_HAS_STACK) {
		copy_stack(memory, goroutine, &stuck.header, &stack);
		stuck.stack = stack.id;
		if (!live_find_on(source, call->pid, call->g, &stuck.on))
			stuck.on = (struct waited_on){0};
		sink->handle(sink->context, &stack.header);
	}
	sink->handle(sink->context, &stuck.header);
}

void hunt_memory_look(struct hunt_memory *memory, const struct source *source,
		      const struct record_sink *sink)
{
	if (!memory->num_stuck)
		return;
	forget(memory);
	for (size_t i = 0; i < memory->num_stuck; i++)
		look(memory, &memory->stuck[i], source, sink);
	if (memory->num_more)
		log_info("%s open for as long",
			 text_counted(memory->num_more, "more call is", "more calls are").text);
	memory->num_stuck = 0;
	memory->num_more = 0;
	forget(memory);
}

void hunt_memory_release(struct hunt_memory *memory)
{
	forget(memory);
	memory->num_stuck = 0;
	memory->num_more = 0;
}
