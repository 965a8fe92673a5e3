/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * graph.bpf.c - the hot path: what happens at a probe.
 *
 * A hit names its site (attach cookie, or address). The goroutine is found, then looked up among
 * those that are inside a target; outside of any target that look-up is all. Inside, one event goes
 * to the ring buffer. Policy and formatting are user space's.
 */
#include "kernel.h"
#include "gofuncgraph/event.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* ---- set by user space before loading ---- */

const volatile bool use_cookies = true; /* else sites are found by address */
const volatile bool is_pie = false;
const volatile __u64 start_code_va = 0; /* see gobin_start_code_va() */
const volatile __u32 g_stack_hi = 8;
const volatile __u32 g_m = 48;
const volatile __u32 g_goid = 152;
const volatile __u32 m_curg = 192;
const volatile __s32 tls_g = -8;
const volatile __u32 only_pid = 0;  /* 0: every process; numbered as below */
const volatile __u64 pidns_dev = 0; /* the PID namespace that numbers are of; 0: the initial one */
const volatile __u64 pidns_ino = 0;
const volatile __u64 wakeup_bytes = 1 << 20; /* data in the ring buffer that wakes the reader */

/* g.sched.sp: sched follows m in type g, sp is first in type gobuf (src/runtime/runtime2.go). */
#define G_SCHED_SP (g_m + 8)

/* ---- maps ---- */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24); /* --ring-size */
} events SEC(".maps");

/* Goroutines inside a target: the gate. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 17);
	__type(key, struct goroutine_key);
	__type(value, struct goroutine);
} goroutines SEC(".maps");

/* Processes that ever opened the gate: whose end is of interest. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 13);
	__type(key, __u32);
	__type(value, __u8);
} processes SEC(".maps");

/* va -> cookie, where there are no cookies. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} stats SEC(".maps");

/* Always empty, see keep_own_stack(). One for each kind of program: the kernel lets no others share
 * one. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} no_programs SEC(".maps"), no_writing_programs SEC(".maps");

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

static __always_inline void count(__u32 stat)
{
	__u64 *value = bpf_map_lookup_elem(&stats, &stat);

	if (value)
		++*value;
}

static __always_inline bool read_user(void *to, __u32 size, __u64 from)
{
	return bpf_probe_read_user(to, size, (void *)from) == 0;
}

static __always_inline __u64 load_bias(void)
{
	struct task_struct *task;

	if (!is_pie)
		return 0;
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, mm, start_code) - start_code_va;
}

/* The site's cookie; false: not one of ours. */
static __always_inline bool find_site(struct pt_regs *ctx, __u64 *cookie)
{
	__u64 va, *found;

	if (use_cookies) {
		*cookie = bpf_get_attach_cookie(ctx);
		return true;
	}
	va = ctx->ip - load_bias();
	found = bpf_map_lookup_elem(&sites, &va);
	if (!found)
		return false;
	*cookie = *found;
	return true;
}

/* Who is running: the thread, and the goroutine that it runs or serves. */
struct who {
	struct goroutine_key key;
	__u32 tid;
	__u64 goid;
	__u64 g;      /* that goid's runtime.g */
	__u64 g_used; /* the one whose stack is in use: g itself, or its thread's g0 or gsignal */
};

/* False: a process of another PID namespace, or one that nobody asked for. */
static __always_inline bool find_thread(struct who *who)
{
	struct bpf_pidns_info ids;
	__u64 id;

	if (pidns_ino) {
		if (bpf_get_ns_current_pid_tgid(pidns_dev, pidns_ino, &ids, sizeof(ids)))
			return false;
		who->key.pid = ids.tgid;
		who->tid = ids.pid;
	} else {
		id = bpf_get_current_pid_tgid();
		who->key.pid = id >> 32;
		who->tid = (__u32)id;
	}
	return !only_pid || who->key.pid == only_pid;
}

static __always_inline bool find_goroutine(struct pt_regs *ctx, __u32 flags, struct who *who)
{
	__u64 m = 0, curg = 0;

	if (flags & SITE_TLS) {
		struct task_struct *task = (void *)bpf_get_current_task();
		__u64 fsbase = BPF_CORE_READ(task, thread.fsbase);

		if (!read_user(&who->g, sizeof(who->g), fsbase + tls_g))
			return false;
	} else {
		who->g = ctx->r14;
	}
	who->g_used = who->g;
	if (!read_user(&who->goid, sizeof(who->goid), who->g + g_goid))
		return false;
	if (who->goid) {
		who->key.goid = who->goid;
		return true;
	}
	/* The system stack serves m.curg. */
	if (read_user(&m, sizeof(m), who->g + g_m) && read_user(&curg, sizeof(curg), m + m_curg) &&
	    curg && read_user(&who->goid, sizeof(who->goid), curg + g_goid) && who->goid) {
		who->g = curg;
		who->key.goid = who->goid;
		return true;
	}
	who->goid = 0;
	who->key.goid = 1ull << 63 | who->tid; /* a thread without a goroutine */
	return true;
}

