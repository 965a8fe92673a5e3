/* SPDX-License-Identifier: MIT */
/*
 * open_wait.h - one wait that has not ended, as the BPF programs' maps and its process's memory have it.
 */
#ifndef SOURCE_OPEN_WAIT_H
#define SOURCE_OPEN_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"
#include "graph.skel.h"

/* All that are kept of goroutines, those that run, too. The visitor may delete that one. */
void open_wait_walk(const struct graph_bpf *bpf,
		    void (*visit)(void *context, const struct gate_key *key,
				  const struct hunted_wait *wait),
		    void *context);

/* The wait that began then goes on. */
bool open_wait_goes_on(const struct graph_bpf *bpf, const struct gate_key *key, uint64_t start_ns);

/* The goroutine's id. 0: it is in no target that is open. */
uint64_t open_wait_goid_inside(const struct graph_bpf *bpf, const struct gate_key *key,
			       const struct hunted_wait *wait);

/* By memory. False: it cannot be read. */
bool open_wait_read_goroutine(const struct graph_bpf *bpf, const struct gate_key *key,
			      uint64_t *goid, uint8_t *reason);

/* The record of it at `time_ns`, without goid and stack. `reason`: that it has now, if the programs have none;
 * `arguments`: of a system call. */
struct record_wait open_wait_make(const struct graph_bpf *bpf, uint64_t time_ns,
				  const struct gate_key *key, const struct hunted_wait *wait,
				  uint8_t reason, __u64 arguments[2]);

/* What the goroutine, which is inside a target, waits on at `now_ns`, by the clock of records. False: that is not
 * known, or nothing. */
bool open_wait_find_on(const struct graph_bpf *bpf, const struct gate_key *key, uint64_t now_ns,
		       struct waited_on *on);

#endif
