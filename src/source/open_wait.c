/* SPDX-License-Identifier: MIT */
#include "source/open_wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "goroutines/memory.h"
#include "source/open_on.h"

/* ---- what the programs know ---- */

#define BATCH 1024

void open_wait_walk(const struct graph_bpf *bpf,
		    void (*visit)(void *context, const struct gate_key *key,
				  const struct hunted_wait *wait),
		    void *context)
{
	struct {
		struct gate_key keys[BATCH];
		struct hunted_wait waits[BATCH];
	} *batch = malloc(sizeof(*batch));
	uint32_t at, *from = NULL, count;
	int failed = 0;

	while (batch && !failed) {
		count = BATCH;
		failed = bpf_map_lookup_batch(bpf_map__fd(bpf->maps.waits), from, &at, batch->keys,
					      batch->waits, &count, NULL);
		if (failed && failed != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++)
			visit(context, &batch->keys[i], &batch->waits[i]);
		from = &at;
	}
	free(batch);
}

bool open_wait_goes_on(const struct graph_bpf *bpf, const struct gate_key *key, uint64_t start_ns)
{
	struct hunted_wait now;

	return !bpf_map_lookup_elem(bpf_map__fd(bpf->maps.waits), key, &now) &&
	       now.start_ns == start_ns;
}

uint64_t open_wait_goid_inside(const struct graph_bpf *bpf, const struct gate_key *key,
			       const struct hunted_wait *wait)
{
	struct gate gate;

	if (!wait->is_inside || bpf_map_lookup_elem(bpf_map__fd(bpf->maps.gates), key, &gate) ||
	    gate.state != GATE_OPEN || gate.program != wait->program)
		return 0;
	return gate.goid;
}

/* What the thread of a system call that has not ended at record->header.time_ns does. `arguments`: of that. */
static void note_syscall(const struct graph_bpf *bpf, const struct hunted_wait *wait,
			 struct record_wait *record, __u64 arguments[2])
{
	uint64_t now_ns = record->header.time_ns;
	struct thread thread;

	if (wait->state != STATE_SYSCALL || wait->ready_ns ||
	    bpf_map_lookup_elem(bpf_map__fd(bpf->maps.threads), &wait->thread, &thread) ||
	    thread.seen_ns < wait->start_ns || thread.seen_ns > now_ns)
		return;
	record->syscall = thread.syscall;
	memcpy(arguments, thread.arguments, sizeof(thread.arguments));
	record->asleep_ns = thread.asleep_ns + (thread.is_asleep ? now_ns - thread.seen_ns : 0);
}

/* ---- what the process's memory tells ---- */

bool open_wait_read_goroutine(const struct graph_bpf *bpf, const struct gate_key *key,
			      uint64_t *goid, uint8_t *reason)
{
	const pid_t pid = (pid_t)key->pid;
	const struct memory memory = memory_of_process(&pid);
	struct memory_piece pieces[] = {
		{.at = key->g + bpf->rodata->g_goid, .to = goid, .len = sizeof(*goid)},
		{.at = key->g + bpf->rodata->g_waitreason, .to = reason, .len = sizeof(*reason)},
	};

	return memory_read_all(&memory, pieces, 2) && pieces[0].is_read && pieces[1].is_read;
}

struct record_wait open_wait_make(const struct graph_bpf *bpf, uint64_t time_ns,
				  const struct gate_key *key, const struct hunted_wait *wait,
				  uint8_t reason, __u64 arguments[2])
{
	bool is_ready = wait->ready_ns && wait->ready_ns < time_ns;
	struct record_wait record = {
		.header = {.kind = RECORD_WAIT,
			   .flags = RECORD_IS_OPEN,
			   .size = sizeof(record),
			   .time_ns = time_ns,
			   .pid = (uint32_t)key->pid},
		.start_ns = wait->start_ns,
		.ready_ns = is_ready ? wait->ready_ns : time_ns,
		.by_goid = is_ready ? wait->by_goid : 0,
		.by_stack = is_ready ? wait->by_stack : 0,
		.state = wait->state,
		.reason = wait->state != STATE_WAITING ? 0 : wait->reason ?: reason,
		.syscall = wait->syscall,
		.asleep_ns = wait->asleep_ns,
	};

	memcpy(arguments, wait->arguments, sizeof(wait->arguments));
	note_syscall(bpf, wait, &record, arguments);
	return record;
}

bool open_wait_find_on(const struct graph_bpf *bpf, const struct gate_key *key, uint64_t now_ns,
		       struct waited_on *on)
{
	struct hunted_wait wait;
	struct record_wait record;
	__u64 arguments[2];
	uint8_t reason;
	uint64_t goid;

	if (bpf->bss->samples_waits)
		return open_on_find_polled(bpf, key, NULL, on);
	if (bpf_map_lookup_elem(bpf_map__fd(bpf->maps.waits), key, &wait) || !wait.start_ns ||
	    wait.start_ns > now_ns || !open_wait_read_goroutine(bpf, key, &goid, &reason))
		return false;
	record = open_wait_make(bpf, now_ns, key, &wait, reason, arguments);
	return open_on_find(bpf, key, &record, arguments, on);
}