#define SYSTEM_STACK (1ull << 32)

/* Where a return address lies on its stack; deeper is greater. */
static __always_inline bool find_position(const struct who *who, __u64 address, __u64 *position)
{
	__u64 hi;

	if (!read_user(&hi, sizeof(hi), who->g_used + g_stack_hi))
		return false;
	*position = (__u32)(hi - address);
	if (who->g_used != who->g || !who->goid)
		*position |= SYSTEM_STACK;
	return true;
}

static __always_inline __u64 wakeup_flags(void)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	/* Once, when the mark is passed: the reader looks by itself every few milliseconds as well.
	 */
	return waiting >= wakeup_bytes && waiting < wakeup_bytes + 4096 ? BPF_RB_FORCE_WAKEUP
									: BPF_RB_NO_WAKEUP;
}

/*
 * Sends one event of a goroutine inside a target, with the number of those that were lost before
 * it. False: the ring buffer is full.
 */
static __always_inline bool try_send(struct goroutine *goroutine, const struct who *who, __u32 site,
				     __u64 position, __u64 caller_va, __u8 kind, __u8 flags)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return false;
	event->time_ns = bpf_ktime_get_ns();
	event->goid = who->goid;
	event->caller_va = caller_va;
	event->pid = who->key.pid;
	event->tid = who->tid;
	event->frame = (__u32)position;
	event->site = site;
	event->lost = goroutine->lost;
	event->kind = kind;
	event->flags = flags | (position & SYSTEM_STACK ? EVENT_SYSTEM_STACK : 0);
	event->old_state = event->new_state = 0;
	goroutine->lost = 0;
	bpf_ringbuf_submit(event, wakeup_flags());
	return true;
}

/* The same; false: the event is lost, and counted. */
static __always_inline bool send(struct goroutine *goroutine, const struct who *who, __u32 site,
				 __u64 position, __u64 caller_va, __u8 kind, __u8 flags)
{
	bool sent = try_send(goroutine, who, site, position, caller_va, kind, flags);

	if (!sent)
		goroutine->lost++;
	count(sent ? STAT_EVENTS : STAT_LOST);
	return sent;
}

/* The end of its last tree was lost: tells so at its next hit, wherever that is. */
static __always_inline void tell_lost_end(struct goroutine *goroutine, const struct who *who)
{
	if (try_send(goroutine, who, 0, 0, 0, EVENT_UNWIND, EVENT_CLOSES_TREE))
		bpf_map_delete_elem(&goroutines, &who->key);
}

/* The same for the last event of a tree: the gate shuts. */
static __always_inline void send_last(struct goroutine *goroutine, const struct who *who,
				      __u32 site, __u64 position, __u64 caller_va, __u8 kind)
{
	if (send(goroutine, who, site, position, caller_va, kind, EVENT_CLOSES_TREE))
		bpf_map_delete_elem(&goroutines, &who->key);
	else
		goroutine->ended = 1; /* stays, with what was lost, until somebody can be told */
}

/* Tells a process from one that had its pid before, and from itself before an exec. */
static __always_inline __u64 current_program(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, group_leader, start_time) + BPF_CORE_READ(task, self_exec_id);
}

/* The goroutine's open gate, or NULL. */
static __always_inline struct goroutine *find_gate(const struct who *who)
{
	struct goroutine *goroutine = bpf_map_lookup_elem(&goroutines, &who->key);

	if (!goroutine)
		return NULL;
	if (goroutine->g == who->g && !goroutine->ended)
		return goroutine;
	if (goroutine->ended) {
		if (goroutine->g == who->g)
			tell_lost_end(goroutine, who);
		return NULL;
	}
	/* A thread without a goroutine has two: g0, and gsignal while it handles a signal. */
	if (who->goid && goroutine->program == current_program())
		count(STAT_WRONG_GOID);
	return NULL; /* else left by a program that ran under this pid before */
}

/* The gate of a goroutine that has none open; what its last tree lost is told with the first event.
 */
