/* SPDX-License-Identifier: MIT */
/* process_source.h - a running process as what snapshots are taken of. */
#ifndef GOROUTINES_PROCESS_SOURCE_H
#define GOROUTINES_PROCESS_SOURCE_H

#include "goroutines/places.h"
#include "goroutines/snapshot.h"

/* `bin`: what it runs. None of these is owned, and all are used later. Errors: it is no program, or where it
 * has its goroutines is not known. */
struct error *snapshot_source_of_process(struct gobin *bin, const pid_t *pid, struct places *places,
					 struct snapshot_source *source);

#endif
