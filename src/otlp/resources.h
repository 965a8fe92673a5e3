/* SPDX-License-Identifier: MIT */
/*
 * resources.h - what processes are to a collector, kept while spans of them are on their way.
 *
 * What /proc tells is read when a process is first heard of: when its trees are sent it may be gone, and another one
 * may have its number. A process that executes another program is another one from then on.
 */
#ifndef OTLP_RESOURCES_H
#define OTLP_RESOURCES_H

#include <stdatomic.h>

#include "base/hash.h"
#include "otlp/resource.h"

/* Processes that are kept: first those go that are over. Of what is not kept is told what all have in common. */
#define OTLP_RESOURCES_MAX 4096

/* Any thread may give one back. */
struct otlp_resource {
	atomic_size_t num_owners;
	struct bytes bytes; /* a Resource (resource.proto) */
};

/* NULL: out of memory. */
struct otlp_resource *otlp_resource_new(const struct otlp_process *process);
/* One more owner. */
struct otlp_resource *otlp_resource_share(struct otlp_resource *resource);
void otlp_resource_free(struct otlp_resource *resource); /* of this owner; NULL is fine */

/* All zero but `common`: of no process yet. */
struct otlp_resources {
	struct otlp_process common; /* without a pid; texts are not owned */
	struct hash lives; /* of processes, those before them behind them */
	size_t num_lives, num_over;
	uint32_t last; /* who was heard of last; 0: nobody, or it is over */
};

/* Something happened in a process, at this time by the clock of records. Cheap when it was the last one, too. */
void otlp_resources_hear(struct otlp_resources *resources, uint32_t pid, uint64_t time_ns);
/* It was its last, or the last of this program. */
void otlp_resources_end(struct otlp_resources *resources, uint32_t pid, uint64_t time_ns);
/* Who had this number then; the caller is one of its owners. NULL: out of memory. */
struct otlp_resource *otlp_resources_at(const struct otlp_resources *resources, uint32_t pid,
					uint64_t time_ns);
void otlp_resources_destroy(struct otlp_resources *resources);

#endif
