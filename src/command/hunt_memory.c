/* SPDX-License-Identifier: MIT */
#include "command/hunt_memory.h"

#include <stdlib.h>

#include "base/event_clock.h"
#include "base/log.h"
#include "base/text.h"
#include "gofuncgraph/live.h"
#include "gofuncgraph/stacks.h"
#include "goroutines/process_source.h"

/* Snapshots with leads may take this part of a processor's time, and so much at once. */
#define LEADS_SHARE      10
#define LEADS_AT_ONCE_NS UINT64_C(1000000000)

/* ---- goroutines ---- */

static void forget(struct hunt_memory *memory)
{
	snapshot_release(&memory->snapshot);
	error_free(memory->err);
	memory->err = NULL;
	memory->pid = 0;
	free(memory->leads);
	memory->leads = NULL;
	memory->num_leads = 0;
}

/* NULL: it is not there, or nothing can be read (memory->err). */
static const struct goroutine *find(const struct hunt_memory *memory, uint64_t goid)
{
	const struct snapshot *snapshot = &memory->snapshot;

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

/* ---- leads ---- */

static void find_leads(struct hunt_memory *memory, const struct snapshot_source *source)
{
	_cleanup_error_ struct error *err = NULL;
	size_t count = 0;

	memory->leads = calloc(memory->num_stuck, sizeof(*memory->leads));
	for (size_t i = 0; memory->leads && i < memory->num_stuck; i++) {
		const struct hunt_open *call = &memory->stuck[i];
		const struct goroutine *one =
			(pid_t)call->pid == memory->pid ? find(memory, call->goid) : NULL;

		if (one && leads_may_have(one))
			memory->leads[count++].waiter = (size_t)(one - memory->snapshot.goroutines);
	}
	if (count)
		err = leads_find(source, memory->places, &memory->snapshot, memory->pid,
				 memory->leads, count);
	/* Without memory there are none. */
	memory->num_leads = err ? 0 : count;
}

static const struct leads *leads_of(const struct hunt_memory *memory,
				    const struct goroutine *goroutine)
{
	for (size_t i = 0; i < memory->num_leads; i++)
		if (&memory->snapshot.goroutines[memory->leads[i].waiter] == goroutine)
			return &memory->leads[i];
	return NULL;
}

/* ---- a process ---- */

static void take(struct hunt_memory *memory, pid_t pid, uint64_t now_ns)
{
	uint64_t start_ns = thread_cpu_ns();
	struct snapshot_source source = {0};
	bool with_leads =
		cost_limit_allows(&memory->leads_cost, now_ns, LEADS_AT_ONCE_NS, LEADS_SHARE);

	forget(memory);
	memory->pid = pid;
	memory->err = snapshot_source_of_process(memory->plan->bin, &memory->pid, memory->places,
						 &source);
	source.wants_awaited = with_leads;
	if (!memory->err)
		memory->err = snapshot_take(&source, &memory->snapshot);
	if (memory->err)
		log_warning("what stuck calls do is not known: %s", error_message(memory->err));
	else if (with_leads)
		find_leads(memory, &source);
	if (with_leads)
		memory->leads_cost.owed_ns += thread_cpu_ns() - start_ns;
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

/* What its record tells of one of them, whose stack is handed on. */
static struct stuck_lead told_lead(const struct hunt_memory *memory, const struct lead *lead,
				   const struct goroutine *waiter, const struct record *header,
				   const struct record_sink *sink)
{
	const struct goroutine *one = &memory->snapshot.goroutines[lead->index];
	struct stuck_lead told = {.goid = one->goid,
				  .object = lead->object,
				  .by = lead->by,
				  .of_wait_group = waiter->awaited.kind == AWAITED_SEMAPHORE,
				  .state = one->state,
				  .reason = one->reason,
				  .on = lead->on};
	struct record_stack stack;

	if (!one->num_frames)
		return told;
	copy_stack(memory, one, header, &stack);
	sink->handle(sink->context, &stack.header);
	told.stack = stack.id;
	return told;
}

static void add_leads(const struct hunt_memory *memory, const struct goroutine *waiter,
		      struct record_stuck_leads *record, const struct record_sink *sink)
{
	struct record *header = &record->stuck.header;
	const struct leads *leads = leads_of(memory, waiter);

	if (!leads || !leads->count)
		return;
	record->num_leads = leads->count;
	for (size_t i = 0; i < leads->count; i++)
		record->leads[i] = told_lead(memory, &leads->items[i], waiter, header, sink);
	header->size = (uint16_t)(offsetof(struct record_stuck_leads, leads) +
				  leads->count * sizeof(record->leads[0]));
}

static void look(const struct hunt_memory *memory, const struct hunt_open *call,
		 const struct source *source, const struct record_sink *sink)
{
	const struct goroutine *goroutine = find(memory, call->goid);
	struct record_stack stack;
	struct record_stuck_leads record = {
		.stuck = {.header = {.kind = RECORD_STUCK,
				     .size = sizeof(record.stuck),
				     .time_ns = call->now_ns,
				     .goid = call->goid,
				     .pid = call->pid},
			  .is_found = goroutine != NULL,
			  .why_no_stack = why_no_stack(memory, goroutine)},
	};
	struct record_stuck *stuck = &record.stuck;

	if (goroutine) {
		stuck->state = goroutine->state;
		stuck->reason = goroutine->reason;
	}
	if (stuck->why_no_stack == STUCK_HAS_STACK) {
		copy_stack(memory, goroutine, &stuck->header, &stack);
		stuck->stack = stack.id;
		if (!live_find_on(source, call->pid, call->g, &stuck->on))
			stuck->on = (struct waited_on){0};
		sink->handle(sink->context, &stack.header);
		add_leads(memory, goroutine, &record, sink);
	}
	sink->handle(sink->context, &stuck->header);
}

/* At all of the process of this one, which is the first of it. */
static void look_at_process(struct hunt_memory *memory, size_t first, const struct source *source,
			    const struct record_sink *sink)
{
	uint32_t pid = memory->stuck[first].pid;

	take(memory, (pid_t)pid, memory->stuck[first].now_ns);
	for (size_t i = first; i < memory->num_stuck; i++)
		if (memory->stuck[i].pid == pid)
			look(memory, &memory->stuck[i], source, sink);
	forget(memory);
}

static bool is_first_of_process(const struct hunt_memory *memory, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (memory->stuck[i].pid == memory->stuck[at].pid)
			return false;
	return true;
}

void hunt_memory_look(struct hunt_memory *memory, const struct source *source,
		      const struct record_sink *sink)
{
	for (size_t i = 0; i < memory->num_stuck; i++)
		if (is_first_of_process(memory, i))
			look_at_process(memory, i, source, sink);
	if (memory->num_more)
		log_info("%s open for as long",
			 text_counted(memory->num_more, "more call is", "more calls are").text);
	memory->num_stuck = 0;
	memory->num_more = 0;
}

void hunt_memory_release(struct hunt_memory *memory)
{
	forget(memory);
	memory->num_stuck = 0;
	memory->num_more = 0;
}
