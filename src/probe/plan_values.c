/* SPDX-License-Identifier: MIT */
#include "probe/plan_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "values/trace_ids.h"

/* Of the function that was added last, at its entry. */
void plan_values_lose(const struct plan *plan, struct site *site, const struct decoded *decoded,
		      uint64_t lost)
{
	site->lost_values |= lost;
	site->lost_registers = decoded->lost_by_growth;
	site->body_size = plan->funcs[plan->num_funcs - 1].func->size - decoded->sites[0].offset;
}

/* Those that the user wrote. A jump to another function has no results: those will be that one's. */
static void set_written(struct plan *plan, struct site *site, const struct decoded *decoded,
			size_t number)
{
	const struct value_list *list = &plan->values.items[number];

	if (site->kind == SITE_RETURN && list->results)
		list = &plan->values.items[list->results - 1];
	else if (site->kind != SITE_ENTRY)
		return;
	if (!list->count)
		return;
	site->flags |= SITE_VALUES;
	site->values = (uint16_t)(list - plan->values.items);
	if (site->kind != SITE_ENTRY)
		return;
	site->unknown_values = decoded->is_entry_looped
				       ? UINT16_MAX
				       : value_list_unknown(list, decoded->changed_at_entry);
	plan_values_lose(plan, site, decoded, value_list_unknown(list, decoded->lost_by_growth));
}

/* ---- by name and type ---- */

static bool wants_all(const struct values_wanted *wanted, const struct plan_func *func)
{
	for (size_t i = wanted->num_globs; i--;) {
		const char *glob = wanted->globs[i];
		bool is_negated = *glob == '!';

		if (pattern_matches(glob + is_negated, func->func->name))
			return !is_negated;
	}
	return wanted->targets && func->target;
}

/* The values of one site, as they are found. */
struct found {
	struct typed_value *items;
	size_t count, capacity;
};

static struct error *add_found(struct found *found, const struct typed_value *value)
{
	if (!value->name || !array_reserve(&found->items, &found->capacity, found->count + 1,
					   sizeof(*found->items))) {
		free(value->name);
		return error_out_of_memory();
	}
	found->items[found->count++] = *value;
	return NULL;
}

/* Results often have no name; the compiler's own is "~r0". */
static const char *name_of(const struct go_variable *variable)
{
	if (!variable->is_result)
		return *variable->name ? variable->name : "_";
	return *variable->name == '~' || !strcmp(variable->name, "_") ? "" : variable->name;
}

static struct error *find_all(const struct go_signature *signature, bool results,
			      struct found *found)
{
	struct error *err = NULL;

	for (size_t i = 0; !err && i < signature->num_variables; i++) {
		const struct go_variable *variable = &signature->variables[i];
		struct typed_value value = {.type = variable->type, .variable = variable};

		if (variable->is_result != results || variable->is_hidden)
			continue;
		value.name = strdup(name_of(variable));
		err = add_found(found, &value);
	}
	return err;
}

static struct error *find_path(struct plan_values *values, const struct go_signature *signature,
			       const char *function, const char *path, struct found *found)
{
	_cleanup_free_ char *reason = NULL;
	struct typed_value value;
	bool has_variable;

	if (typed_find(signature, false, path, &value, &has_variable))
		return add_found(found, &value);
	reason = typed_explain(signature, function, false, path);
	if (has_variable)
		return error_new("%s has no \"%s\": %s", function, path, reason ?: "?");
	if (!values->other_names && path == values->args->paths[0])
		values->other_names = take_pointer(reason);
	return NULL;
}

static struct error *find_values(struct plan_values *values, const struct plan_func *func,
				 const struct go_signature *signature, struct found *found)
{
	const struct values_wanted *wanted = values->args;
	struct error *err = NULL;

	if (wants_all(wanted, func))
		err = find_all(signature, false, found);
	for (size_t i = 0; !err && func->target && i < wanted->num_paths; i++)
		err = find_path(values, signature, func->func->name, wanted->paths[i], found);
	return err;
}

static bool is_found(const struct found *found, const char *name)
{
	for (size_t i = 0; i < found->count; i++)
		if (!strcmp(found->items[i].name, name))
			return true;
	return false;
}

