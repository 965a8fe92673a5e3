/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * no_cpu.h - goroutines that run, and whose threads have no processor: told as a state, STATE_NO_CPU.
 *
 * Each switch of each processor comes by here: of those of other processes, one comparison is all.
 */
#ifndef GOFUNCGRAPH_NO_CPU_H
#define GOFUNCGRAPH_NO_CPU_H

#include "state.h"

static __always_inline struct runner *find_runner_of(const struct task_struct *task)
{
	__u32 tid = task->pid, tgid = task->tgid;

	if (!tid || (hunted_tgid != tgid && hunted_tgid != HUNTS_MANY))
		return NULL;
	return bpf_map_lookup_elem(&runners, &tid);
}

/* Of the current thread's goroutine. A change of its state that nobody saw may have come before. */
static __always_inline bool is_running(const struct runner *runner)
{
	__u32 status;

	if (!read_user(&status, sizeof(status), runner->g + g_atomicstatus))
		return false;
	status &= STATE_NUMBER;
	return status == STATE_RUNNING || (status == STATE_COPYSTACK && !all_goroutines);
}

/* False: of that goroutine nothing is told. */
static __always_inline bool tell_run(const struct runner *runner, const struct change *change)
{
	struct who who = {.key = {.g = runner->g, .pid = runner->pid},
			  .tid = runner->tid,
			  .goid = runner->goid};
	struct gate *gate = NULL;
	struct record_state *record;

	if (!all_goroutines) {
		gate = gate_of(&who);
		if (!gate || gate->state != GATE_OPEN || gate->goid != who.goid)
			return false;
	}
	record = emit(&who, RECORD_STATE, 0, gate ? gate->lost : 0, sizeof(*record));
	if (record) {
		if (all_goroutines)
			record->header.flags = take_loss();
		fill_state(record, &who, change);
		submit(record, sizeof(*record));
	} else if (all_goroutines) {
		lost_some = true;
	}
	note_sent(gate, &who, record);
	return true;
}

/* `task`: the current thread, until now. */
static __always_inline void lose_processor(const struct task_struct *task)
{
	const struct change change = {.old_state = STATE_RUNNING, .new_state = STATE_NO_CPU};
	struct runner *runner = find_runner_of(task);

	if (runner && runner->g && is_running(runner))
		runner->is_off = tell_run(runner, &change);
}

static __always_inline void get_processor(const struct task_struct *task)
{
	const struct change change = {.old_state = STATE_NO_CPU, .new_state = STATE_RUNNING};
	struct runner *runner = find_runner_of(task);

	if (!runner || !runner->is_off)
		return;
	runner->is_off = 0;
	tell_run(runner, &change);
}

#endif
