/* SPDX-License-Identifier: MIT */
/*
 * probe.h - which functions, which sites in them, and how they are attached.
 *
 * plan_make(): patterns -> functions -> decoded code -> entry and exit sites (a struct plan).
 * attachment_start(): a plan's sites -> live uprobes, and away again, whatever happens to the
 * tracer.
 */
#ifndef GOFUNCGRAPH_PROBE_H
#define GOFUNCGRAPH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"
#include "gofuncgraph/event.h"
#include "gofuncgraph/gobin.h"

/*
 * pattern - names as users type them. A pattern is first taken as a literal name, then as a
 * wildcard in the language of fnmatch(3) in which `*` crosses `/` and `.`, and the star of "(*T" is
 * itself.
 * ".abi0" at a name's end and "%2e" in it need not be typed; a '[' of a generic name needs no
 * escaping, and "[...]" stands for any instantiation.
 */
bool pattern_matches(const char *pattern, const char *name);

struct selection {
	char **functions; /* GLOB, or !GLOB which takes out again; in the user's order */
	size_t num_functions;
	char **targets;
	size_t num_targets;
	bool include_vendor; /* false: functions with a `vendor/` path element are left out, unless
			      * a pattern names "vendor/" itself */
};

enum site_kind { SITE_KIND_ENTRY, SITE_KIND_RETURN, SITE_KIND_TAIL_CALL, SITE_KIND_RUNTIME };

/* What a hit costs: the kernel emulates the instruction, or single-steps a copy of it (a second
 * trap). */
enum site_cost { SITE_EMULATED, SITE_SINGLE_STEP };

struct site {
	uint64_t va;
	uint64_t off;	      /* file offset: what a uprobe takes */
	uint32_t func;	      /* index in plan.funcs */
	uint32_t sp_delta;    /* bytes from rsp there up to the return address */
	uint32_t flags;	      /* enum site_flags */
	uint8_t kind;	      /* enum site_kind */
	uint8_t cost;	      /* enum site_cost */
	uint8_t length;	      /* of the instruction */
	const char *mnemonic; /* static text, for list */
};

struct plan_func {
	const struct gobin_func *func;
	uint32_t first_site; /* its sites are first_site .. first_site + num_sites - 1: entry, then
				exits */
	uint32_t num_sites;  /* 0: left out altogether, see its omissions */
	bool target;
};

/* Something that matched and is not probed. */
struct omission {
	uint32_t func; /* index in plan.funcs */
	uint64_t va;
	const char *reason; /* static text, a sentence for the user */
};

struct plan {
	struct gobin *bin;	 /* not owned */
	struct plan_func *funcs; /* by rising va; the last num_runtime_funcs are the tracer's own */
	size_t num_funcs;
	/* runtime.recovery, goexit0, gdestroy, gogo (SITE_UNWIND, SITE_GOEXIT, SITE_RESUME), and with
	 * run_options.states or follow those of SITE_STATE_MASK: one entry for each of their sites,
	 * also where the user chose the same function */
	size_t num_runtime_funcs;
	struct site *sites;
	size_t num_sites;
	struct omission *omissions;
	size_t num_omissions;
};

struct run_options;

/*
 * `options`: of them `states` and `follow` want sites of the tracer's own; NULL: none. Errors:
 * nothing matched (with near names, and where the function was inlined to if it exists only
 * so), no target matched, everything that matched had to be left out. `plan` is always safe to
 * destroy.
 */
struct error *plan_make(struct gobin *bin, const struct selection *selection,
			const struct run_options *options, struct plan *plan);
void plan_destroy(struct plan *plan);

/*
 * The plan of `gofuncgraph-c states`: no function of the user's, all sites of SITE_STATE_MASK,
 * those of the garbage collector's marks (STATE_SCAN) among them. Error: this Go keeps its
 * goroutines' states in another way (runtime.casgstatus cannot be found or probed).
 */
struct error *plan_make_states(struct gobin *bin, struct plan *plan);
uint64_t plan_cookie(const struct plan *plan, uint32_t site);
/* Functions that were chosen and have probes: neither left out nor the tracer's own. */
size_t plan_num_traced(const struct plan *plan);

/*
 * decode - one function's code, read once.
 *
 * Entry: the first instruction behind the stack check that the kernel emulates (`push %rbp`); else
 * the check's `jbe` (SITE_BEHIND_CHECK); without a check the first emulated instruction if nothing
 * that matters lies before it (branch, call, write of an argument register, change of rsp, read of
 * memory that may fault), else the first byte. Exits: every `ret` and every jump that leaves the
 * function.
 */
