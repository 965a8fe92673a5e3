/* SPDX-License-Identifier: MIT */
/* hits.h - how often each site was hit, as the BPF programs count it (bpf/hits.h). */
#ifndef SOURCE_HITS_H
#define SOURCE_HITS_H

#include "base/error.h"
#include "gofuncgraph/plan.h"
#include "graph.skel.h"

struct hits {
	const uint64_t *counters; /* the map: num_shards times num_sites */
	size_t num_sites, num_shards, size; /* bytes */
	const uint64_t *of_others; /* as many, in the same map; NULL: all processes are traced */
};

/* Before the programs are loaded. `with_others`: hits of processes that are not traced count by themselves, too. */
void hits_set_size(struct graph_bpf *bpf, const struct plan *plan, bool with_others);

/* After it. `hits` all zero is fine to release. */
struct error *hits_map(const struct graph_bpf *bpf, struct hits *hits);
void hits_release(struct hits *hits);

/* Sums by site. */
void hits_sum(const struct hits *hits, uint64_t *sums);
void hits_sum_others(const struct hits *hits, uint64_t *sums);

#endif