static __always_inline struct goroutine *open_gate(const struct who *who, __u64 position)
{
	struct goroutine *goroutine = bpf_map_lookup_elem(&goroutines, &who->key);
	struct goroutine new = {.frame = position, .g = who->g, .program = current_program()};
	__u32 pid = who->key.pid;
	__u8 one = 1;

	/* What is left of a program that ran under this pid before says nothing of this one. */
	if ((!goroutine || goroutine->program != new.program) &&
	    !bpf_map_lookup_elem(&processes, &pid))
		bpf_map_update_elem(&processes, &pid, &one, BPF_ANY);
	if (goroutine) {
		goroutine->frame = position;
		goroutine->g = who->g;
		goroutine->program = new.program;
		goroutine->ended = 0;
		return goroutine;
	}
	if (bpf_map_update_elem(&goroutines, &who->key, &new, BPF_ANY))
		count(STAT_NO_ROOM);
	return bpf_map_lookup_elem(&goroutines, &who->key);
}

/* Sends an event of a process as a whole. */
static __always_inline void send_of_process(const struct who *who, __u8 kind)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(STAT_LOST);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time_ns = bpf_ktime_get_ns();
	event->pid = who->key.pid;
	event->tid = who->tid;
	event->goid = current_program();
	event->kind = kind;
	bpf_ringbuf_submit(event, BPF_RB_FORCE_WAKEUP);
	count(STAT_EVENTS);
}

/*
 * A hit of nobody knows whom: the kernel is moving the page with the goroutine (khugepaged), say.
 * Whichever tree of the process it belongs to has lost an event.
 */
static __always_inline void on_unreadable(const struct who *who)
{
	__u32 pid = who->key.pid;

	count(STAT_UNREADABLE);
	if (bpf_map_lookup_elem(&processes, &pid))
		send_of_process(who, EVENT_UNREADABLE);
}

static __always_inline __u64 caller_at(__u64 address)
{
	__u64 ip;

	return read_user(&ip, sizeof(ip), address) ? ip - load_bias() : 0;
}

static __always_inline int on_entry(struct pt_regs *ctx, bool is_target)
{
	struct goroutine *goroutine;
	__u64 cookie, position, address;
	__u32 flags, index;
	struct who who;
	__u8 opens = 0;

	keep_own_stack(ctx, &no_programs);
	if (!find_site(ctx, &cookie))
		return 0;
	flags = SITE_COOKIE_FLAGS(cookie);
	index = SITE_COOKIE_INDEX(cookie);
	if (flags & SITE_BEHIND_CHECK && ctx->flags & (FLAGS_CF | FLAGS_ZF))
		return 0; /* morestack, then the same entry again */
	if (!find_thread(&who))
		return 0;
	if (!find_goroutine(ctx, flags, &who)) {
		on_unreadable(&who);
		return 0;
	}
	goroutine = find_gate(&who);
	if (!goroutine && (!is_target || flags & SITE_GOEXIT))
		return 0; /* goexit0 never returns: a tree of its own would never end */
	if (goroutine && flags & SITE_GOEXIT) {
		send_last(goroutine, &who, index, 0, 0, EVENT_GOEXIT);
		return 0;
	}
	address = ctx->sp + SITE_COOKIE_SP_DELTA(cookie);
	if (!find_position(&who, address, &position)) {
		on_unreadable(&who);
		return 0;
	}
	if (goroutine && position <= goroutine->frame) {
		if (position == goroutine->frame && flags & SITE_MAY_REPEAT)
			return 0;
		/* The target's frame is gone, and nobody saw it go. */
		send_last(goroutine, &who, index, position, 0, EVENT_UNWIND);
		goroutine = NULL;
	}
	if (!goroutine) {
		if (!is_target)
			return 0;
		goroutine = open_gate(&who, position);
		if (!goroutine)
			return 0;
		opens = EVENT_OPENS_TREE;
	}
	if (!send(goroutine, &who, index, position, caller_at(address), EVENT_ENTRY,
		  opens | (flags & SITE_MAY_REPEAT ? EVENT_MAY_REPEAT : 0)) &&
	    opens)
		goroutine->ended = 1; /* no tree without its beginning */
	return 0;
}

