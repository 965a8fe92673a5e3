/* SPDX-License-Identifier: MIT */
/* site_table.h - the plan's sites as the BPF programs look them up: the maps `sites`, `fetch_lists`
 * and, where the kernel has no cookies, `site_cookies`. */
#ifndef SOURCE_SITE_TABLE_H
#define SOURCE_SITE_TABLE_H

#include "gofuncgraph/plan.h"
#include "graph.skel.h"

/* Before loading, with use_cookies and is_pie set. */
void site_table_set_size(struct graph_bpf *bpf, const struct plan *plan);
/* After it. */
struct error *site_table_fill(const struct graph_bpf *bpf, const struct plan *plan);

#endif
