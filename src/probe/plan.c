/* SPDX-License-Identifier: MIT */
/* plan.c - chosen functions to sites: the plan that attachment, BPF programs and output follow. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/run_options.h"
#include "probe/select/choose.h"
#include "probe/decode/any_stack.h"
#include "probe/decode/func_code.h"
#include "probe/decode/runtime_sites.h"
#include "probe/decode/state_sites.h"
#include "probe/plan_targets.h"
#include "probe/plan_trace.h"
#include "probe/plan_values.h"

struct builder {
	struct plan *plan;
	size_t funcs_capacity, runtime_funcs_capacity, omissions_capacity;
	size_t sites_capacity, mnemonics_capacity;
	const struct gobin_func *all_funcs; /* gobin_funcs() */
	bool needs_resume; /* see ends_at_resume() */
	const struct run_options *options; /* or NULL */
	struct plan_values values;
};

static const char *why_never(const struct arch *arch, const char *name)
{
	size_t length = strlen(name);

	if (length > 5 && !strcmp(name + length - 5, ".abi0"))
		length -= 5;
	for (const struct never_probed *never = arch->never_probed; never->name; never++)
		if (strlen(never->name) == length && !memcmp(never->name, name, length))
			return never->reason;
	return NULL;
}

static struct error *add_omission(struct builder *builder, const struct gobin_func *func,
				  uint64_t va, const char *reason)
{
	struct plan *plan = builder->plan;

	if (!array_reserve(&plan->omissions, &builder->omissions_capacity, plan->num_omissions + 1,
			   sizeof(*plan->omissions)))
		return error_out_of_memory();
	plan->omissions[plan->num_omissions++] =
		(struct omission){.func = func,
				  .va = va,
				  .reason = reason,
				  .is_runtime = plan->num_runtime_funcs > 0};
	return NULL;
}

/* All that are chosen are added before the first of these. */
static struct error *add_runtime_func(struct builder *builder, const struct gobin_func *func)
{
	struct plan *plan = builder->plan;

	if (!array_reserve(&plan->runtime_funcs, &builder->runtime_funcs_capacity,
			   plan->num_runtime_funcs + 1, sizeof(*plan->runtime_funcs)))
		return error_out_of_memory();
	plan->runtime_funcs[plan->num_runtime_funcs++] = (struct plan_func){
		.func = func,
		.first_site = (uint32_t)plan->num_sites,
	};
	return NULL;
}

static struct error *add_func(struct builder *builder, const struct chosen_func *chosen)
{
	struct plan *plan = builder->plan;

	if (!array_reserve(&plan->funcs, &builder->funcs_capacity, plan->num_funcs + 1,
			   sizeof(*plan->funcs)))
		return error_out_of_memory();
	plan->funcs[plan->num_funcs++] = (struct plan_func){
		.func = chosen->func,
		.first_site = (uint32_t)plan->num_sites,
		.target = chosen->target,
	};
	return NULL;
}

/* Why there may be no probe at these bytes, or NULL. All sites come by here, the tracer's own too.
 */
static const char *why_not_here(struct gobin *bin, uint64_t va, uint32_t length, uint64_t *off)
{
	if (!gobin_va_to_off(bin, va, off))
		return "its code is not in the file";
	return gobin_self_check(bin, va, length);
}

static struct plan_func *last_func(const struct plan *plan)
{
	return plan->num_runtime_funcs ? &plan->runtime_funcs[plan->num_runtime_funcs - 1]
				       : &plan->funcs[plan->num_funcs - 1];
}

/* Adds the site to the function added last, or why there is none; `flags` are added to its own. */
static struct error *add_site(struct builder *builder, const struct decoded_site *decoded,
			      uint32_t flags, bool *added)
{
	struct plan *plan = builder->plan;
	struct plan_func *func = last_func(plan);
	uint64_t va = func->func->va + decoded->offset, off;
	const char *reason = why_not_here(plan->bin, va, decoded->length, &off);

	*added = !reason;
	if (reason)
		return add_omission(builder, func->func, va, reason);
	if (!array_reserve(&plan->sites, &builder->sites_capacity, plan->num_sites + 1,
			   sizeof(*plan->sites)) ||
	    !array_reserve(&plan->mnemonics, &builder->mnemonics_capacity, plan->num_sites + 1,
			   sizeof(*plan->mnemonics)))
		return error_out_of_memory();
	plan->mnemonics[plan->num_sites] = decoded->mnemonic;
	plan->sites[plan->num_sites++] = (struct site){
		.va = va,
		.off = off,
		.func = (uint32_t)(func->func - builder->all_funcs),
		.flags = decoded->flags | flags,
		.sp_delta = decoded->sp_delta,
		.kind = decoded->kind,
		.cost = decoded->cost,
		.length = decoded->length,
		.g_register = decoded->g_register,
		.old_register = decoded->old_register,
		.new_register = decoded->new_register,
	};
	func->num_sites++;
	return NULL;
}

