/* SPDX-License-Identifier: MIT */
#include "probe/plan_trace.h"

#include "values/trace_ids.h"

void plan_trace_begin(struct plan *plan)
{
	plan->tells_traces = true;
	plan->has_spans = trace_types_find(plan->bin, &plan->trace_types);
	/* Of src/runtime/proflabel.go: what runtime/pprof sets all labels by. */
	plan->tells_id_labels = gobin_func_named(plan->bin, "runtime/pprof.runtime_setProfLabel");
}

/* The list of the site, which it gets if it has none. */
static struct error *list_of(struct plan *plan, struct site *site, struct value_list **list)
{
	struct error *err;

	if (site->flags & SITE_VALUES) {
		*list = &plan->values.items[site->values];
		return NULL;
	}
	err = value_lists_next(&plan->values, list);
	if (err)
		return err;
	site->flags |= SITE_VALUES;
	site->values = (uint16_t)(plan->values.count - 1);
	return NULL;
}

struct error *plan_trace_add(struct plan *plan, struct plan_values *values,
			     const struct decoded *decoded, size_t written)
{
	const struct plan_func *func = &plan->funcs[plan->num_funcs - 1];
	const struct typed_site at = {.changed_registers = decoded->changed_at_entry,
				      .is_repeated = decoded->is_entry_looped};
	const struct go_signature *signature = plan_values_signature(values, plan);
	struct site *site = &plan->sites[func->first_site];
	struct trace_leads leads;
	struct value_list *list;
	struct error *err;

	if (!signature || !trace_find_leads(signature, &leads))
		return NULL;
	leads.has_context &= plan->has_spans;
	if (!leads.has_context && !leads.has_header)
		return NULL;
	/* Functions of one pattern share those, and their contexts are not in one place. */
	if (written)
		return error_new(
			"--trace-ids does not go with values in brackets behind a target: ask for those by --arg");
	err = list_of(plan, site, &list);
	if (err || !value_list_add_trace(list, &at, &leads))
		return err;
	if (leads.has_header)
		plan->trace_types.headers =
			trace_headers(gobin_map_layout(plan->bin), &leads.header);
	plan->num_traced_targets++;
	/* Where any parameter is lost when the stack grows, the context may be. */
	if (decoded->lost_by_growth)
		plan_values_lose(
			plan, site, decoded,
			1ull << list->fetch.trace_value |
				(list->fetch.header_value ? 1ull << list->fetch.header_value : 0));
	return NULL;
}

struct error *plan_trace_check(const struct plan *plan)
{
	if (plan->num_traced_targets || plan->tells_id_labels)
		return NULL;
	if (!plan->has_spans)
		return error_new(
			"--trace-ids: %s has no spans that are known, those of OpenTelemetry and Datadog for Go, it gives its goroutines no labels, and of no target it is known that it is given an *http.Request",
			gobin_path(plan->bin));
	return error_new(
		"--trace-ids: of no target it is known that it is given a context.Context or an *http.Request, and the program gives its goroutines no labels");
}
