/* SPDX-License-Identifier: MIT */
/*
 * names.h - sites and addresses as the user reads them: function, offset, file and line; and what
 * goroutines wait for, and their states.
 *
 * Made from a source (name_source.h: a binary, or a table of names) and the sites that records speak
 * of. Every text that comes out of here is safe on a terminal and valid UTF-8. Answers are cached.
 */
#ifndef GOFUNCGRAPH_NAMES_NAMES_H
#define GOFUNCGRAPH_NAMES_NAMES_H

#include "base/error.h"
#include "gofuncgraph/record.h"
#include "names/place.h"
#include "names/name_source.h"

struct name_site {
	uint64_t va;
	uint32_t func; /* any number that all sites of one function have, and no others */
};

struct names;

/* Callers, wakers, and functions that goroutines start with, remembered at once; beyond that the
 * cache starts anew. */
#define NAMES_MAX_ADDRESSES (1u << 20)

/* The sites are copied; what the source looks things up in is not owned. */
struct error *names_new(const struct name_source *source, const struct name_site *sites,
			size_t num_sites, struct names **names);
void names_free(struct names *names); /* NULL is fine */

/*
 * Never NULL; without memory, or for a site that there is none of, everything is unknown. The place
 * of a site stays. That of an address is good until the next address is asked for.
 */
const struct place *names_site(struct names *names, uint32_t site);

/* Of a return address: the line is that of the call. 0: an unknown one. */
const struct place *names_caller(struct names *names, uint64_t caller_va);

/* It will be asked for soon: memory that is slow to reach is fetched meanwhile. */
void names_expect_caller(const struct names *names, uint64_t caller_va);

/* The same of who ended a wait: the line is that in the function itself, not in what was inlined
 * into it, such as sync.(*Mutex).Unlock. */
const struct place *names_waker(struct names *names, uint64_t caller_va);

/* Of a function that goroutines start with. An address that no function begins at, or 0, is an
 * unknown one. */
const struct place *names_start(struct names *names, uint64_t start_va);

/*
 * The return address on a waker's stack that tells its reader most: the first that is in none of
 * the runtime's own packages; if all are, the outermost. 0: unknown.
 */
uint64_t names_waker_va(struct names *names, const uint64_t by_stack[WAKER_DEPTH]);

/* Calls inlined into each other at one place; further ones are left out. */
#define NAMES_MAX_INLINED 32
/* Addresses whose frames are remembered at once. */
#define NAMES_MAX_FRAMES (1u << 16)

struct name_frames {
	const struct place *places; /* without offsets, but in modules */
	size_t count; /* at least 1 */
};

/*
 * The calls that a return address on a stack stands for, the innermost first: each that was inlined
 * there, then that of the function itself; functions with the line that is reached in them. Good until
 * the next address is asked for.
 */
struct name_frames names_frames(struct names *names, uint64_t return_va);

/* True of what every goroutine's stack ends with, which tells nothing. */
bool names_is_bottom(const struct place *frame);

/* The function of that name. Go's assembly has two in some versions: with and without the name of its ABI. */
bool names_is_called(const struct place *frame, const char *name);

/* True where a goroutine leaves its stack for the thread's, which no caller of it knows of. */
bool names_is_switch(const struct place *frame);

/* Of a wait: "chan receive". NULL: unknown. Stays. */
const char *names_wait_reason(struct names *names, uint8_t reason);

/* Of enum goroutine_state: "runnable", "state 77". Stays. */
const char *names_state(struct names *names, uint8_t state);

/* By the kernel's number: "syscall openat", "syscall 777" where there is no name, or "syscall" for what is no
 * number. Stays. */
const char *names_syscall(struct names *names, int number);
/* The number of the one that a function makes, by its name: 1 of "syscall.write". Negative: it is none of
 * those that are named after system calls. */
int names_syscall_of(const struct names *names, const struct place *frame);

/* The program's own code, not Go's library: see own_code_has(). */
bool names_is_own(const struct names *names, const struct place *frame);

/* True of what Go's own traces leave out: own_code_is_hidden(). */
bool names_is_hidden(const struct place *frame);

/* UINT32_MAX: there is no such site. */
uint32_t names_func_of_site(const struct names *names, uint32_t site);

#endif
