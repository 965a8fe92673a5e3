/* SPDX-License-Identifier: MIT */
/*
 * programs.h - which BPF program runs at which site: one line each in the table of programs.c, which
 * is also the order in which they are attached.
 */
#ifndef SOURCE_PROGRAMS_H
#define SOURCE_PROGRAMS_H

#include <bpf/libbpf.h>

#include "gofuncgraph/attach.h"
#include "gofuncgraph/plan.h"

struct programs_options {
	bool emulates_ret; /* the program at exits performs the `ret` */
	bool hunts; /* run_options.hunt */
	bool tells_no_cpu; /* STATE_NO_CPU */
	bool opens_elsewhere, tells_id_labels; /* as in bpf/settings.h */
	bool chooses_labels; /* chosen_labels is not 0 */
};

/* Before loading: of the programs of the table only those are loaded that the plan has sites for. */
void programs_choose(struct bpf_object *object, const struct plan *plan,
		     const struct programs_options *options);

/* The name of the program that the site runs; of two of one purpose the first in the table. */
const char *programs_name(const struct site *site);

/* Attaches the plan's sites to the programs that were loaded, by the layers that each is in: an
 * attach_site has the index that it has in the plan. Of `options` the programs are filled in here.
 * Errors: those of attachment_start(). */
struct error *programs_attach(const struct bpf_object *object, const struct plan *plan,
			      const uint32_t *layers, const struct attach_options *options,
			      struct attachment **attachment);

#endif
