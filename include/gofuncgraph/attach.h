/* SPDX-License-Identifier: MIT */
/*
 * attach.h - sites of a file to live uprobes, and away again, whatever happens to the tracer.
 *
 * Knows files, offsets and loaded BPF programs; neither Go nor plans.
 */
#ifndef GOFUNCGRAPH_ATTACH_H
#define GOFUNCGRAPH_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

enum attach_method { ATTACH_AUTO, ATTACH_UPROBE_MULTI, ATTACH_TRACEFS, ATTACH_PERF_EVENT };
const char *
attach_method_name(enum attach_method method); /* "uprobe_multi", "tracefs", "perf_event" */

/*
 * The expected_attach_type that programs have to be loaded with: BPF_TRACE_UPROBE_MULTI
 * (include/uapi/linux/bpf.h of Linux 6.6; Debian 12's is older) for uprobe_multi, 0 for the others.
 */
#define ATTACH_TYPE_UPROBE_MULTI 48
uint32_t attach_program_type(enum attach_method method);

/* The file that is probed. */
struct attach_file {
	int fd; /* open for reading */
	const char *path; /* for messages */
	struct stat stat; /* of the file that the sites were found in: it may have changed since */
};

struct attach_site {
	uint64_t off; /* in the file, in bytes */
	uint64_t cookie; /* what its program gets from bpf_get_attach_cookie() */
	uint32_t program; /* index in attach_options.program_fds */
	uint32_t name_offset; /* the site for messages: "name+name_offset" */
	const char *name; /* any bytes */
	uint32_t layer; /* sites of one layer come and go together. ATTACH_NO_LAYER: not attached */
};

#define ATTACH_NO_LAYER UINT32_MAX

/* These bits of cookies are 0 in attach_site: attachment_attach() says what they are. */
#define ATTACH_ORDER_BITS (UINT64_C(0xffff) << 48)

#define ATTACH_MAX_PROGRAMS 20

/*
 * Asked some ten times a second while the kernel is waited for, by the thread that waits: thousands of probes take
 * seconds to attach, and by perf_event minutes to take away.
 */
struct attach_patience {
	/* While attachment_start() attaches. False: enough, what is attached by then is to go again. */
	bool (*attaches_on)(void *context);
	/* While probes are taken away, `num_left` of them are there. False: enough. The holder does it alone. */
	bool (*waits_on)(void *context, size_t num_left, pid_t holder);
	void *context;
};

struct attach_options {
	enum attach_method
		method; /* of these sites, or ATTACH_AUTO: the best that this kernel has */
	/* Loaded BPF programs, in the order in which their sites are attached. */
	int program_fds[ATTACH_MAX_PROGRAMS];
	size_t num_programs;
	bool has_cookies; /* bpf_get_attach_cookie() works (5.15) */
	bool is_to_change; /* attachment_attach() is to work later, too, which takes capabilities */
	/*
	 * 0: every process; else spare the others where the kernel can (uprobe_multi, 6.10): the
	 * programs still have to look who hits them. To the kernel a process is its first thread
	 * (kernel/trace/bpf_trace.c, uprobe_multi_link_filter()): when another one executes a
	 * program, which then takes that place, there are no probes until attachment_again().
	 */
	pid_t pid;
	const struct attach_patience *patience; /* not owned; NULL: has no end */
};

struct attachment;

/*
 * Attaches all sites. A process of its own (the holder) does it and holds every link,
 * so that a tracer that is killed at any moment leaves no probe behind: the kernel cannot take a
 * breakpoint out for somebody with a fatal signal pending. Sites that the kernel refuses are found
 * by bisection, warned of by name, left out. Errors: none could be attached; missing privileges,
 * lockdown, no uprobes. What is given may go afterwards, but `patience`; an attach_site is known by its index from
 * then on. When `patience` had an end, the probes go already: what may be done then is attachment_stop().
 */
struct error *attachment_start(const struct attach_file *file, const struct attach_site *sites,
			       size_t num_sites, const struct attach_options *options,
			       struct attachment **attachment);
/* What is in use, and how many sites are attached. */
enum attach_method attachment_method(const struct attachment *attachment);
size_t attachment_num_sites(const struct attachment *attachment);
/* CPU time that attaching and detaching has taken so far; 0: unknown. */
uint64_t attachment_cpu_ns(const struct attachment *attachment);
/* Looks whether the holder is still there, and for what it answers; does not wait. Error: it is not,
 * and with it the probes went; or the change that was going on cannot be. */
struct error *attachment_check(struct attachment *attachment);

/* A site into a layer. */
struct attach_layer_site {
	uint32_t site, layer;
};

/*
 * Changes, which the holder makes while attachment_check() is called now and then: one at a time,
 * never while attachment_is_busy(). Of one site there may be two layers for a while, and the newer
 * one's program runs first (uprobe_multi: consumer_add() in kernel/events/uprobes.c).
 */
bool attachment_is_busy(const struct attachment *attachment);
/* Attaches sites, those of a layer side by side; `bits` of ATTACH_ORDER_BITS go into their cookies. */
void attachment_attach(struct attachment *attachment, const struct attach_layer_site *sites,
		       size_t count, uint64_t bits);
/* Takes whole layers off; not busy any more, none of their programs runs. */
void attachment_detach(struct attachment *attachment, const uint32_t *layers, size_t count);
/* Capabilities (base/capabilities.h) that attaching the same way once more takes, if there were
 * any. */
uint64_t attachment_needs(const struct attachment *attachment);
/* The kernel keeps the probes out of all processes but attach_options.pid. */
bool attachment_is_confined(const struct attachment *attachment);
/* Detaches and attaches all that is attached: the process of attach_options.pid is another one to the
 * kernel. Not while busy. Error: that cannot be, and nothing is attached. */
struct error *attachment_again(struct attachment *attachment);
/*
 * Somebody changes the binary, or did since attach_file.stat: attachment_start() or
 * attachment_check() has seen it. Whoever writes to it, or executes it then, is kept waiting until
 * all probes are gone; what may be done then is attachment_stop().
 */
bool attachment_file_is_changed(const struct attachment *attachment);
/* Detaches, and waits up to timeout_ms. True: every probe is gone. What may be done then is attachment_stop(). */
bool attachment_detach_all(struct attachment *attachment, int timeout_ms);
/* Detaches and waits until every probe is gone, or `patience` has an end; frees. NULL is fine. */
void attachment_stop(struct attachment *attachment);

/* True while somebody has the file open for writing, where that can be told (file_watch.h): a lease
 * cannot be had. */
bool attach_file_is_written_to(const char *path);

/*
 * The best method of this kernel, found by trying. Programs are loaded for a method
 * (attach_program_type()), and ATTACH_AUTO takes what this returns.
 */
enum attach_method attach_best_method(void);

/* What the user can do about an errno value that bpf(2), perf_event_open(2) or tracefs returned:
 * static text, a clause without a full stop; NULL when there is nothing to say. */
const char *attach_hint(int errnum);

#endif
