/* SPDX-License-Identifier: MIT */
/*
 * holders.h - who may hold the locks that goroutines inside targets wait for, and in turn those that these wait for: Go
 * does not note that. The stacks of all goroutines of a process are looked through for it, which takes its time.
 */
#ifndef SOURCE_HOLDERS_H
#define SOURCE_HOLDERS_H

#include "gofuncgraph/record.h"
#include "source/insiders.h"
#include "source/target_stacks.h"

/* Of one process at a time. */
#define HOLDERS_MAX 64
/* Of a process that lists more goroutines, those of now and of before, it would take so long that looks are missed. */
#define HOLDERS_MAX_LISTED 2000
/* Goroutines behind each other. */
#define HOLDERS_MAX_DEPTH 8

struct held {
	struct record_holder holder;
	struct record_stack stack; /* id is 0: none */
};

/* All zero: none were found. */
struct holders {
	struct held *items; /* room for HOLDERS_MAX, owned */
	size_t count;
	struct insiders goroutines; /* who may hold one, but for who is inside */
};

/* False: out of memory. holders_release() in any case. */
bool holders_init(struct holders *holders);
void holders_release(struct holders *holders);

/*
 * Looks at all goroutines of `pid`, and whom those wait for that are `inside`, or that calls `started`. What was found
 * before is forgotten. Where the process lists its goroutines must be known. Errors: it cannot be read.
 */
struct error *holders_find(struct holders *holders, struct target_stacks *stacks,
			   const struct snapshot_source *source, pid_t pid,
			   const struct insiders *inside, const struct insiders *started);

#endif
