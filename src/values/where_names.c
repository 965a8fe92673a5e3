/* SPDX-License-Identifier: MIT */
/* where_names.c - the names of a condition among the values of a function. */
#include "values/where_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "values/typed.h"

static bool find_typed(const struct value_list *list, const struct where_comparison *comparison,
		       struct where_value *value)
{
	for (size_t i = 0; i < list->typed->num_values; i++) {
		struct go_type *type = list->typed->values[i].type;

		if (strcmp(list->typed->values[i].name, comparison->name))
			continue;
		*value = (struct where_value){.index = i, .is_typed = true};
		value->is_nil_alone = where_is_nil_alone(type);
		value->is_opaque = !where_typed_spec(type, comparison->constant, &value->spec);
		return true;
	}
	return false;
}

static bool find_named(const struct value_list *list, const struct where_comparison *comparison,
		       struct where_value *value)
{
	if (list && list->typed)
		return find_typed(list, comparison, value);
	for (size_t i = 0; list && i < list->count; i++) {
		if (strcmp(list->specs[i].label, comparison->name))
			continue;
		*value = (struct where_value){.spec = list->specs[i], .index = i};
		return true;
	}
	return false;
}

/* Those of labels are left out. */
static struct where_comparison *find_comparison(struct where *where, size_t index)
{
	for (size_t i = 0; i < where->num_comparisons; i++)
		if (!where->comparisons[i].is_label && index-- == 0)
			return &where->comparisons[i];
	return NULL;
}

const char *where_name(struct where *where, size_t index)
{
	struct where_comparison *comparison = find_comparison(where, index);

	return comparison ? comparison->name : NULL;
}

void where_note_names(struct where *where, size_t index, const struct go_signature *signature,
		      const char *function)
{
	struct where_comparison *comparison = find_comparison(where, index);

	if (!comparison->other_names)
		comparison->other_names =
			typed_explain(signature, function, true, comparison->name);
}

static bool is_text(const struct value_spec *spec)
{
	return spec->kind == VALUE_CHARS || spec->kind == VALUE_STRING;
}

/* NULL: it may be compared so. */
static const char *why_not(const struct where_comparison *comparison,
			   const struct where_value *value)
{
	const struct value_spec *spec = &value->spec;
	bool is_like = comparison->wanted & (OUTCOME_LIKE | OUTCOME_UNLIKE);
	bool is_ordered = comparison->wanted != OUTCOME_EQUAL &&
			  comparison->wanted != OUTCOME_UNEQUAL && !is_like;

	if (value->is_opaque)
		return "values of such types are not compared";
	if (is_like && comparison->constant != WHERE_TEXT)
		return "~ takes a text in \"quotes\"";
	if (comparison->constant == WHERE_NIL)
		return is_ordered ? "what is nil is neither less nor greater: == or !="
		       : spec->kind == VALUE_FLOAT || spec->kind == VALUE_BOOL
			       ? "this value is no pointer"
			       : NULL;
	if (comparison->constant == WHERE_TEXT)
		return !is_text(spec) ? "this value is no text"
		       : is_ordered   ? "texts are compared by ==, != and ~"
				      : NULL;
	if (comparison->constant == WHERE_BOOL)
		return spec->kind != VALUE_BOOL ? "this value is no bool"
		       : is_ordered             ? "true and false are compared by == and !="
						: NULL;
	return is_text(spec) || spec->kind == VALUE_BOOL || value->is_nil_alone
		       ? "this value is no number"
		       : NULL;
}

bool where_find(const struct value_list *list, const struct where_comparison *comparison,
		struct where_value *value)
{
	return find_named(list, comparison, value) && !why_not(comparison, value);
}

/* Of values by this name that do not suit, the first one is told of. False: out of memory. */
static bool note_misfit(struct where_comparison *comparison, const struct where_value *value)
{
	if (comparison->misfit)
		return true;
	comparison->is_opaque = value->is_opaque;
	if (asprintf(&comparison->misfit,
		     value->is_typed ? "%s: %s is of type %s" : "%s: %s is asked for as '%s'",
		     why_not(comparison, value), comparison->name, value->spec.expr) < 0)
		comparison->misfit = NULL;
	return comparison->misfit;
}

/* The same of functions. */
static bool note_unfit(struct where *where, const char *function, const char *misfit)
{
	if (!where->num_unfit++ && asprintf(&where->first_unfit, "%s: %s", function, misfit) < 0)
		where->first_unfit = NULL;
	return where->first_unfit;
}

struct error *where_look_up(struct where *where, const char *function,
			    const struct value_list *args, const struct value_list *results,
			    bool *has_any)
{
	bool is_about_values = false;
	const char *misfit = NULL;

	*has_any = false;
	for (size_t i = 0; i < where->num_comparisons; i++) {
		struct where_comparison *comparison = &where->comparisons[i];
		struct where_value value;

		if (comparison->is_label)
			continue;
		is_about_values = true;
		if (where_find(args, comparison, &value) ||
		    where_find(results, comparison, &value)) {
			*has_any = comparison->is_known = true;
		} else if (find_named(args, comparison, &value) ||
			   find_named(results, comparison, &value)) {
			if (!note_misfit(comparison, &value))
				return error_out_of_memory();
			misfit = misfit ?: comparison->misfit;
		}
	}
	*has_any |= !is_about_values;
	return misfit && !note_unfit(where, function, misfit) ? error_out_of_memory() : NULL;
}

const char *where_unfit(const struct where *where, size_t *num_functions)
{
	*num_functions = where->num_unfit;
	return where->first_unfit;
}

struct error *where_check_names(const struct where *where)
{
	for (size_t i = 0; i < where->num_comparisons; i++) {
		const struct where_comparison *comparison = &where->comparisons[i];

		/* What has parts is told of with their names. */
		if (!comparison->is_known && comparison->misfit && !comparison->is_opaque)
			return error_in_text(where->text,
					     comparison->is_alone ? comparison->name_at
								  : comparison->constant_at,
					     "%s", comparison->misfit);
		if (!comparison->is_known && !comparison->is_label)
			return error_in_text(
				where->text, comparison->name_at,
				"no target has a value of this name: %s",
				comparison->other_names
					?: "values are asked for in brackets behind a target, 'main.f(n=%ax:s64)'");
	}
	return NULL;
}
