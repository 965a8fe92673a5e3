/* SPDX-License-Identifier: MIT */
/*
 * session.h - one run of tracing: loads the BPF programs, attaches a plan, reads the ring buffer.
 *
 * Life cycle: session_start(), after which all that happens is seen - session_poll() as long as
 * wanted - session_look_away() - session_stop(), which detaches and then drains what is still in the
 * ring buffer - session_free().
 */
#ifndef GOFUNCGRAPH_SESSION_H
#define GOFUNCGRAPH_SESSION_H

#include "base/error.h"
#include "gofuncgraph/attach.h"
#include "gofuncgraph/maps.h"
#include "gofuncgraph/modules.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/record.h"
#include "gofuncgraph/run_options.h"

struct session;

struct gate_loss {
	uint64_t goid; /* 0: a thread without a goroutine */
	uint32_t pid;
	uint32_t tid;  /* of such a thread, else 0 */
	uint32_t lost; /* records, since the last one that arrived */
	bool ended;    /* the end of the tree was among them */
};

struct session_options {
	const struct plan *plan; /* not owned */
	struct run_options run;
	uint32_t only_pid;   /* trace this process alone; 0: every one */
	bool spare_others; /* keep probes out of other processes, where the kernel can; the first
			    * calls after an exec of only_pid may be missing then */
	struct modules *modules; /* numbers what is in other files; not owned */
	void (*handle)(void *context, const struct record *record);
	/* While it stops: for each goroutine that lost records of which no record told. */
	void (*lost)(void *context, const struct gate_loss *loss);
	void *context;
};

struct session_stats {
	uint64_t stats[STAT_COUNT];
};

struct error *session_start(const struct session_options *options, struct session **session);
/* Nothing that happens from now on is seen any more, although the probes are still there: what is
 * open now was still running when tracing ended, in whatever order they are taken away. */
void session_look_away(struct session *session);
/* Waits up to timeout_ms for records and hands on all there are; returns early on signals. Error
 * also when who holds the probes is gone, and they with it. */
struct error *session_poll(struct session *session, int timeout_ms);
/* Somebody changes the binary (attachment_file_is_changed()): stop, and start anew with it. */
bool session_file_is_changed(const struct session *session);
/* Detaches, then hands on what is left. May be called twice. */
struct error *session_stop(struct session *session);

/* True of records that tell of a process as a whole that nothing goes on inside its targets. */
bool session_ends_trees(const struct record *record);

/*
 * To be called when such a record is handed on, for each goroutine of that
 * process that is known to be inside a target (tid: of a thread without one, whose goid is 0): it
 * is not any more. True: the end of its tree was lost before, with so many records.
 */
bool session_take_gate(struct session *session, const struct record_process *end, uint64_t goid,
		       uint32_t tid, uint32_t *lost);
void session_free(struct session *session); /* stops too; NULL is fine */

struct session_stats session_stats(const struct session *session);
enum attach_method session_method(const struct session *session);
size_t session_num_sites(const struct session *session);
/* Capabilities (base/capabilities.h) that running it, and starting another like it, takes. */
uint64_t session_needs(const struct session *session);

#endif
