/* SPDX-License-Identifier: MIT */
/* process_source.h - a running process as what snapshots are taken of. */
#ifndef GOROUTINES_PROCESS_SOURCE_H
#define GOROUTINES_PROCESS_SOURCE_H

#include "goroutines/places.h"
#include "goroutines/snapshot.h"

/* Whether goroutines of processes that run this can be read. Error: it is no program. */
struct error *process_source_check(const struct gobin *bin);

/* `bin`: what it runs. None of these is owned, and all are used later. Errors: it is no program, or where it
 * lists its goroutines is not known, or there is no such process. */
struct error *snapshot_source_of_process(struct gobin *bin, const pid_t *pid, struct places *places,
					 struct snapshot_source *source);

/* The same, without an error where the list is not known (allgs), which snapshot_take_some() does not need; of a binary that process_source_check() takes. */
struct error *process_source_find(struct gobin *bin, const pid_t *pid, struct places *places,
				  struct snapshot_source *source);

#endif
