/* SPDX-License-Identifier: MIT */
#include "probe/plan_targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "values/id_labels.h"

struct error *plan_targets_begin(struct plan *plan, const struct run_options *options)
{
	plan->where_is_early = true;
	return where_make(options->where, options->labels, options->num_labels, &plan->where);
}

/* Behind its values, or alone. */
static struct error *add_labels(struct plan *plan, const struct run_options *options,
				struct site *site, size_t written)
{
	size_t list = site->flags & SITE_VALUES ? site->values + 1u : written ?: plan->labels_alone;
	struct value_list *alone;
	struct error *err = list ? NULL : value_lists_next(&plan->values, &alone);

	if (err)
		return err;
	if (!list)
		list = plan->labels_alone = plan->values.count;
	site->flags |= SITE_VALUES;
	site->values = (uint16_t)(list - 1);
	if (plan->tells_id_labels && !value_list_add_id_labels(&plan->values.items[list - 1]))
		return error_new(
			"there is no room for the ids of --trace-ids behind the values of a target: ask for fewer of those");
	return value_list_add_labels(&plan->values.items[list - 1], options->labels,
				     options->num_labels);
}

/* Room for the conditions of all lists. False: out of memory. */
static bool reserve_conditions(struct plan *plan)
{
	size_t count = plan->values.count;

	if (count <= plan->num_conditions)
		return true;
	if (!array_reserve(&plan->conditions, &plan->conditions_capacity, count,
			   sizeof(*plan->conditions)))
		return false;
	memset(plan->conditions + plan->num_conditions, 0,
	       (count - plan->num_conditions) * sizeof(*plan->conditions));
	plan->num_conditions = count;
	return true;
}

/* NULL: there is none, or there are no values in it. */
static const struct value_list *list_of(const struct plan *plan, const struct site *site)
{
	return site->flags & SITE_VALUES ? &plan->values.items[site->values] : NULL;
}

/* All returns of a function have the same. */
static const struct value_list *results_of(const struct plan *plan, const struct plan_func *func)
{
	for (uint32_t i = 0; i < func->num_sites; i++) {
		const struct site *site = &plan->sites[func->first_site + i];

		if (site->kind == SITE_RETURN)
			return list_of(plan, site);
	}
	return NULL;
}

/* Which ones it looks at, a bit each. */
static uint32_t registers_of(const struct condition *condition)
{
	uint32_t registers = 0;

	for (uint32_t i = 0; i < condition->num_ops; i++)
		if (condition->ops[i].code == FETCH_REGISTER)
			registers |= 1u << (condition->ops[i].reg & 31);
	return registers;
}

static struct error *set_condition(struct plan *plan, struct plan_func *func, struct site *site)
{
	const struct value_list *args = list_of(plan, site), *results = results_of(plan, func);
	bool has_values = site->flags & SITE_VALUES, has_any, is_whole;
	struct error *err = where_look_up(plan->where, func->func->name, args, results, &has_any);

	if (err)
		return err;
	if (!has_any) {
		log_verbose("%s has none of the values of --where: its calls begin no trees",
			    func->func->name);
		func->target = false;
		site->flags &= ~(uint32_t)SITE_TARGET;
		return NULL;
	}
	if (!reserve_conditions(plan))
		return error_out_of_memory();
	is_whole = has_values &&
		   where_compile(plan->where, args, results, &plan->conditions[site->values]);
	plan->where_is_early &= is_whole;
	if (has_values && plan->conditions[site->values].num_ops) {
		site->flags |= SITE_CONDITION;
		site->lost_registers &= registers_of(&plan->conditions[site->values]);
	}
	return NULL;
}

struct error *plan_targets_add(struct plan *plan, const struct run_options *options,
			       struct plan_func *func, size_t written)
{
	struct site *site = &plan->sites[func->first_site];
	struct error *err = NULL;

	if (options->num_labels || plan->tells_id_labels)
		err = add_labels(plan, options, site, written);
	if (!err && plan->where)
		err = set_condition(plan, func, site);
	return err;
}

struct error *plan_targets_check(const struct plan *plan)
{
	struct error *err = plan->where ? where_check_names(plan->where) : NULL;
	size_t count = 0;
	const char *unfit = !err && plan->where ? where_unfit(plan->where, &count) : NULL;
	char others[160] = "";

	if (count > 1)
		snprintf(others, sizeof(others), " (and so it is with %s)",
			 text_counted(count - 1, "other target", "other targets").text);
	if (unfit)
		log_warning("--where cannot be decided for %s%s", unfit, others);
	return err;
}
