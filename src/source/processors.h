/* SPDX-License-Identifier: MIT */
/*
 * processors.h - what there is besides probes: the kernel's switches of threads, for hunt (run_options.hunt)
 * and for states; and for hunt a clock on each processor, and what goes on when somebody wants to know.
 */
#ifndef SOURCE_PROCESSORS_H
#define SOURCE_PROCESSORS_H

#include "base/error.h"
#include "gofuncgraph/hunt_options.h"
#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"
#include "graph.skel.h"

struct processors; /* NULL: nothing is attached */

/* Attaches; of the options nothing is kept. Errors: missing privileges, or the kernel has no such clock. */
struct error *processors_attach(const struct graph_bpf *bpf, const struct hunt_options *options,
				struct processors **processors);
#define PROCESSORS_NO_SWITCHES                                                                     \
	"the kernel does not let switches of threads be seen: time without a processor counts as running"

/* For states alone (STATE_NO_CPU). That the kernel refuses it is told with -v, and no error. */
struct error *processors_attach_switches(const struct graph_bpf *bpf,
					 struct processors **processors);
/* Detaches. The maps of the BPF programs stay as they are. */
void processors_detach(struct processors *processors);
void processors_free(struct processors *processors); /* detaches too */

/* With run_options.hunt: tells the times without a processor inside targets that have not ended at `time_ns`, by the clock
 * of records (RECORD_IS_OPEN). */
void processors_tell_open(struct processors *processors, uint64_t time_ns,
			  void (*tell)(void *context, const struct record *record), void *context);

#endif
