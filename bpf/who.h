/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* who.h - which site was hit, and by which thread. */
#ifndef GOFUNCGRAPH_WHO_H
#define GOFUNCGRAPH_WHO_H

#include "chosen.h"
#include "hits.h"
#include "switch.h"

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

/* runtime.g.stack */
struct stack {
	__u64 lo, hi;
};

/* Who is running: the thread, and the goroutine that it runs or serves. */
struct who {
	struct gate_key key;
	__u32 tid;
	__u64 program; /* with HAS_TYPED_TASK: see program_of() */
	__u64 goid;
	__u64 g; /* that goid's runtime.g */
	__u64 g_used; /* the one whose stack is in use: g itself, or its thread's g0 or gsignal */
	struct stack stack; /* that of g_used */
	__u64 m; /* that of g_used */
	__u64 began_ns; /* see begin_hit() */
	__u64 bias; /* of the probed file in this process: address - va */
	bool on_signal; /* that is gsignal */
	bool is_foreign; /* a thread of C's that has no goroutine, and no g0 either (yet) */
};

/* Where the program's own code is: fs/binfmt_elf.c, load_elf_binary(). */
struct code_range {
	unsigned long start, end;
};

static __always_inline void read_code_range(struct task_struct *task, struct code_range *range)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u32 start_at = bpf_core_field_offset(struct mm_struct, start_code);
	__u32 end_at = bpf_core_field_offset(struct mm_struct, end_code);

	/* As a rule they lie side by side, and one read does. */
	if (end_at == start_at + sizeof(range->start)) {
		bpf_probe_read_kernel(range, sizeof(*range), (void *)mm + start_at);
	} else {
		range->start = BPF_CORE_READ(mm, start_code);
		range->end = BPF_CORE_READ(mm, end_code);
	}
}

/* The key in `site_cookies` of a site in a file that is loaded anywhere. */
static __always_inline __u64 site_key(const struct pt_regs *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct uprobe_dispatch_data *data;
	struct code_range range;

	read_code_range(task, &range);
	if (ARCH_IP(ctx) >= range.start && ARCH_IP(ctx) < range.end)
		return ARCH_IP(ctx) - range.start + start_code_va;
	/* Libraries, and programs that the dynamic loader was told to run: uprobe_dispatcher()
	 * leaves the event there that was hit. */
	data = (void *)BPF_CORE_READ(task, utask, vaddr);
	return BPF_CORE_READ(data, tu, offset) | SITE_OFFSET_KEY;
}

/* What a record says of an address in the process. */
static __always_inline __u64 address_to_va(const struct who *who, __u64 address)
{
	__u64 va = address - who->bias;

	return va - image_start_va < image_size ? va : address | FOREIGN_ADDRESS;
}

/* Namespaces inside of each other: MAX_PID_NS_LEVEL in include/linux/pid_namespace.h. */
#define MAX_PID_LEVEL 32

/*
 * At which of its levels a process is in our PID namespace: its innermost, or when it is in one
 * below ours, an outer one. Negative: none.
 */
static __always_inline int find_pid_level(struct pid *pid)
{
	int level = (int)BPF_CORE_READ(pid, level);

	for (int i = 0; i <= MAX_PID_LEVEL && level >= 0; i++, level--) {
		struct pid_namespace *namespace;

		bpf_core_read(&namespace, sizeof(namespace), &pid->numbers[level].ns);
		if (BPF_CORE_READ(namespace, ns.inum) == pidns_ino)
			return level;
	}
	return -1;
}

static __always_inline __u32 pid_at_level(struct task_struct *task, int level)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	int number = 0;

	bpf_core_read(&number, sizeof(number), &pid->numbers[level].nr);
	return number;
}

/* False: a process of a PID namespace that is neither ours nor below it. */
static __always_inline bool find_numbers(struct who *who)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int level = find_pid_level(BPF_CORE_READ(task, thread_pid));

	if (level < 0) {
		count(STAT_OTHER_NAMESPACE);
		return false;
	}
	who->tid = pid_at_level(task, level);
	who->key.pid = pid_at_level(BPF_CORE_READ(task, group_leader), level);
	return true;
}

/* Others pay before tracing begins, too. By a way of its own: for the verifier, the one that all hits take stays what it
 * is. */
