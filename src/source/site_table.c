/* SPDX-License-Identifier: MIT */
#include "source/site_table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>

void site_table_set_size(struct graph_bpf *bpf, const struct plan *plan)
{
	/* A map holds one at least. */
	uint32_t count = plan->num_sites ? (uint32_t)plan->num_sites : 1;

	bpf_map__set_max_entries(bpf->maps.sites, count);
	bpf_map__set_max_entries(bpf->maps.fetch_lists,
				 plan->values.count ? (uint32_t)plan->values.count : 1);
	bpf_map__set_max_entries(bpf->maps.conditions,
				 plan->num_conditions ? (uint32_t)plan->num_conditions : 1);
	if (!bpf->rodata->use_cookies)
		bpf_map__set_max_entries(bpf->maps.site_cookies,
					 count * (bpf->rodata->is_pie ? 2 : 1));
}

static struct error *sites_error(void)
{
	return error_errno(errno, "cannot tell the BPF programs the sites");
}

/* All at once: a mapping of the map is written to. */
static struct error *fill_sites(int fd, const struct plan *plan)
{
	size_t size = plan->num_sites * sizeof(*plan->sites);
	void *table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (table == MAP_FAILED)
		return sites_error();
	memcpy(table, plan->sites, size);
	munmap(table, size);
	return bpf_map_freeze(fd) ? sites_error() : NULL;
}

static struct error *fill_cookies(const struct graph_bpf *bpf, const struct plan *plan)
{
	int fd = bpf_map__fd(bpf->maps.site_cookies);

	for (uint32_t i = 0; i < plan->num_sites; i++) {
		const struct site *site = &plan->sites[i];
		uint64_t cookie = plan_cookie(plan, i);
		uint64_t flag = site_is_state(site) ? SITE_STATE_KEY : 0;
		uint64_t va_key = site->va | flag, off_key = site->off | SITE_OFFSET_KEY | flag;

		if (bpf_map_update_elem(fd, &va_key, &cookie, BPF_ANY) ||
		    (bpf->rodata->is_pie && bpf_map_update_elem(fd, &off_key, &cookie, BPF_ANY)))
			return sites_error();
	}
	return NULL;
}

static struct error *fill_values(const struct graph_bpf *bpf, const struct plan *plan)
{
	int fd = bpf_map__fd(bpf->maps.fetch_lists);

	for (uint32_t i = 0; i < plan->values.count; i++)
		if (bpf_map_update_elem(fd, &i, &plan->values.items[i].fetch, BPF_ANY))
			return sites_error();
	return NULL;
}

static struct error *fill_conditions(const struct graph_bpf *bpf, const struct plan *plan)
{
	int fd = bpf_map__fd(bpf->maps.conditions);

	for (uint32_t i = 0; i < plan->num_conditions; i++)
		if (bpf_map_update_elem(fd, &i, &plan->conditions[i], BPF_ANY))
			return sites_error();
	return NULL;
}

struct error *site_table_fill(const struct graph_bpf *bpf, const struct plan *plan)
{
	struct error *err = NULL;

	if (plan->num_sites)
		err = fill_sites(bpf_map__fd(bpf->maps.sites), plan);
	if (!err)
		err = fill_values(bpf, plan);
	if (!err)
		err = fill_conditions(bpf, plan);
	if (!err && !bpf->rodata->use_cookies)
		err = fill_cookies(bpf, plan);
	return err;
}
