/* SPDX-License-Identifier: MIT */
/*
 * names.h - sites and addresses as the user reads them: function, offset, file and line.
 *
 * Every text that comes out of here is safe on a terminal and valid UTF-8. Answers are cached.
 */
#ifndef GOFUNCGRAPH_OUTPUT_NAMES_H
#define GOFUNCGRAPH_OUTPUT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/modules.h"
#include "gofuncgraph/probe.h"

struct place {
	const char *function; /* NULL: unknown */
	const char *module;   /* in place of function: the name of the file that the code is in,
			       * another one than the probed; NULL: it is in that, or unknown */
	const char *file;     /* NULL: unknown */
	/* "main.f+12 /src/main.go:7", as much of it as is known, "libc.so.6+0x1234", else "0x1234" */
	const char *text;
	size_t text_len;
	size_t function_len;
	size_t file_len;
	uint64_t offset; /* in the function, bytes; in a module: link-time virtual address,
			  * 0: unknown */
	unsigned line;	 /* 0: unknown */
};

/* Where functions and lines are looked up: a gobin, or a test's table. */
struct name_source {
	void *context;
	const struct gobin_func *(*func_at)(void *context, uint64_t va);
	struct gobin_line (*line_at)(void *context, uint64_t va);
	uint64_t (*outermost_va)(void *context, uint64_t va);	    /* NULL: nothing is inlined */
	const char *(*wait_reason)(void *context, unsigned reason); /* NULL: none is known */
	const struct modules *modules; /* of addresses with FOREIGN_ADDRESS; NULL: none is known */
};

struct name_source name_source_gobin(struct gobin *bin, const struct modules *modules);

struct names;

/* Callers, wakers, and functions that goroutines start with, remembered at once; beyond that the
 * cache starts anew. */
#define NAMES_MAX_CALLERS (1u << 20)

/* The plan is not owned. */
struct error *names_new(const struct plan *plan, const struct name_source *source,
			struct names **names);
void names_free(struct names *names); /* NULL is fine */

/*
 * Never NULL; without memory, or for a site that the plan has not, everything is unknown. Good
 * until the next call of names_caller(), names_waker() or names_start(), apart from sites, which
 * stay.
 */
const struct place *names_site(struct names *names, uint32_t site);

/* Of a return address: the line is that of the call. 0: an unknown one, text "?". */
const struct place *names_caller(struct names *names, uint64_t caller_va);

/* The same of who ended a wait: the line is that in the function itself, not in what was inlined
 * into it, such as sync.(*Mutex).Unlock. */
const struct place *names_waker(struct names *names, uint64_t caller_va);

/* Of a function that goroutines start with. An address that no function begins at, or 0, is an
 * unknown one. */
const struct place *names_start(struct names *names, uint64_t start_va);

/* Of a wait: "chan receive". NULL: unknown. Stays. */
const char *names_wait_reason(struct names *names, uint8_t reason);

/* Of enum goroutine_state: "runnable", "state 77". Stays. */
const char *names_state(struct names *names, uint8_t state);

/* UINT32_MAX: the plan has no such site. */
uint32_t names_func_of_site(const struct names *names, uint32_t site);

#endif
