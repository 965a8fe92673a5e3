/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * hits.h - how often each site was hit, and how long the programs there take: what tracing costs.
 *
 * All hits count, whoever hits and whether or not anything is traced: each takes a trap. Those of processes that were
 * not chosen count once more by themselves.
 */
#ifndef GOFUNCGRAPH_HITS_H
#define GOFUNCGRAPH_HITS_H

#include "settings.h"

/* One run in so many is timed: to ask for the time twice takes a fifth of a microsecond. */
#define TIMED_RUNS 64
/* Whoever took longer was interrupted. */
#define MAX_RUN_NS 20000

/* Counts the hit. Returns when its run began, or 0: it is not timed. */
static __always_inline __u64 begin_hit(__u32 site)
{
	__u32 key = (bpf_get_smp_processor_id() & hit_shard_mask) * num_hit_sites + site;
	__u64 *hits = bpf_map_lookup_elem(&site_hits, &key);

	if (!hits)
		return 0;
	__sync_fetch_and_add(hits, 1);
	return *hits % TIMED_RUNS ? 0 : bpf_ktime_get_ns();
}

/* The hit was by a process that is not traced; it counts above, too. */
static __always_inline void count_other_hit(__u32 site)
{
	__u32 shard = (bpf_get_smp_processor_id() & hit_shard_mask) + hit_shard_mask + 1;
	__u32 key = shard * num_hit_sites + site;
	__u64 *hits = bpf_map_lookup_elem(&site_hits, &key);

	if (hits)
		__sync_fetch_and_add(hits, 1);
}

/* `has_told`: it sent a record. */
static __always_inline void end_hit(__u64 began_ns, bool has_told)
{
	__u64 ns;

	if (!began_ns)
		return;
	ns = bpf_ktime_get_ns() - began_ns;
	if (ns > MAX_RUN_NS)
		return;
	__sync_fetch_and_add(&timed_runs, 1);
	__sync_fetch_and_add(&timed_ns, ns);
	if (!has_told)
		return;
	__sync_fetch_and_add(&told_runs, 1);
	__sync_fetch_and_add(&told_ns, ns);
}

#endif
