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

/* How long it was since then; 0: it was not timed, or somebody interrupted it. */
static __always_inline __u64 time_of_run(__u64 began_ns)
{
	__u64 ns = began_ns ? bpf_ktime_get_ns() - began_ns : 0;

	return ns > MAX_RUN_NS ? 0 : ns;
}

static __always_inline void add_time(__u64 ns, bool has_told)
{
	__sync_fetch_and_add(&timed_ns, ns);
	if (!has_told)
		return;
	__sync_fetch_and_add(&told_runs, 1);
	__sync_fetch_and_add(&told_ns, ns);
}

/* `has_told`: it sent a record. */
static __always_inline void end_hit(__u64 began_ns, bool has_told)
{
	__u64 ns = time_of_run(began_ns);

	if (!ns)
		return;
	__sync_fetch_and_add(&timed_runs, 1);
	add_time(ns, has_told);
}

/* The rest of a run, in another program. As many are timed as beginnings, if not the same ones: it is the sums that
 * matter. */
static __always_inline __u64 begin_rest(void)
{
	return bpf_get_prandom_u32() % TIMED_RUNS ? 0 : bpf_ktime_get_ns();
}

/* The same up to where it is known whether a record is sent; end_hit() was told that none is. */
static __always_inline void end_part(__u64 began_ns, bool has_told)
{
	__u64 ns = time_of_run(began_ns);

	if (ns)
		add_time(ns, has_told);
}

/* It sent a record. */
static __always_inline void end_rest(__u64 began_ns)
{
	__u64 ns = time_of_run(began_ns);

	if (!ns)
		return;
	__sync_fetch_and_add(&timed_ns, ns);
	__sync_fetch_and_add(&told_ns, ns);
}

#endif
