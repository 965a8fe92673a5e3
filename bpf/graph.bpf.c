/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * graph.bpf.c - the hot path: what happens at a probe.
 *
 * A hit names its site (attach cookie, or address). The g in use is looked up among those of goroutines
 * that are inside a target; outside of any target that look-up is all, but for code that may run on a
 * system stack for somebody else (SITE_ANY_STACK). Inside, the goroutine is read, which may be another
 * one by now, and one record goes to the ring buffer. Policy and formatting are user space's.
 */
#include "no_cpu.h"
#include "condition.h"
#include "processor.h"
#include "resume.h"
#include "sample.h"
#include "stack.h"
#include "state.h"
#include "wait.h"

/* An exit tells of no address in the file: only g's place in thread-local storage may take one. */
#define EXIT_WANTS_BIAS (tls_g_slot_va != 0)

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

/* What an entry's program is for. */
struct entry_use {
	bool is_target; /* it opens gates */
	bool has_values;
	bool has_condition; /* what opens them */
};

/* The same as tell_entry() and what comes behind it. Nothing is left to do behind it, so that the verifier
 * looks through it once, and not for each way that leads here. */
static __always_inline void tell_entry_with_values(const struct entered *entered, bool opens)
{
	if (send_values(entered))
		return;
	note_loss(entered->gate, entered->who);
	if (opens)
		entered->gate->state = GATE_ENDED;
}

/* The entry of a function, or, with `opens`, of the target that opened the gate. False: it is lost. */
static __always_inline bool tell_entry(const struct pt_regs *ctx, struct gate *gate,
				       const struct who *who, __u32 index, __u64 position,
				       __u8 flags, bool opens)
{
	__u64 caller_va;

	if (hunts && opens)
		return send_hunted_entry(gate, who, index, position, flags | RECORD_OPENS_TREE);
	caller_va = find_call(ctx, who, ARCH_SP(ctx));
	if (wants_stacks && opens)
		return send_first_entry(gate, who, index, position, caller_va,
					flags | RECORD_OPENS_TREE, tell_callers(ctx, who));
	return send_entry(gate, who, index, position, caller_va,
			  flags | (opens ? RECORD_OPENS_TREE : 0));
}

/* For a call outside of every target what its values are decides. Most are: that is found out before anything
 * is read of the goroutine, but where code may run on a system stack. */
static __always_inline bool may_be_outside(const struct pt_regs *ctx, __u32 flags, struct who *who)
{
	if (flags & SITE_ANY_STACK)
		return true;
	if (!find_g(ctx, flags, who))
		return false;
	who->key.g = who->g_used;
	return is_shut(gate_of(who));
}

