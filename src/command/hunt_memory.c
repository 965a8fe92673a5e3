/* SPDX-License-Identifier: MIT */
#include "command/hunt_memory.h"

#include "base/log.h"
#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/live.h"
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
static size_t copy_stack(const struct hunt_memory *memory, const struct goroutine *goroutine,
			 uint64_t stack[UNWIND_MAX_FRAMES])
{
	for (size_t i = 0; i < goroutine->num_frames; i++)
		stack[i] = memory->snapshot.frames[goroutine->first_frame + i] + 1;
	return goroutine->num_frames;
}

/* ---- stuck calls ---- */

void hunt_memory_add_stuck(struct hunt_memory *memory, const struct hunt_open *call)
{
	if (memory->num_stuck == STUCK_MAX)
		memory->num_more++;
	else
		memory->stuck[memory->num_stuck++] = *call;
}

static const char *why_no_stack(const struct hunt_memory *memory, const struct goroutine *goroutine)
{
	if (memory->err)
		return error_message(memory->err);
	if (!goroutine)
		return "its goroutine is not there any more";
	if (goroutine->has_moved)
		return "it went on while its stack was read";
	if (goroutine->state == STATE_RUNNING)
		return "it runs: its stack moves";
	return goroutine->num_frames ? NULL : "its stack cannot be read";
}

static void tell_stuck(struct hunt_memory *memory, const struct hunt_open *call,
		       const struct hunt_memory_teller *teller)
{
	struct names *names = teller->names;
	const struct goroutine *goroutine = find(memory, (pid_t)call->pid, call->goid);
	uint64_t stack[UNWIND_MAX_FRAMES];
	struct waited_on waited_on;
	struct hunt_object object;
	struct hunt_stuck stuck = {
		.target = *names_site(names, call->site),
		.ns = call->now_ns - call->start_ns,
		.goid = call->goid,
		.pid = call->pid,
		.stack = stack,
		.why_not = why_no_stack(memory, goroutine),
	};

	if (goroutine) {
		stuck.state = goroutine->state == STATE_WAITING
				      ? names_wait_reason(names, goroutine->reason)
				      : NULL;
		stuck.state = stuck.state ?: names_state(names, goroutine->state);
		stuck.num_addresses = copy_stack(memory, goroutine, stack);
	}
	if (!stuck.why_not && live_find_on(teller->source, call->pid, call->g, &waited_on) &&
	    hunt_name_object(teller->hunt, &waited_on, &object))
		stuck.on = &object;
	output_stuck(teller->output, &stuck);
}

void hunt_memory_tell_stuck(struct hunt_memory *memory, const struct hunt_memory_teller *teller)
{
	if (!memory->num_stuck)
		return;
	forget(memory);
	for (size_t i = 0; i < memory->num_stuck; i++)
		tell_stuck(memory, &memory->stuck[i], teller);
	if (memory->num_more)
		log_info("%llu more calls are open for as long",
			 (unsigned long long)memory->num_more);
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
