/* SPDX-License-Identifier: MIT */
/*
 * resting.h - processes that end, or execute another program, while nothing is told (RECORD_REST): what is kept of
 * them, their command lines and where they have code, is of no use any more.
 */
#ifndef SOURCE_RESTING_H
#define SOURCE_RESTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/record.h"

struct resting {
	uint32_t *pids; /* of those that were traced when the rest began */
	size_t count, capacity;
};

/* `processes_fd`: the map of processes that are traced, which they leave when they end. */
struct error *resting_begin(struct resting *resting, int processes_fd);
/* Hands on a RECORD_PROCESS_EXIT or RECORD_EXEC of each that has left. */
void resting_end(struct resting *resting, int processes_fd, uint64_t time_ns,
		 void (*tell)(void *context, const struct record *record), void *context);
void resting_destroy(struct resting *resting);

#endif