/* All of the same variable. NULL: it is not among them. */
static struct typed_value *find_whole(const struct found *found, const struct typed_value *value)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].variable == value->variable &&
		    found->items[i].type == value->type && !found->items[i].num_loads)
			return &found->items[i];
	return NULL;
}

/* Those that the condition names, of a target; a result that is there without a name gets the condition's. */
static struct error *find_conditions(struct plan *plan, const struct plan_func *func,
				     const struct go_signature *signature, bool results,
				     struct found *found)
{
	struct error *err = NULL;
	const char *name;

	if (!plan->where || !func->target)
		return NULL;
	for (size_t i = 0; !err && (name = where_name(plan->where, i)); i++) {
		struct typed_value value, *same;
		bool has_variable;

		where_note_names(plan->where, i, signature, func->func->name);
		if (is_found(found, name) ||
		    !typed_find(signature, results, name, &value, &has_variable))
			continue;
		same = value.num_loads ? NULL : find_whole(found, &value);
		if (!same) {
			err = add_found(found, &value);
			continue;
		}
		free(same->name);
		same->name = value.name;
	}
	return err;
}

static struct error *make_list(struct plan_values *values, struct plan *plan, struct site *site,
			       struct typed_site at, struct found *found)
{
	struct value_list *list;
	struct error *err = value_lists_next(&plan->values, &list);

	if (err)
		return err;
	site->flags |= SITE_VALUES;
	site->values = (uint16_t)(plan->values.count - 1);
	err = typed_list_make(found->items, found->count, plan->bin, &at, &values->args->limits,
			      list);
	*found = (struct found){};
	values->num_found++;
	return err;
}

const struct go_signature *plan_values_signature(struct plan_values *values,
						 const struct plan *plan)
{
	const struct plan_func *func = &plan->funcs[plan->num_funcs - 1];
	struct error *err = NULL;

	if (values->signature_of != plan->num_funcs) {
		values->signature_of = plan->num_funcs;
		err = gobin_signature(plan->bin, func->func, &values->signature);
		values->has_signature = !err;
	}
	if (!values->why_not)
		values->why_not = err;
	else
		error_free(err);
	return values->has_signature ? &values->signature : NULL;
}

static struct error *find_results(struct plan_values *values, struct plan *plan,
				  const struct plan_func *func,
				  const struct go_signature *signature, struct found *found)
{
	struct error *err = NULL;

	if (wants_all(values->results, func))
		err = find_all(signature, true, found);
	return err ?: find_conditions(plan, func, signature, true, found);
}

/* Whether the types of results that are wanted are in the dictionary, which only the entry can tell. */
static struct error *look_at_results(struct plan_values *values, struct plan *plan,
				     const struct plan_func *func,
				     const struct go_signature *signature, bool *need_dictionary)
{
	struct found found = {};
	struct error *err = find_results(values, plan, func, signature, &found);

	for (size_t i = 0; i < found.count; i++)
		*need_dictionary |= found.items[i].variable->dictionary_word;
	typed_values_free(found.items, found.count);
	return err;
}

/* Of the list that was made last, of arguments. One that holds nothing is of no use. */
static void look_at_dictionary(struct plan_values *values, struct plan *plan, struct site *site,
			       const struct typed_site *at)
{
	struct value_list *list = &plan->values.items[plan->values.count - 1];

	if (!list->typed->num_values && !list->typed->num_pieces) {
		value_list_clear(list);
		plan->values.count--;
		site->flags &= ~(uint32_t)SITE_VALUES;
	} else if (at->is_for_results && list->typed->dictionary.piece != TYPED_NONE) {
		values->dictionary_list = plan->values.count;
	}
}