static __always_inline void count_early_hit(struct who *who, __u32 site)
{
	if (!only_pid && !chooses_cgroup && !chosen_comm[0])
		return;
	if (!pidns_ino)
		who->key.pid = bpf_get_current_pid_tgid() >> 32;
	else if (!find_numbers(who))
		return;
	if (!is_chosen_process(who->key.pid))
		count_other_hit(site);
}

/* False: not one of ours. */
static __always_inline bool find_cookie(const struct pt_regs *ctx, __u64 key, __u64 *cookie)
{
	const __u64 *found;

	if (use_cookies) {
		*cookie = bpf_get_attach_cookie((void *)ctx);
		return true;
	}
	key |= is_pie ? site_key(ctx) : ARCH_IP(ctx);
	found = bpf_map_lookup_elem(&site_cookies, &key);
	if (!found)
		return false;
	*cookie = *found;
	return true;
}

static __always_inline bool find_bias(const struct pt_regs *ctx, __u64 cookie, struct who *who)
{
	const struct site *site = site_of(SITE_COOKIE_INDEX(cookie));

	if (!site)
		return false;
	who->bias = ARCH_IP(ctx) - site->va;
	return true;
}

/*
 * The site's cookie; counts the hit. And, where it is wanted (which costs a look-up), the load bias of the file that
 * it is in. `key`: 0, or SITE_STATE_KEY. False: not one of ours.
 */
static __always_inline bool find_site(const struct pt_regs *ctx, __u64 key, __u64 *cookie,
				      struct who *who, bool wants_bias)
{
	who->bias = 0;
	who->began_ns = 0;
	if (!find_cookie(ctx, key, cookie) || (use_cookies && switch_number && !is_mine(*cookie)))
		return false;
	who->began_ns = begin_hit(SITE_COOKIE_INDEX(*cookie));
	if (!is_tracing)
		count_early_hit(who, SITE_COOKIE_INDEX(*cookie));
	return !is_pie || !wants_bias || find_bias(ctx, *cookie, who);
}

/* The same again in another program of the same run: nothing is counted. */
static __always_inline bool find_site_again(const struct pt_regs *ctx, __u64 *cookie,
					    struct who *who)
{
	who->bias = 0;
	who->began_ns = begin_rest() ^ nothing; /* any number to the verifier, not 0 and others */
	return find_cookie(ctx, 0, cookie) && (!is_pie || find_bias(ctx, *cookie, who));
}

/* False: a process that cannot be told by our numbers. */
static __always_inline bool find_process(struct who *who)
{
	struct task_struct *task;
	__u64 id;

	who->program = 0; /* Linux 5.10 lets nothing be read that was not written, used or not */
	/* In one place only: for each member that is read by a typed pointer the verifier looks
	 * through all names of the kernel's types. */
	if (HAS_TYPED_TASK) {
		task = bpf_get_current_task_btf();
		who->program = task->group_leader->start_time + task->self_exec_id;
	}
	if (pidns_ino) {
		if (!find_numbers(who))
			return false;
	} else if (HAS_TYPED_TASK) {
		who->key.pid = task->tgid;
		who->tid = task->pid;
	} else {
		id = bpf_get_current_pid_tgid();
		who->key.pid = id >> 32;
		who->tid = (__u32)id;
	}
	return true;
}

/* Tells a process from one that had its pid before, and from itself before an exec. */
static __always_inline __u64 program_of(const struct who *who)
{
	struct task_struct *task;

	if (HAS_TYPED_TASK)
		return who->program;
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, group_leader, start_time) + BPF_CORE_READ(task, self_exec_id);
}

static __always_inline bool is_distrusted(const struct who *who)
{
	__u32 pid = who->key.pid;
	__u64 *program = bpf_map_lookup_elem(&distrusted, &pid);

	return program && *program == program_of(who);
}

#define NO_SITE ((__u32) - 1)

/* Who hit the probe of a site, or is met elsewhere (NO_SITE). False: a process that nobody asked for, or one that is
 * not believed; or it is not the time to look. */
static __always_inline bool find_thread(struct who *who, __u32 site)
{
	if (!is_tracing || !find_process(who))
		return false;
	if (!is_chosen_process(who->key.pid)) {
		if (site != NO_SITE)
			count_other_hit(site);
		return false;
	}
	return !(has_distrusted && is_distrusted(who));
}

#endif