/* True: it was told. */
static __always_inline bool on_entry(struct pt_regs *ctx, struct entry_use use, struct who *who)
{
	struct gate *gate;
	__u64 cookie, position;
	__u32 flags, index, unwanted = 0;
	bool opens = false, is_told;
	enum hit hit;

	if (!find_site(ctx, 0, &cookie, who, true))
		return false;
	flags = SITE_COOKIE_FLAGS(cookie);
	index = SITE_COOKIE_INDEX(cookie);
	if (flags & SITE_BEHIND_CHECK && ARCH_CHECK_FAILS(ctx))
		return false; /* morestack, then the same entry again */
	if (!find_thread(who))
		return false;
	if (use.has_condition && may_be_outside(ctx, flags, who))
		unwanted = why_unwanted(ctx, index);
	if (unwanted && !(flags & SITE_ANY_STACK)) {
		count(unwanted);
		return false;
	}
	hit = find_hit(ctx, flags, use.is_target, who, &gate);
	if (hit == HIT_UNREADABLE)
		on_unreadable(who);
	if (hit != HIT_INSIDE)
		return false;
	if (flags & SITE_ENDS_GOROUTINE) {
		/* goexit0 never returns: a tree of its own would never end. */
		end_goroutine(gate, who, index);
		return true;
	}
	if (!gate && !use.is_target)
		return false;
	position = position_of(who, ARCH_SP(ctx));
	if (gate &&
	    (is_left(gate, who, position) || (position == gate->frame && !gate->followed))) {
		if (position == gate->frame && flags & SITE_MAY_REPEAT)
			return false;
		/* The target's frame is gone, and nobody saw it go. */
		send_last(gate, who, index, position, RECORD_LEFT);
		gate = NULL;
	}
	if (!gate) {
		if (unwanted) {
			count(unwanted);
			return false;
		}
		if (!use.is_target || !is_chosen(who) || is_left_out())
			return false;
		gate = open_gate(who, position);
		if (!gate)
			return false;
		opens = true;
		if (tells_no_cpu && who->goid)
			begin_run(who);
	}
	flags = flags & SITE_MAY_REPEAT ? RECORD_MAY_REPEAT : 0;
	if (sees_resumes && position & SYSTEM_STACK && who->goid)
		remember_served(who);
	if (use.has_values) { /* not with `hunts` */
		struct entered entered = {
			.ctx = ctx,
			.gate = gate,
			.who = who,
			.position = position,
			.caller_va = find_call(ctx, who, ARCH_SP(ctx)),
			.stack = wants_stacks && opens ? tell_callers(ctx, who) : 0,
			.site = index,
			.flags = flags | (opens ? RECORD_OPENS_TREE : 0),
		};
		tell_entry_with_values(&entered, opens);
		return true;
	}
	if (opens && hunts)
		begin_hunt(who);
	is_told = tell_entry(ctx, gate, who, index, position, flags, opens);
	if (opens && !is_told)
		gate->state = GATE_ENDED; /* no tree without its beginning */
	return true;
}

/* A function returns with results: not with `hunts`. */
static __always_inline void tell_results(const struct pt_regs *ctx, struct gate *gate,
					 const struct who *who, __u32 index, __u64 position)
{
	bool is_last = position == gate->frame;
	struct returning returning = {.ctx = ctx,
				      .gate = gate,
				      .who = who,
				      .position = position,
				      .site = index,
				      .flags = is_last ? RECORD_CLOSES_TREE : 0};
	bool is_sent;

	if (tells_no_cpu && is_last)
		end_run(who);
	is_sent = send_results(&returning);
	if (!is_sent)
		note_loss(gate, who);
	if (is_last)
		end_gate(gate, who, is_sent);
}

static __always_inline bool on_exit(struct pt_regs *ctx, __u64 cookie, bool has_values,
				    struct who *who)
{
	__u32 index = SITE_COOKIE_INDEX(cookie);
	const struct site *site;
	struct gate *gate;
	__u64 position;
	enum hit hit;
	__u8 kind;

	if (!find_thread(who))
		return false;
	hit = find_hit(ctx, SITE_COOKIE_FLAGS(cookie), false, who, &gate);
	if (hit == HIT_OUTSIDE)
		return false;
	if (hit == HIT_UNREADABLE) {
		if (who->is_foreign && sees_resumes)
			leave_goroutine(who, index);
		else
			on_unreadable(who);
		return false;
	}
	if (!gate && (!sees_resumes || who->goid))
		return false;
	position = position_of(who, ARCH_SP(ctx));
	if (gate && is_left(gate, who, position)) {
		send_last(gate, who, index, position, RECORD_LEFT);
		gate = NULL;
	}
	/* The goroutine that it was entered for was let go meanwhile (runtime.dropg). */
	if (!gate && sees_resumes && !who->goid)
		gate = become_served(who);
	if (!gate || is_left(gate, who, position))
		return false;
	if (has_values) {
		tell_results(ctx, gate, who, index, position);
		return true;
	}
	site = site_of(index);
	kind = site && site->kind == SITE_TAIL_CALL ? RECORD_TAIL_CALL : RECORD_RETURN;
	if (position == gate->frame)
		send_last(gate, who, index, position, kind);
	else
		send(gate, who, index, position, kind, 0);
	return true;
}

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