static struct error *set_arguments(struct plan_values *values, struct plan *plan, struct site *site,
				   const struct decoded *decoded)
{
	const struct plan_func *func = &plan->funcs[plan->num_funcs - 1];
	struct typed_site at = {.changed_registers = decoded->changed_at_entry,
				.is_repeated = decoded->is_entry_looped,
				.other_ops =
					plan->tells_traces && func->target ? TRACE_MAX_OPS : 0};
	const struct go_signature *signature = plan_values_signature(values, plan);
	struct found found = {};
	struct error *err;

	if (!signature)
		return NULL;
	at.dictionary = signature->dictionary;
	err = find_values(values, func, signature, &found);
	if (!err)
		err = find_conditions(plan, func, signature, false, &found);
	if (!err && at.dictionary.variable)
		err = look_at_results(values, plan, func, signature, &at.is_for_results);
	if (!err && (found.count || at.is_for_results)) {
		err = make_list(values, plan, site, at, &found);
		if (!err)
			look_at_dictionary(values, plan, site, &at);
	}
	if (!err && site->flags & SITE_VALUES)
		plan_values_lose(plan, site, decoded,
				 typed_lost(plan->values.items[site->values].typed,
					    decoded->lost_by_growth));
	typed_values_free(found.items, found.count);
	return err;
}

static void note_unknown_results(struct plan_values *values, const struct plan_func *func)
{
	if (!values->why_no_results && wants_all(values->results, func))
		values->why_no_results =
			error_new("which results %s has is unknown: the binary has no DWARF",
				  func->func->name);
}

/* At each return of a function the same. */
static struct error *set_results(struct plan_values *values, struct plan *plan, struct site *site)
{
	const struct plan_func *func = &plan->funcs[plan->num_funcs - 1];
	struct typed_site at = {.is_return = true};
	const struct go_signature *signature;
	struct found found = {};
	struct error *err;

	if (values->results_of == plan->num_funcs) {
		if (!values->results_list)
			return NULL;
		site->flags |= SITE_VALUES;
		site->values = (uint16_t)(values->results_list - 1);
		return NULL;
	}
	values->results_of = plan->num_funcs;
	values->results_list = 0;
	signature = plan_values_signature(values, plan);
	if (!signature)
		return NULL;
	if (signature->lacks_results) {
		note_unknown_results(values, func);
		return NULL;
	}
	values->num_found++;
	values->num_with_results++;
	if (values->dictionary_list)
		at.dictionary = signature->dictionary;
	err = find_results(values, plan, func, signature, &found);
	if (!err && found.count) {
		err = make_list(values, plan, site, at, &found);
		values->results_list = plan->values.count;
	}
	if (!err && values->results_list && values->dictionary_list)
		plan->values.items[values->dictionary_list - 1].results = values->results_list;
	typed_values_free(found.items, found.count);
	return err;
}

struct error *plan_values_set(struct plan_values *values, struct plan *plan,
			      const struct decoded *decoded, size_t written)
{
	struct site *site = &plan->sites[plan->num_sites - 1];
	const struct plan_func *func = &plan->funcs[plan->num_funcs - 1];
	const struct values_wanted *args = values->args, *results = values->results;

	if (written) {
		set_written(plan, site, decoded, written - 1);
		return NULL;
	}
	bool is_conditional = args && plan->where && func->target;

	if (site->kind == SITE_RETURN && results && (is_conditional || wants_all(results, func)))
		return set_results(values, plan, site);
	if (site->kind != SITE_ENTRY || !args)
		return NULL;
	values->dictionary_list = 0;
	if (is_conditional || wants_all(args, func) || (func->target && args->num_paths) ||
	    (results && wants_all(results, func)))
		return set_arguments(values, plan, site, decoded);
	return NULL;
}

struct error *plan_values_check(struct plan_values *values)
{
	const struct values_wanted *args = values->args, *results = values->results;
	struct error *err = values->why_not ?: values->why_no_results;

	if (values->num_found && !values->num_with_results && values->why_no_results)
		log_warning("%s", error_message(values->why_no_results));
	if (!args || values->num_found ||
	    !(args->targets || args->num_globs || args->num_paths || results->targets ||
	      results->num_globs))
		return NULL;
	if (err) {
		*(values->why_not ? &values->why_not : &values->why_no_results) = NULL;
		return err;
	}
	if (args->num_paths)
		return error_new("no target has a parameter \"%.*s\": %s",
				 (int)strcspn(args->paths[0], "."), args->paths[0],
				 values->other_names ?: "none has any that is known");
	if (args->num_globs)
		log_warning("no function that is shown matches --args=%s and has arguments",
			    args->globs[0]);
	return NULL;
}

void plan_values_destroy(struct plan_values *values)
{
	error_free(values->why_not);
	error_free(values->why_no_results);
	free(values->other_names);
	*values = (struct plan_values){};
}
