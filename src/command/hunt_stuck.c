/* SPDX-License-Identifier: MIT */
#include "command/hunt_stuck.h"

#include "base/log.h"
#include "goroutines/process_source.h"

void stuck_calls_add(struct stuck_calls *stuck, const struct hunt_open *call)
{
	if (stuck->count == STUCK_MAX)
		stuck->left_out++;
	else
		stuck->calls[stuck->count++] = *call;
}

static const struct goroutine *find(const struct snapshot *snapshot, uint64_t goid)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->goroutines[i].goid == goid)
			return &snapshot->goroutines[i];
	return NULL;
}

static const char *why_no_stack(const struct goroutine *goroutine)
{
	if (!goroutine)
		return "its goroutine is not there any more";
	if (goroutine->has_moved)
		return "it went on while its stack was read";
	if (goroutine->state == STATE_RUNNING)
		return "it runs: its stack moves";
	return goroutine->num_frames ? NULL : "its stack cannot be read";
}

/* `goroutine`: NULL if it was not found. */
static void tell(const struct hunt_open *call, const struct snapshot *snapshot,
		 const struct goroutine *goroutine, const char *why_not, struct names *names,
		 struct output *output)
{
	uint64_t stack[UNWIND_MAX_FRAMES];
	struct hunt_stuck stuck = {
		.target = *names_site(names, call->site),
		.ns = call->now_ns - call->start_ns,
		.goid = call->goid,
		.pid = call->pid,
		.stack = stack,
		.why_not = why_not,
	};

	if (goroutine) {
		stuck.state = goroutine->state == STATE_WAITING
				      ? names_wait_reason(names, goroutine->reason)
				      : NULL;
		stuck.state = stuck.state ?: names_state(names, goroutine->state);
		for (size_t i = 0; i < goroutine->num_frames; i++)
			stack[i] = snapshot->frames[goroutine->first_frame + i] + 1;
		stuck.num_addresses = goroutine->num_frames;
	}
	output_stuck(output, &stuck);
}

/* Of one process: those from `first` on that are of it. */
static void tell_process(const struct stuck_calls *stuck, size_t first, struct gobin *bin,
			 struct places *places, struct names *names, struct output *output)
{
	pid_t pid = (pid_t)stuck->calls[first].pid;
	struct snapshot_source source = {0};
	struct snapshot snapshot = {0};
	_cleanup_error_ struct error *err = snapshot_source_of_process(bin, &pid, places, &source);

	if (!err)
		err = snapshot_take(&source, &snapshot);
	for (size_t i = first; i < stuck->count; i++) {
		const struct hunt_open *call = &stuck->calls[i];
		const struct goroutine *one = err ? NULL : find(&snapshot, call->goid);

		if (call->pid != (uint32_t)pid)
			continue;
		tell(call, &snapshot, one, err ? error_message(err) : why_no_stack(one), names,
		     output);
	}
	snapshot_release(&snapshot);
}

static bool was_told(const struct stuck_calls *stuck, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (stuck->calls[i].pid == stuck->calls[at].pid)
			return true;
	return false;
}

void stuck_calls_tell(struct stuck_calls *stuck, struct gobin *bin, struct places *places,
		      struct names *names, struct output *output)
{
	for (size_t i = 0; i < stuck->count; i++)
		if (!was_told(stuck, i))
			tell_process(stuck, i, bin, places, names, output);
	if (stuck->left_out)
		log_info("%llu more calls are open for as long",
			 (unsigned long long)stuck->left_out);
	stuck->count = 0;
	stuck->left_out = 0;
}
