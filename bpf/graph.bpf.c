/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * graph.bpf.c - the hot path: what happens at a probe.
 *
 * A hit names its site (attach cookie, or address). The g in use is looked up among those of goroutines
 * that are inside a target; outside of any target that look-up is all, but for code that may run on a
 * system stack for somebody else (SITE_ANY_STACK). Inside, the goroutine is read, which may be another
 * one by now, and one record goes to the ring buffer. Policy and formatting are user space's.
 */
#include "entry.h"
#include "exit.h"
#include "no_cpu.h"
#include "own_site.h"
#include "process.h"
#include "processor.h"
#include "sample.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

volatile int never = 0;

/*
 * From Linux 6.13 a tracing program may be given a stack that is one per CPU; uprobe programs can
 * be preempted, and another one then overwrites it. A program with a tail call keeps the thread's
 * own stack (check_max_stack_depth() in kernel/bpf/verifier.c); this one is never taken.
 */
#define keep_own_stack(ctx, map)                                                                   \
	do {                                                                                       \
		if (never)                                                                         \
			bpf_tail_call(ctx, map, 0);                                                \
	} while (0)

SEC("uprobe")
int entry(struct pt_regs *ctx)
{
	struct who who;
	bool told;

	keep_own_stack(ctx, &no_programs);
	told = on_entry(ctx, (struct entry_use){}, &who);
	end_hit(who.began_ns, told);
	return 0;
}

SEC("uprobe")
int target_entry(struct pt_regs *ctx)
{
	struct who who;
	bool told;

	keep_own_stack(ctx, &no_programs);
	told = on_entry(ctx, (struct entry_use){.is_target = true}, &who);
	end_hit(who.began_ns, told);
	return 0;
}

SEC("uprobe")
int entry_values(struct pt_regs *ctx)
{
	struct who who;
	bool told;

	keep_own_stack(ctx, &no_programs);
	told = on_entry(ctx, (struct entry_use){.has_values = true}, &who);
	end_hit(who.began_ns, told);
	return 0;
}

SEC("uprobe")
int target_entry_values(struct pt_regs *ctx)
{
	struct who who;
	bool told;

	keep_own_stack(ctx, &no_programs);
	told = on_entry(ctx, (struct entry_use){.is_target = true, .has_values = true}, &who);
	end_hit(who.began_ns, told);
	return 0;
}

SEC("uprobe")
int target_entry_condition(struct pt_regs *ctx)
{
	struct who who;
	bool told;

	keep_own_stack(ctx, &no_programs);
	told = on_entry(
		ctx,
		(struct entry_use){.is_target = true, .has_values = true, .has_condition = true},
		&who);
	end_hit(who.began_ns, told);
	return 0;
}

SEC("uprobe")
int opening_chosen_labels(struct pt_regs *ctx)
{
	struct who who = {}; /* of the thread nothing is asked here */

	keep_own_stack(ctx, &no_programs);
	on_opening_with_chosen_labels(ctx, &who);
	return 0;
}

SEC("uprobe")
int opening_id_labels(struct pt_regs *ctx)
{
	struct who who = {}; /* of the thread nothing is asked here */

	keep_own_stack(ctx, &no_programs);
	on_opening_with_id_labels(ctx, &who);
	return 0;
}

SEC("uprobe")
int opening_small(struct pt_regs *ctx)
{
	struct who who;

	keep_own_stack(ctx, &no_programs);
	on_opening(ctx, &who, VALUES_SMALL);
	if (tells_id_labels)
		forget_id_labels();
	end_rest(who.began_ns);
	return 0;
}

SEC("uprobe")
int opening_large(struct pt_regs *ctx)
{
	struct who who;

	keep_own_stack(ctx, &no_programs);
	on_opening(ctx, &who, VALUES_LARGE);
	if (tells_id_labels)
		forget_id_labels();
	end_rest(who.began_ns);
	return 0;
}

SEC("uprobe")
int exit_plain(struct pt_regs *ctx)
{
	keep_own_stack(ctx, &no_programs);
	exit_stepped(ctx, false);
	return 0;
}

SEC("uprobe")
int exit_plain_values(struct pt_regs *ctx)
{
	keep_own_stack(ctx, &no_programs);
	exit_stepped(ctx, true);
	return 0;
}

SEC("uprobe")
int exit_emulate(struct pt_regs *ctx)
{
	keep_own_stack(ctx, &no_writing_programs);
	exit_emulated(ctx, false);
	return 0;
}

SEC("uprobe")
int exit_emulate_values(struct pt_regs *ctx)
{
	keep_own_stack(ctx, &no_writing_programs);
	exit_emulated(ctx, true);
	return 0;
}

SEC("uprobe")
int runtime_site(struct pt_regs *ctx)
{
	struct who who;

	keep_own_stack(ctx, &no_programs);
	on_runtime_site(ctx, &who);
	end_hit(who.began_ns, false);
	return 0;
}

SEC("uprobe")
int state_site(struct pt_regs *ctx)
{
	struct who who;

	keep_own_stack(ctx, &no_programs);
	on_state_site(ctx, &who, false);
	end_hit(who.began_ns, false);
	return 0;
}

SEC("uprobe")
int wait_site(struct pt_regs *ctx)
{
	struct who who = {}; /* Linux 5.10 lets nothing be copied that was not written */

	keep_own_stack(ctx, &no_programs);
	on_state_site(ctx, &who, true);
	end_hit(who.began_ns, false);
	return 0;
}

/* With `hunts` or tells_no_cpu: kernel/sched/core.c, __schedule(). */
SEC("tp_btf/sched_switch")
int sched_switch(__u64 *ctx)
{
	bool is_preempted = ctx[0];
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];

	if (!is_tracing)
		return 0;
	if (hunts) {
		on_off(prev, is_preempted);
		on_again(next);
		note_switch(next);
	} else {
		lose_processor(prev);
		get_processor(next);
	}
	return 0;
}

/* With `hunts`: kernel/sched/core.c, ttwu_do_activate(). */
SEC("tp_btf/sched_wakeup")
int sched_wakeup(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	if (is_tracing)
		on_wakeup(task);
	return 0;
}

/* With `hunts`: a processor's clock. */
SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx)
{
	on_sample((const struct pt_regs *)ctx);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];

	if (hunts || tells_no_cpu)
		forget_thread(bpf_get_current_pid_tgid());
	if (BPF_CORE_READ(task, signal, live.counter) == 0)
		on_process_end(RECORD_PROCESS_EXIT);
	else if (!(BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT))
		on_thread_end();
	return 0;
}

SEC("raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid(), tid_before = ctx->args[1];
	struct who who;

	if (only_pid && tid != tid_before && find_process(&who) && who.key.pid == only_pid)
		__sync_fetch_and_add(&num_moves, 1);
	if (hunts || tells_no_cpu) {
		forget_thread(tid);
		forget_thread(tid_before);
	}
	on_process_end(RECORD_EXEC);
	return 0;
}
