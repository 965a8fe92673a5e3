/* SPDX-License-Identifier: MIT */
/* where_names.c - the names of a condition among the values of a function. */
#include "values/where_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "values/typed.h"

static bool find_typed(const struct value_list *list, const char *name, struct where_value *value)
{
	for (size_t i = 0; i < list->typed->num_values; i++) {
		if (strcmp(list->typed->values[i].name, name))
			continue;
		*value = (struct where_value){.index = i, .is_typed = true};
		value->is_nil_alone = where_is_nil_alone(list->typed->values[i].type);
		return where_typed_spec(list->typed->values[i].type, &value->spec);
	}
	return false;
}

bool where_find(const struct value_list *list, const char *name, struct where_value *value)
{
	if (list && list->typed)
		return find_typed(list, name, value);
	for (size_t i = 0; list && i < list->count; i++) {
		if (strcmp(list->specs[i].label, name))
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

struct error *where_look_up(struct where *where, const struct value_list *args,
			    const struct value_list *results, bool *has_any)
{
	bool is_about_values = false;

	*has_any = false;
	for (size_t i = 0; i < where->num_comparisons; i++) {
		struct where_comparison *comparison = &where->comparisons[i];
		struct where_value value;
		bool is_there =
			!comparison->is_label && (where_find(args, comparison->name, &value) ||
						  where_find(results, comparison->name, &value));
		const char *reason = is_there ? why_not(comparison, &value) : NULL;

		if (comparison->is_label)
			continue;
		is_about_values = true;
		*has_any |= is_there;
		comparison->is_known |= is_there;
		if (reason)
			return error_in_text(where->text,
					     comparison->is_alone ? comparison->name_at
								  : comparison->constant_at,
					     value.is_typed ? "%s: %s is of type %s"
							    : "%s: %s is asked for as '%s'",
					     reason, comparison->name, value.spec.expr);
	}
	*has_any |= !is_about_values;
	return NULL;
}

struct error *where_check_names(const struct where *where)
{
	for (size_t i = 0; i < where->num_comparisons; i++) {
		const struct where_comparison *comparison = &where->comparisons[i];

		if (!comparison->is_known && !comparison->is_label)
			return error_in_text(
				where->text, comparison->name_at,
				"no target has a value of this name: %s",
				comparison->other_names
					?: "values are asked for in brackets behind a target, 'main.f(n=%ax:s64)'");
	}
	return NULL;
}
