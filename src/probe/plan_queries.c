/* SPDX-License-Identifier: MIT */
/* plan_queries.c - what is asked of a plan once it is made. */
#include <stdlib.h>

#include "gofuncgraph/plan.h"

void plan_destroy(struct plan *plan)
{
	free(plan->funcs);
	free(plan->runtime_funcs);
	free(plan->sites);
	free(plan->mnemonics);
	free(plan->omissions);
	value_lists_destroy(&plan->values);
	where_free(plan->where);
	free(plan->conditions);
	*plan = (struct plan){0};
}

struct error *plan_refuse_values(const struct plan *plan, const char *what)
{
	return plan->values.count
		       ? error_new(
				 "%s shows no values of calls: leave out -a, --arg and what is in brackets behind functions' names",
				 what)
		       : NULL;
}

uint64_t plan_cookie(const struct plan *plan, uint32_t index)
{
	return SITE_COOKIE(index, plan->sites[index].flags);
}

const struct gobin_func *plan_site_func(const struct plan *plan, const struct site *site)
{
	size_t count;

	return &gobin_funcs(plan->bin, &count)[site->func];
}

size_t plan_num_traced(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->num_funcs; i++)
		count += plan->funcs[i].num_sites > 0;
	return count;
}

static bool has_resume(const struct plan *plan, const struct plan_func *func, uint32_t *site)
{
	for (uint32_t i = func->first_site; i < func->first_site + func->num_sites; i++) {
		if (plan->sites[i].kind != SITE_RESUME)
			continue;
		*site = i;
		return true;
	}
	return false;
}

struct plan_resume plan_find_resume(const struct plan *plan)
{
	struct plan_resume resume = {0};

	for (uint32_t i = 0; i < plan_num_all(plan); i++) {
		const struct plan_func *func = plan_func_at(plan, i);

		resume.has_targets |= func->needs_resume && func->target;
		if (resume.exists || !has_resume(plan, func, &resume.site))
			continue;
		resume.exists = true;
		resume.func = i;
	}
	return resume;
}

uint32_t plan_num_at_entry(const struct plan *plan, const struct plan_func *func)
{
	const struct site *sites = &plan->sites[func->first_site];

	return func->num_sites > 1 && sites[1].va == sites[0].va ? 2 : 1;
}

size_t plan_find_states(const struct plan *plan, bool without_births, uint32_t *numbers)
{
	size_t count = 0;

	for (uint32_t i = (uint32_t)plan->num_funcs; i < plan_num_all(plan); i++) {
		const struct plan_func *func = plan_func_at(plan, i);

		const struct site *site = &plan->sites[func->first_site];

		if (func->num_sites && site_is_state(site) &&
		    !(without_births && site_is_birth(site)))
			numbers[count++] = i;
	}
	return count;
}