static struct error *add_decoded(struct builder *builder, const struct decoded *decoded,
				 size_t values)
{
	struct plan *plan = builder->plan;
	struct plan_func *func = &plan->funcs[plan->num_funcs - 1];
	bool any_stack =
		gobin_func_is_abi0(plan->bin, func->func) || runs_on_any_stack(func->func->name);
	uint32_t always = (gobin_func_lacks_g(plan->bin, func->func) ? SITE_TLS : 0) |
			  (any_stack ? SITE_ANY_STACK : 0);
	struct error *err;
	bool added;

	func->needs_resume = ends_at_resume(func->func->name);
	builder->needs_resume |= func->needs_resume;
	for (size_t i = 0; i < decoded->num_sites; i++) {
		uint32_t flags = always | (i == 0 && func->target ? SITE_TARGET : 0);

		err = add_site(builder, &decoded->sites[i], flags, &added);
		/* without its entry a function is of no use */
		if (err || (!added && i == 0))
			return err;
		if (added)
			err = plan_values_set(&builder->values, plan, decoded, values);
		if (err)
			return err;
	}
	if (func->target && plan->tells_traces) {
		err = plan_trace_add(plan, &builder->values, decoded, values);
		if (err)
			return err;
	}
	return func->target && builder->options
		       ? plan_targets_add(plan, builder->options, func, values)
		       : NULL;
}

static struct error *add_chosen(struct builder *builder, const struct chosen_func *chosen)
{
	struct plan *plan = builder->plan;
	const struct gobin_func *func = chosen->func;
	_cleanup_(decoded_destroy) struct decoded decoded = {0};
	const char *never = why_never(gobin_arch(plan->bin), func->name)
				    ?: gobin_self_check(plan->bin, func->va, func->size);
	const uint8_t *bytes;
	struct error *err;
	size_t size;

	err = add_func(builder, chosen);
	if (err)
		return err;
	if (never)
		return add_omission(builder, func, func->va, never);
	bytes = func_code(plan->bin, func, &size);
	if (!bytes)
		return add_omission(builder, func, func->va, "its code is not in the file");
	err = decode_function(gobin_arch(plan->bin), bytes, size, &decoded);
	if (err)
		return err;
	if (decoded.refused)
		return add_omission(builder, func, func->va + decoded.refused_offset,
				    decoded.refused);
	if (gobin_func_lacks_g(plan->bin, func) && !gobin_knows_tls(plan->bin))
		return add_omission(
			builder, func, func->va,
			"it is assembly, and where its goroutine is says only the file with Go's runtime");
	return add_decoded(builder, &decoded, chosen->values);
}

static struct site *find_site(const struct plan *plan, uint64_t va)
{
	for (size_t i = 0; i < plan->num_sites; i++) {
		if (plan->sites[i].va == va)
			return &plan->sites[i];
	}
	return NULL;
}

/* Two probes at one place would come in any order: where the user's is, it does both. */
static struct error *add_runtime_site(struct builder *builder, const struct runtime_site *found)
{
	struct plan *plan = builder->plan;
	struct site *site;
	struct error *err;
	bool added;

	if (!found->func)
		return NULL;
	site = find_site(plan, found->func->va + found->site.offset);
	if (site && found->site.kind == SITE_RESUME) {
		/* It is no exit as others are: the frame that it leaves is on another stack. */
		site->kind = SITE_RESUME;
		site->flags = found->site.flags;
		return NULL;
	}
	if (site) {
		if (found->site.kind == SITE_GOEXIT)
			site->flags |= SITE_ENDS_GOROUTINE;
		return NULL;
	}
	err = add_runtime_func(builder, found->func);
	if (err)
		return err;
	return add_site(builder, &found->site, 0, &added);
}

static bool is_excluded(const struct selection *selection, const char *name)
{
	for (size_t i = 0; i < selection->num_functions; i++) {
		const char *text = selection->functions[i];

		if (*text == '!' && !strcmp(text + 1, name))
			return true;
	}
	return false;
}