static __always_inline void on_exit(struct pt_regs *ctx, __u64 cookie)
{
	__u32 flags = SITE_COOKIE_FLAGS(cookie), index = SITE_COOKIE_INDEX(cookie);
	__u8 kind = flags & SITE_TAIL_CALL ? EVENT_TAIL_CALL : EVENT_RETURN;
	struct goroutine *goroutine;
	__u64 position, address;
	struct who who;

	if (!find_thread(&who))
		return;
	if (!find_goroutine(ctx, flags, &who)) {
		on_unreadable(&who);
		return;
	}
	goroutine = find_gate(&who);
	if (!goroutine)
		return;
	address = ctx->sp + SITE_COOKIE_SP_DELTA(cookie);
	if (!find_position(&who, address, &position)) {
		on_unreadable(&who);
		return;
	}
	if (position < goroutine->frame)
		send_last(goroutine, &who, index, position, 0, EVENT_UNWIND);
	else if (position == goroutine->frame)
		send_last(goroutine, &who, index, position, 0, kind);
	else
		send(goroutine, &who, index, position, 0, kind, 0);
}

SEC("uprobe")
int entry(struct pt_regs *ctx)
{
	return on_entry(ctx, false);
}

SEC("uprobe")
int target_entry(struct pt_regs *ctx)
{
	return on_entry(ctx, true);
}

SEC("uprobe")
int exit_plain(struct pt_regs *ctx)
{
	__u64 cookie;

	keep_own_stack(ctx, &no_programs);
	if (find_site(ctx, &cookie))
		on_exit(ctx, cookie);
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
SEC("uprobe")
int exit_emulate(struct pt_regs *ctx)
{
	__u64 cookie, to;
	__u32 flags;

	keep_own_stack(ctx, &no_writing_programs);
	if (!find_site(ctx, &cookie))
		return 0;
	on_exit(ctx, cookie);
	flags = SITE_COOKIE_FLAGS(cookie);
	if (!(flags & (SITE_TAIL_CALL | SITE_STEP)) && is_alone() &&
	    read_user(&to, sizeof(to), ctx->sp)) {
		ctx->sp += 8;
		ctx->ip = to;
	}
	return 0;
}

/* runtime.recovery about to resume a goroutine (gogo), on the system stack. */
static __always_inline void on_unwind(const struct who *who, __u32 index)
{
	struct goroutine *goroutine = find_gate(who);
	__u64 hi, sp, position;

	if (!goroutine || !read_user(&hi, sizeof(hi), who->g + g_stack_hi) ||
	    !read_user(&sp, sizeof(sp), who->g + G_SCHED_SP))
		return;
	position = (__u32)(hi - sp);
	if (position < goroutine->frame && !(goroutine->frame & SYSTEM_STACK))
		send_last(goroutine, who, index, position, 0, EVENT_UNWIND);
	else
		send(goroutine, who, index, position, 0, EVENT_UNWIND, 0);
}

/* runtime.goexit0(gp), on the system stack: gp in the first argument register. */
static __always_inline void on_goexit(struct pt_regs *ctx, struct who *who, __u32 index)
{
	struct goroutine *goroutine;

	who->g = ctx->ax;
	if (!read_user(&who->goid, sizeof(who->goid), who->g + g_goid))
		return;
	who->key.goid = who->goid;
	goroutine = find_gate(who);
	if (goroutine)
		send_last(goroutine, who, index, 0, 0, EVENT_GOEXIT);
}

SEC("uprobe")
int runtime_site(struct pt_regs *ctx)
{
	__u64 cookie;
	__u32 flags;
	struct who who;

	keep_own_stack(ctx, &no_programs);
	if (!find_site(ctx, &cookie))
		return 0;
	flags = SITE_COOKIE_FLAGS(cookie);
	if (flags & SITE_BEHIND_CHECK && ctx->flags & (FLAGS_CF | FLAGS_ZF))
		return 0;
	if (!find_thread(&who) || !find_goroutine(ctx, flags, &who))
		return 0;
	if (flags & SITE_UNWIND)
		on_unwind(&who, SITE_COOKIE_INDEX(cookie));
	else if (flags & SITE_GOEXIT)
		on_goexit(ctx, &who, SITE_COOKIE_INDEX(cookie));
	return 0;
}

/* Of interest is a process that ever opened the gate. */
static __always_inline void on_process_end(__u8 kind)
{
	struct who who;
	__u32 pid;

	if (!find_thread(&who))
		return;
	pid = who.key.pid;
	if (!bpf_map_lookup_elem(&processes, &pid))
		return;
	bpf_map_delete_elem(&processes, &pid);
	send_of_process(&who, kind);
}

SEC("raw_tp/sched_process_exit")
int process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];

	if (BPF_CORE_READ(task, signal, live.counter) == 0)
		on_process_end(EVENT_PROCESS_EXIT);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	on_process_end(EVENT_EXEC);
	return 0;
}
