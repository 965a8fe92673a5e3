/* SPDX-License-Identifier: MIT */
#include "source/hits.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* So many processors at most have counters of their own; others share them. */
#define MAX_SHARDS 16

void hits_set_size(struct graph_bpf *bpf, const struct plan *plan)
{
	uint32_t num_sites = plan->num_sites ? (uint32_t)plan->num_sites : 1, num_shards = 1;
	int processors = libbpf_num_possible_cpus();

	while ((int)num_shards < processors && num_shards < MAX_SHARDS)
		num_shards *= 2;
	bpf->rodata->num_hit_sites = num_sites;
	bpf->rodata->hit_shard_mask = num_shards - 1;
	bpf_map__set_max_entries(bpf->maps.site_hits, num_sites * num_shards);
}

struct error *hits_map(const struct graph_bpf *bpf, struct hits *hits)
{
	size_t num_shards = bpf->rodata->hit_shard_mask + 1, num_sites = bpf->rodata->num_hit_sites;
	size_t size = num_shards * num_sites * sizeof(*hits->counters);
	void *counters =
		mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(bpf->maps.site_hits), 0);

	if (counters == MAP_FAILED)
		return error_errno(errno, "cannot read how often probes are hit");
	*hits = (struct hits){counters, num_sites, num_shards, size};
	return NULL;
}

void hits_release(struct hits *hits)
{
	if (hits->counters)
		munmap((void *)hits->counters, hits->size);
	hits->counters = NULL;
}

void hits_sum(const struct hits *hits, uint64_t *sums)
{
	memset(sums, 0, hits->num_sites * sizeof(*sums));
	for (size_t shard = 0; shard < hits->num_shards; shard++)
		for (size_t site = 0; site < hits->num_sites; site++)
			sums[site] += hits->counters[shard * hits->num_sites + site];
}
