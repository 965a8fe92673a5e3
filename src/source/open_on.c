/* SPDX-License-Identifier: MIT */
#include "source/open_on.h"

#include <bpf/bpf.h>
#include <string.h>

#include "arch/arch.h"
#include "goroutines/memory.h"
#include "process/descriptor.h"

/* A goroutine that waits. */
struct waiting {
	const struct graph_bpf *bpf;
	const struct gate_key *key;
	struct memory memory;
	pid_t pid;
};

static bool read_word(const struct waiting *one, uint64_t at, uint64_t *word)
{
	return memory_read(&one->memory, at, word, sizeof(*word));
}

/* It waits as it did when the kernel was asked. */
static bool is_still(const struct waiting *one, const struct record_wait *wait)
{
	const struct graph_bpf__rodata *rodata = one->bpf->rodata;
	uint64_t g = one->key->g;
	uint32_t status;
	uint8_t reason;

	return memory_read(&one->memory, g + rodata->g_atomicstatus, &status, sizeof(status)) &&
	       (status & STATE_NUMBER) == wait->state &&
	       (wait->state != STATE_WAITING ||
		(memory_read(&one->memory, g + rodata->g_waitreason, &reason, sizeof(reason)) &&
		 reason == wait->reason));
}

/* Of the probed file. False: it is not known in this PID namespace. */
static bool find_bias(const struct waiting *one, uint64_t *bias)
{
	uint32_t tgid = (uint32_t)one->pid;
	struct hunted process;

	*bias = 0;
	if (!one->bpf->rodata->is_pie)
		return true;
	if (one->bpf->rodata->pidns_ino ||
	    bpf_map_lookup_elem(bpf_map__fd(one->bpf->maps.hunted_processes), &tgid, &process))
		return false;
	*bias = process.bias;
	return true;
}

/* find_polled() in bpf/on.h. */
static int find_polled(const struct waiting *one)
{
	const struct graph_bpf__rodata *rodata = one->bpf->rodata;
	uint64_t frame[2], bias, fp, desc, fd;

	if (!find_bias(one, &bias) || !read_word(one, one->key->g + rodata->g_sched_bp, &fp) ||
	    !memory_read(&one->memory, fp, frame, sizeof(frame)) ||
	    !memory_read(&one->memory, frame[0], frame, sizeof(frame)) ||
	    frame[1] - bias - rodata->poll_va >= rodata->poll_size)
		return -1;
	fp = frame[0];
	if (arch_here() == &arch_arm64 && !read_word(one, fp, &fp))
		return -1;
	if (!read_word(one, fp + sizeof(frame), &desc) ||
	    !read_word(one, desc + POLL_DESC_FD, &fd) || fd >> 31)
		return -1;
	return (int)fd;
}

static void tell_argument(const struct waiting *one, uint64_t at, struct waited_on *on)
{
	const size_t left = 4096 - at % 4096; /* a path may end with its page */

	if (memory_read(&one->memory, at, on->text, sizeof(on->text)) ||
	    (left < sizeof(on->text) && memory_read(&one->memory, at, on->text, left)))
		on->kind = ON_PATH;
}

bool open_on_find(const struct graph_bpf *bpf, const struct gate_key *key,
		  const struct record_wait *wait, const __u64 arguments[2], struct waited_on *on)
{
	struct waiting one = {.bpf = bpf, .key = key, .pid = (pid_t)key->pid};
	uint8_t how = SYSCALL_ON_NOTHING;
	int fd = -1;

	*on = (struct waited_on){0};
	one.memory = memory_of_process(&one.pid);
	if (wait->ready_ns < wait->header.time_ns)
		return false;
	if (wait->state == STATE_SYSCALL && wait->syscall >= 0 &&
	    wait->syscall < MAX_SYSCALL_NUMBERS)
		how = bpf->rodata->syscall_on[wait->syscall];
	if (how == SYSCALL_ON_FD)
		fd = (int)arguments[0];
	else if (how != SYSCALL_ON_NOTHING)
		tell_argument(&one, arguments[how == SYSCALL_ON_PATH_AT], on);
	else if (wait->state == STATE_WAITING && bpf->rodata->poll_reason &&
		 wait->reason == bpf->rodata->poll_reason)
		fd = find_polled(&one);
	if (fd >= 0)
		descriptor_tell(one.pid, fd, on);
	return on->kind != ON_NOTHING && is_still(&one, wait);
}

static bool is_left_at(const struct waiting *one, const struct left_at *left)
{
	struct left_at now; /* the first two members of a gobuf (src/runtime/runtime2.go) */

	return memory_read(&one->memory, one->key->g + one->bpf->rodata->g_sched_sp, &now,
			   sizeof(now)) &&
	       now.sp == left->sp && now.ip == left->ip;
}

int open_on_polled(const struct graph_bpf *bpf, const struct gate_key *key,
		   const struct left_at *left)
{
	const struct record_wait wait = {.state = STATE_WAITING,
					 .reason = bpf->rodata->poll_reason};
	struct waiting one = {.bpf = bpf, .key = key, .pid = (pid_t)key->pid};
	int fd;

	one.memory = memory_of_process(&one.pid);
	if (!wait.reason || !is_still(&one, &wait))
		return -1;
	fd = find_polled(&one);
	return !left || is_left_at(&one, left) ? fd : -1;
}

bool open_on_find_polled(const struct graph_bpf *bpf, const struct gate_key *key,
			 const struct left_at *left, struct waited_on *on)
{
	int fd = open_on_polled(bpf, key, left);

	*on = (struct waited_on){0};
	if (fd >= 0)
		descriptor_tell((pid_t)key->pid, fd, on);
	return on->kind != ON_NOTHING && open_on_polled(bpf, key, left) == fd;
}
