/* SPDX-License-Identifier: MIT */
/* runtime_sites.h - the places in Go's runtime that the tracer itself has to know of. */
#ifndef PROBE_RUNTIME_SITES_H
#define PROBE_RUNTIME_SITES_H

#include "gofuncgraph/decode.h"
#include "gofuncgraph/gobin.h"

/* A site in one of the runtime's functions. */
struct runtime_site {
	const struct gobin_func *func; /* NULL: not found */
	struct decoded_site site; /* SITE_UNWIND, SITE_GOEXIT or SITE_RESUME */
};

/* Where runtime.recovery calls runtime.gogo, and so drops the frames that panicked
 * (src/runtime/panic.go). */
struct error *find_unwind_site(struct gobin *bin, struct runtime_site *found);

/* The entry of runtime.goexit0, with which every goroutine ends (src/runtime/proc.go)... */
struct error *find_goexit_site(struct gobin *bin, struct runtime_site *found);

/* ...but for coroutines: the entry of runtime.gdestroy, where a program has any (iter.Pull, see
 * coroswitch_m in src/runtime/coro.go). */
struct error *find_coroexit_site(struct gobin *bin, struct runtime_site *found);

/* The jump of runtime.gogo, with which a goroutine goes on that was stopped on purpose
 * (src/runtime/asm_amd64.s)... */
struct error *find_resume_site(struct gobin *bin, struct runtime_site *found);

/* ...and where calls of this function end: it never returns (or may not), but has the thread change
 * to another stack. False of nearly all functions, which do not need the site. */
bool ends_at_resume(const char *function);

#endif