static struct error *add_runtime(struct builder *builder, const struct selection *selection)
{
	struct error *(*const find[])(struct gobin *, struct runtime_site *) = {
		find_unwind_site, find_goexit_site, find_coroexit_site, find_resume_site};
	size_t count = sizeof(find) / sizeof(*find) - (builder->needs_resume ? 0 : 1);

	for (size_t i = 0; i < count; i++) {
		struct runtime_site found;
		struct error *err = find[i](builder->plan->bin, &found);

		if (!err && found.func && !is_excluded(selection, found.func->name))
			err = add_runtime_site(builder, &found);
		if (err)
			return err;
	}
	return NULL;
}

/* The BPF programs find these apart from the user's, so both may stand at one place. */
static struct error *add_state_func(void *context, const struct state_func *found)
{
	struct builder *builder = context;
	struct error *err = add_runtime_func(builder, found->func);
	bool added;

	for (size_t i = 0; !err && i < found->num_sites; i++)
		err = add_site(builder, &found->sites[i], 0, &added);
	if (!err && found->left_out)
		err = add_omission(builder, found->func, found->func->va + found->left_out_offset,
				   found->left_out);
	return err;
}

static int compare_va(const void *va, const void *func)
{
	uint64_t wanted = *(const uint64_t *)va, other = ((const struct plan_func *)func)->func->va;

	return wanted < other ? -1 : wanted > other;
}

const struct plan_func *plan_find_func(const struct plan *plan, const struct gobin_func *func)
{
	return plan->num_funcs ? bsearch(&func->va, plan->funcs, plan->num_funcs,
					 sizeof(*plan->funcs), compare_va)
			       : NULL;
}

/* There must be a target whose entry can be probed. */
static struct error *check_targets(const struct plan *plan)
{
	size_t num_targets = 0;

	for (size_t i = 0; i < plan->num_funcs; i++) {
		if (plan->funcs[i].target && plan->funcs[i].num_sites)
			return NULL;
		num_targets += plan->funcs[i].target;
	}
	for (size_t i = 0; i < plan->num_omissions; i++) {
		const struct omission *omission = &plan->omissions[i];
		const struct plan_func *func = plan_find_func(plan, omission->func);

		if (func->target)
			return num_targets == 1
				       ? error_new("%s cannot be traced: %s", func->func->name,
						   omission->reason)
				       : error_new("none of the %s targets can be traced; %s: %s",
						   text_count(num_targets).text, func->func->name,
						   omission->reason);
	}
	return error_new("no function can be traced");
}

static struct builder make_builder(struct gobin *bin, struct plan *plan)
{
	size_t count;

	*plan = (struct plan){.bin = bin};
	return (struct builder){.plan = plan, .all_funcs = gobin_funcs(bin, &count)};
}

static struct error *add_states(struct builder *builder, const struct run_options *options)
{
	bool is_exact = options->hunt.is_wanted && options->hunt.waits != HUNT_WAITS_SAMPLED;
	unsigned purposes = (options->states || is_exact ? STATES_OF_TREES : 0) |
			    (options->follow ? STATES_FOLLOW : 0) |
			    (options->hunt.is_wanted ? STATES_STARTED : 0);

	return purposes ? state_sites_find(builder->plan->bin, purposes, add_state_func, builder)
			: NULL;
}

struct error *plan_make(struct gobin *bin, const struct selection *selection,
			const struct run_options *options, struct plan *plan)
{
	struct builder builder = make_builder(bin, plan);
	_cleanup_(chosen_release) struct chosen chosen = {0};
	struct error *err;

	if (options)
		builder.values =
			(struct plan_values){.args = &options->args, .results = &options->results};
	err = choose_functions(bin, selection, &chosen);
	plan->values = chosen.values;
	chosen.values = (struct value_lists){};
	builder.options = options;
	if (!err && options)
		err = plan_targets_begin(plan, options);
	if (!err && options && options->trace_ids)
		plan_trace_begin(plan);
	for (size_t i = 0; !err && i < chosen.count; i++)
		err = add_chosen(&builder, &chosen.items[i]);
	if (!err)
		err = plan_targets_check(plan);
	if (!err)
		err = check_targets(plan);
	if (!err)
		err = plan_values_check(&builder.values);
	if (!err && plan->tells_traces)
		err = plan_trace_check(plan);
	if (!err)
		err = add_runtime(&builder, selection);
	if (!err && options)
		err = add_states(&builder, options);
	plan_values_destroy(&builder.values);
	return err;
}

struct error *plan_make_states(struct gobin *bin, struct plan *plan)
{
	struct builder builder = make_builder(bin, plan);

	return state_sites_find(bin, STATES_ALL, add_state_func, &builder);
}