static __always_inline void exit_stepped(struct pt_regs *ctx, bool has_values)
{
	struct who who;
	bool told = false;
	__u64 cookie;

	if (find_site(ctx, 0, &cookie, &who, EXIT_WANTS_BIAS))
		told = on_exit(ctx, cookie, has_values, &who);
	end_hit(who.began_ns, told);
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

/*
 * True when the breakpoint that was hit has no other user. Two programs that both perform the `ret`
 * would return twice, and one that merely looks at the registers afterwards would see the caller's.
 */
static __always_inline bool is_alone(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct arch_uprobe *arch = BPF_CORE_READ(task, utask, auprobe);
	struct uprobe *uprobe = (void *)arch - bpf_core_field_offset(struct uprobe, arch);
	struct list_head *head = (void *)uprobe + bpf_core_field_offset(struct uprobe, consumers);
	struct list_head *first;

	if (!arch)
		return false;
	first = BPF_CORE_READ(head, next);
	return first != head && BPF_CORE_READ(first, next) == head;
}

/*
 * For kernels that let a uprobe program write registers (Linux 6.18): performs the `ret`, which
 * saves the kernel from single-stepping it.
 */
static __always_inline void exit_emulated(struct pt_regs *ctx, bool has_values)
{
	const struct site *site;
	struct who who;
	__u64 cookie;
	bool told;

	if (!find_site(ctx, 0, &cookie, &who, EXIT_WANTS_BIAS))
		return;
	told = on_exit(ctx, cookie, has_values, &who);
	site = site_of(SITE_COOKIE_INDEX(cookie));
	if (site && site->kind == SITE_RETURN && !(site->flags & SITE_STEP) && is_alone())
		arch_return(ctx);
	end_hit(who.began_ns, told);
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

/* runtime.recovery about to resume a goroutine (gogo), on the system stack. */
static __always_inline void on_unwind(struct who *who, __u32 index)
{
	struct gate *gate = find_gate(who);
	__u64 hi, sp, position;

	if (!gate || !read_user(&hi, sizeof(hi), who->g + g_stack_hi) ||
	    !read_user(&sp, sizeof(sp), who->g + g_sched_sp))
		return;
	position = (__u32)(hi - ARCH_GOES_ON_AT(sp));
	if (position < gate->frame)
		send_last(gate, who, index, position, RECORD_UNWIND);
	else
		send(gate, who, index, position, RECORD_UNWIND, 0);
}

/* runtime.goexit0(gp) or gdestroy(gp), on the system stack: gp in the first argument register. */
static __always_inline void on_goexit(struct pt_regs *ctx, struct who *who, __u32 index)
{
	struct gate *gate;

	assume_goroutine(who, ARCH_ARGUMENT_1(ctx));
	gate = gate_of(who);
	if (!gate)
		return;
	if (gate->state != GATE_SHUT &&
	    !read_user(&who->goid, sizeof(who->goid), who->g + g_goid)) {
		on_unreadable(who);
		return;
	}
	end_goroutine(open_for(gate, who), who, index);
}

/* A site of the tracer's own, `key` as for find_site(), and who hit it. NULL: that is of no interest. */
static __always_inline const struct site *find_own_site(struct pt_regs *ctx, __u64 key,
							__u64 *cookie, struct who *who)
{
	const struct site *site;

	if (!find_site(ctx, key, cookie, who, true))
		return NULL;
	site = site_of(SITE_COOKIE_INDEX(*cookie));
	if (!site || (site->flags & SITE_BEHIND_CHECK && ARCH_CHECK_FAILS(ctx)))
		return NULL;
	return find_thread(who) ? site : NULL;
}

static __always_inline void on_runtime_site(struct pt_regs *ctx, struct who *who)
{
	__u64 cookie;
	const struct site *site = find_own_site(ctx, 0, &cookie, who);

	if (!site)
		return;
	if (site->kind == SITE_GOEXIT) {
		on_goexit(ctx, who, SITE_COOKIE_INDEX(cookie));
		return;
	}
	if (!find_g(ctx, SITE_COOKIE_FLAGS(cookie), who) || !find_goroutine(who))
		return;
	if (site->kind == SITE_UNWIND)
		on_unwind(who, SITE_COOKIE_INDEX(cookie));
	else if (site->kind == SITE_RESUME)
		on_resume(ctx, who, SITE_COOKIE_INDEX(cookie));
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

static __always_inline void on_state_site(struct pt_regs *ctx, struct who *who)
{
	__u64 cookie;
	const struct site *site = find_own_site(ctx, SITE_STATE_KEY, &cookie, who);

	if (!site)
		return;
	if (site->kind == SITE_GO || site->flags & SITE_BIRTH)
		on_go(ctx, who, site);
	else
		on_state(ctx, who, site);
}

SEC("uprobe")
int state_site(struct pt_regs *ctx)
{
	struct who who;

	keep_own_stack(ctx, &no_programs);
	on_state_site(ctx, &who);
	end_hit(who.began_ns, false);
	return 0;
}

static __always_inline void on_wait_site(struct pt_regs *ctx, struct who *who)
{
	__u64 cookie;
	const struct site *site = find_own_site(ctx, SITE_STATE_KEY, &cookie, who);

	if (!site)
		return;
	if (site->kind == SITE_GO || site->flags & SITE_BIRTH)
		on_go(ctx, who, site);
	else
		on_wait(ctx, who, site);
}

/* state_site with `hunts`. */
SEC("uprobe")
int wait_site(struct pt_regs *ctx)
{
	struct who who = {}; /* Linux 5.10 lets nothing be copied that was not written */

	keep_own_stack(ctx, &no_programs);
	on_wait_site(ctx, &who);
	end_hit(who.began_ns, false);
	return 0;
}

/* With `hunts` or tells_no_cpu: kernel/sched/core.c, __schedule(). */
SEC("tp_btf/sched_switch")
int sched_switch(__u64 *ctx)
{
	bool is_preempted = ctx[0];
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];

	if (!is_tracing || !hunted_tgid)
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

/* With `hunts`: a processor's clock. */
SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx)
{
	on_sample((const struct pt_regs *)ctx);
	return 0;
}

/* Of interest is a process that ever opened the gate. Who does not find it among those any more can
 * read what was sent (live_awaits_end()). */
static __always_inline void on_process_end(__u8 kind)
{
	struct who who;
	__u32 pid;
	const __u8 *process;

	if (!find_process(&who))
		return;
	pid = who.key.pid;
	process = bpf_map_lookup_elem(&processes, &pid);
	if (!process)
		return;
	if (is_tracing)
		send_of_process(&who, kind, *process & PROCESS_HAS_LOST);
	bpf_map_delete_elem(&processes, &pid);
	bpf_map_delete_elem(&distrusted, &pid);
	if (hunts)
		forget_hunted();
}

/* What it did without a goroutine is over; another thread may have its number soon. */
static __always_inline void on_thread_end(void)
{
	struct gate *gate;
	struct who who = {};

	if (!find_thread(&who))
		return;
	who.key.g = THREAD_KEY | who.tid;
	gate = gate_of(&who);
	if (gate && gate->state == GATE_OPEN)
		send_last(gate, &who, 0, 0, RECORD_LEFT);
}

SEC("raw_tp/sched_process_exit")
int process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];

	if (tells_no_cpu)
		forget_runner();
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

	if (only_pid && tid != tid_before && find_process(&who))
		__sync_fetch_and_add(&num_moves, 1);
	if (tells_no_cpu)
		forget_runner();
	on_process_end(RECORD_EXEC);
	return 0;
}