#define DECODE_MAX_EXITS 65536
struct decoded_site {
	uint32_t offset; /* from the function's first byte */
	uint32_t sp_delta;
	uint32_t flags; /* SITE_BEHIND_CHECK, SITE_EXIT, SITE_TAIL_CALL, SITE_MAY_REPEAT, SITE_TLS,
			 * SITE_STEP */
	uint8_t kind, cost, length;
	const char *mnemonic;
};
struct decoded {
	struct decoded_site *sites; /* entry first; owned */
	size_t num_sites;
	const char *refused; /* static text: why the function cannot be traced, or NULL */
	uint32_t refused_offset;
	bool has_ret;
};
/* `code` holds the function's `size` bytes, loaded at va. Only errors of memory. */
struct error *decode_function(const uint8_t *code, size_t size, uint64_t va, struct decoded *out);
void decoded_destroy(struct decoded *decoded);
/* Why the kernel would refuse a uprobe on this instruction (arch/x86/kernel/uprobes.c), or NULL. */
const char *decode_refusal(const uint8_t *code, size_t size);

/* ---- attaching ---- */

enum attach_method { ATTACH_AUTO, ATTACH_UPROBE_MULTI, ATTACH_TRACEFS, ATTACH_PERF_EVENT };
const char *
attach_method_name(enum attach_method method); /* "uprobe_multi", "tracefs", "perf_event" */

/* Which BPF program a site runs. */
enum program {
	PROGRAM_ENTRY,
	PROGRAM_TARGET_ENTRY,
	PROGRAM_EXIT,
	PROGRAM_RUNTIME,
	PROGRAM_STATE,
	PROGRAM_COUNT
};
enum program site_program(const struct site *site);

struct attach_options {
	enum attach_method
		method; /* of these sites, or ATTACH_AUTO: the best that this kernel has */
	int program_fds[PROGRAM_COUNT]; /* loaded BPF programs */
	bool has_cookies;		/* bpf_get_attach_cookie() works (5.15) */
	/*
	 * 0: every process; else spare the others where the kernel can (uprobe_multi, 6.10): the
	 * programs still have to look who hits them. To the kernel a process is its first thread
	 * (kernel/trace/bpf_trace.c, uprobe_multi_link_filter()): when another one executes a
	 * program, which then takes that place, there are no probes until attachment_again().
	 */
	pid_t pid;
};

struct attachment;

/*
 * Attaches all sites of the plan. A process of its own (the holder) does it and holds every link,
 * so that a tracer that is killed at any moment leaves no probe behind: the kernel cannot take a
 * breakpoint out for somebody with a fatal signal pending. Sites that the kernel refuses are found
 * by bisection, warned of by name, left out. Errors: none could be attached; missing privileges,
 * lockdown, no uprobes.
 */
struct error *attachment_start(const struct plan *plan, const struct attach_options *options,
			       struct attachment **attachment);
/* What is in use, and how many sites are attached. */
enum attach_method attachment_method(const struct attachment *attachment);
size_t attachment_num_sites(const struct attachment *attachment);
/* Looks whether the holder is still there; does not wait. Error: it is not, and with it the probes
 * went. */
struct error *attachment_check(struct attachment *attachment);
/* Capabilities (base/capabilities.h) that attaching the same way once more takes, if there were
 * any. */
uint64_t attachment_needs(const struct attachment *attachment);
/* The kernel keeps the probes out of all processes but attach_options.pid. */
bool attachment_is_confined(const struct attachment *attachment);
/* Detaches and attaches everything: the process of attach_options.pid is another one to the kernel.
 * Error: that cannot be, and nothing is attached. */
struct error *attachment_again(struct attachment *attachment);
/*
 * Somebody changes the binary, or did since the plan was made: attachment_start() or
 * attachment_check() has seen it. Whoever writes to it, or executes it then, is kept waiting until
 * all probes are gone; what may be done then is attachment_stop().
 */
bool attachment_file_is_changed(const struct attachment *attachment);
/* Detaches and waits until every probe is gone; frees. NULL is fine. */
void attachment_stop(struct attachment *attachment);

/* True while somebody has the file open for writing, where that can be told (guard.h): a lease
 * cannot be had. */
bool attach_file_is_written_to(const char *path);

/*
 * The best method of this kernel, found by trying. Programs are loaded for a method:
 * expected_attach_type is 48 (BPF_TRACE_UPROBE_MULTI) for uprobe_multi and 0 for the others, and
 * ATTACH_AUTO takes what this returns.
 */
enum attach_method attach_best_method(void);

/* What the user can do about an errno value that bpf(2), perf_event_open(2) or tracefs returned:
 * static text, a clause without a full stop; NULL when there is nothing to say. */
const char *attach_hint(int errnum);

#endif
