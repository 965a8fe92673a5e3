/* SPDX-License-Identifier: MIT */
/* hunt_view.h - records of hunt as a report on an output, be they traced now or read from a file. */
#ifndef COMMAND_HUNT_VIEW_H
#define COMMAND_HUNT_VIEW_H

#include "command/hunt_args.h"
#include "gofuncgraph/hunt.h"
#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/output.h"
#include "goroutines/unwind.h"

struct hunt_view {
	const struct hunt_args
		*args; /* not owned; all else is zero at first, but for what follows */
	/* As in struct hunt_sink, and each report besides being shown; may be NULL. */
	void *context;
	void (*overdue)(void *context, const struct hunt_open *call);
	void (*reported)(void *context, const struct hunt_report *report);
	struct names *names; /* not owned */
	struct output *output;
	struct hunt *hunt;
	uint64_t num_reports;
	uint64_t num_before; /* calls, of the binary before it was overwritten */
};

/* Again after hunt_view_close(), for another binary. `options`: what the output is about; of its run, hunt's
 * frequency. `code` is copied, what it looks into is not owned. */
struct error *hunt_view_open(struct hunt_view *view, const struct output_options *options,
			     const struct unwind_code *code);
void hunt_view_close(struct hunt_view *view);

struct error *hunt_view_feed(struct hunt_view *view, const struct record *record);

/* At the end; share_of_exact: as in struct hunt_report. */
struct error *hunt_view_report(struct hunt_view *view, double share_of_exact);
/* And what else is known then; sets totals->hunt. */
void hunt_view_end(struct hunt_view *view, struct output_totals *totals);

uint64_t hunt_view_num_calls(const struct hunt_view *view);
/* As many as --limit wants. */
bool hunt_view_is_full(const struct hunt_view *view);

#endif
