/* SPDX-License-Identifier: MIT */
/*
 * open_on.h - what a wait is on that has not ended: by the memory of its process, as bpf/on.h finds it when it
 * ends, and by its process's descriptors (process/descriptor.h).
 */
#ifndef SOURCE_OPEN_ON_H
#define SOURCE_OPEN_ON_H

#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"
#include "graph.skel.h"

/* `key`: the goroutine, in the tracer's PID namespace; `arguments`: of wait->syscall. False: that is not known,
 * or the wait has ended meanwhile. */
bool open_on_find(const struct graph_bpf *bpf, const struct gate_key *key,
		  const struct record_wait *wait, const __u64 arguments[2], struct waited_on *on);

/* Where a goroutine has left its stack: a later wait mostly has another place. */
struct left_at {
	uint64_t sp, ip;
};

/* The descriptor that the goroutine waits for in the network poller right now, by memory alone; negative: it is in
 * no such wait, or not where it was left (NULL: anywhere), or that is not known. */
int open_on_polled(const struct graph_bpf *bpf, const struct gate_key *key,
		   const struct left_at *left);
/* What that is. False: as above. */
bool open_on_find_polled(const struct graph_bpf *bpf, const struct gate_key *key,
			 const struct left_at *left, struct waited_on *on);

#endif
