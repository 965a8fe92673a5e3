/* SPDX-License-Identifier: MIT */
#include "source/hits.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* So many processors at most have counters of their own; others share them. */
#define MAX_SHARDS 16

void hits_set_size(struct graph_bpf *bpf, const struct plan *plan, bool with_others)
{
	uint32_t num_sites = plan->num_sites ? (uint32_t)plan->num_sites : 1, num_shards = 1;
	int processors = libbpf_num_possible_cpus();

	while ((int)num_shards < processors && num_shards < MAX_SHARDS)
		num_shards *= 2;
	bpf->rodata->num_hit_sites = num_sites;
	bpf->rodata->hit_shard_mask = num_shards - 1;
	bpf_map__set_max_entries(bpf->maps.site_hits,
				 num_sites * num_shards * (with_others ? 2 : 1));
}

struct error *hits_map(const struct graph_bpf *bpf, struct hits *hits)
{
	size_t num_shards = bpf->rodata->hit_shard_mask + 1, num_sites = bpf->rodata->num_hit_sites;
	size_t count = bpf_map__max_entries(bpf->maps.site_hits), size = count * sizeof(uint64_t);
	const uint64_t *counters =
		mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(bpf->maps.site_hits), 0);

	if (counters == MAP_FAILED)
		return error_errno(errno, "cannot read how often probes are hit");
	*hits = (struct hits){counters, num_sites, num_shards, size, NULL};
	if (count > num_shards * num_sites)
		hits->of_others = counters + num_shards * num_sites;
	return NULL;
}

void hits_release(struct hits *hits)
{
	if (hits->counters)
		munmap((void *)hits->counters, hits->size);
	hits->counters = NULL;
}

static void sum(const struct hits *hits, const uint64_t *counters, uint64_t *sums)
{
	memset(sums, 0, hits->num_sites * sizeof(*sums));
	for (size_t shard = 0; shard < hits->num_shards; shard++)
		for (size_t site = 0; site < hits->num_sites; site++)
			sums[site] += counters[shard * hits->num_sites + site];
}

void hits_sum(const struct hits *hits, uint64_t *sums)
{
	sum(hits, hits->counters, sums);
}

void hits_sum_others(const struct hits *hits, uint64_t *sums)
{
	if (hits->of_others)
		sum(hits, hits->of_others, sums);
	else
		memset(sums, 0, hits->num_sites * sizeof(*sums));
}
