/* SPDX-License-Identifier: MIT */
#include "source/resting.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <bpf/bpf.h>

#include "base/array.h"

#define MAX_RESTING (1u << 13) /* as in the map; a list that changes may begin anew */

struct error *resting_begin(struct resting *resting, int processes_fd)
{
	uint32_t pid, next;
	const uint32_t *from = NULL;

	resting->count = 0;
	while (resting->count < MAX_RESTING && !bpf_map_get_next_key(processes_fd, from, &next)) {
		pid = next;
		if (!array_reserve(&resting->pids, &resting->capacity, resting->count + 1,
				   sizeof(*resting->pids)))
			return error_out_of_memory();
		resting->pids[resting->count++] = pid;
		from = &pid;
	}
	return NULL;
}

void resting_end(struct resting *resting, int processes_fd, uint64_t time_ns,
		 void (*tell)(void *context, const struct record *record), void *context)
{
	for (size_t i = 0; i < resting->count; i++) {
		uint32_t pid = resting->pids[i];
		struct record_process end = {
			.header = {.size = sizeof(end), .time_ns = time_ns, .pid = pid}};
		uint8_t known;

		if (!bpf_map_lookup_elem(processes_fd, &pid, &known))
			continue;
		end.header.kind =
			kill((pid_t)pid, 0) && errno == ESRCH ? RECORD_PROCESS_EXIT : RECORD_EXEC;
		tell(context, &end.header);
	}
	resting->count = 0;
}

void resting_destroy(struct resting *resting)
{
	free(resting->pids);
}
