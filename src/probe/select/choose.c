/* SPDX-License-Identifier: MIT */
/* choose.c - which functions of a binary a selection means. */
#include "probe/select/choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "probe/select/suggest.h"

/* Says which patterns matched nothing; an error when all of them did not. */
static struct error *check_matches(struct gobin *bin, struct pattern_list *list, const char *what)
{
	if (list->num_vendored && list->num_matched)
		log_verbose("%s %ss of vendored packages are left out, --include-vendor shows them",
			    text_count(list->num_vendored).text, what);
	return pattern_list_has_positive(list) ? suggest(bin, list, what) : NULL;
}

struct choice {
	struct gobin *bin;
	struct pattern_list functions, targets;
	char *buffer; /* for name_as_typed() */
	size_t capacity;
};

static void choice_release(struct choice *choice)
{
	pattern_list_release(&choice->functions);
	pattern_list_release(&choice->targets);
	free(choice->buffer);
}

static struct error *find_literals(struct choice *choice)
{
	size_t count;
	const struct gobin_func *funcs = gobin_funcs(choice->bin, &count);

	for (size_t i = 0; i < count; i++) {
		const char *typed =
			name_as_typed(funcs[i].name, &choice->buffer, &choice->capacity);

		if (!typed)
			return error_out_of_memory();
		pattern_list_find_literal(&choice->functions, funcs[i].name, typed,
					  funcs[i].aliases);
		pattern_list_find_literal(&choice->targets, funcs[i].name, typed, funcs[i].aliases);
	}
	return NULL;
}

static struct error *read_values(struct gobin *bin, struct pattern_list *list,
				 struct value_lists *values)
{
	struct error *err = NULL;

	for (size_t i = 0; !err && i < list->count; i++) {
		struct pattern *pattern = &list->items[i];

		if (!pattern->values_begin)
			continue;
		if (pattern->negated)
			return error_new(
				"\"!%s\" takes functions out, there are no values to show of them",
				pattern->whole);
		pattern->values = values->count + 1;
		err = value_lists_add(values, gobin_arch(bin), pattern->whole,
				      pattern->values_begin);
	}
	return err;
}

static struct error *collect(struct choice *choice, struct chosen *chosen)
{
	size_t count, capacity = 0;
	const struct gobin_func *funcs = gobin_funcs(choice->bin, &count);
	bool all_are_targets = !pattern_list_has_positive(&choice->targets);

	for (size_t i = 0; i < count; i++) {
		const char *name = funcs[i].name;
		const char *typed = name_as_typed(name, &choice->buffer, &choice->capacity);

		if (!typed)
			return error_out_of_memory();
		bool shown = pattern_list_try(&choice->functions, name, typed, funcs[i].aliases);
		bool target = pattern_list_try(&choice->targets, name, typed, funcs[i].aliases);
		if (!shown && !target)
			continue;
		if (!array_reserve(&chosen->items, &capacity, chosen->count + 1,
				   sizeof(*chosen->items)))
			return error_out_of_memory();
		chosen->items[chosen->count++] = (struct chosen_func){
			.func = &funcs[i],
			.target = target || all_are_targets,
			.values = choice->targets.values ?: choice->functions.values,
		};
	}
	return NULL;
}

static bool has_target(const struct chosen *chosen)
{
	for (size_t i = 0; i < chosen->count; i++) {
		if (chosen->items[i].target)
			return true;
	}
	return false;
}

struct error *choose_functions(struct gobin *bin, const struct selection *selection,
			       struct chosen *chosen)
{
	_cleanup_(choice_release) struct choice choice = {.bin = bin};
	struct error *err;

	*chosen = (struct chosen){0};
	err = pattern_list_prepare(selection->functions, selection->num_functions,
				   selection->include_vendor, &choice.functions);
	if (!err)
		err = pattern_list_prepare(selection->targets, selection->num_targets,
					   selection->include_vendor, &choice.targets);
	if (!err)
		err = read_values(bin, &choice.functions, &chosen->values);
	if (!err)
		err = read_values(bin, &choice.targets, &chosen->values);
	if (!err && !pattern_list_has_positive(&choice.functions) &&
	    !pattern_list_has_positive(&choice.targets))
		return error_new("no function is asked for: give a TARGET, or -u GLOB");
	if (!err)
		err = find_literals(&choice);
	if (!err)
		err = collect(&choice, chosen);
	if (!err)
		err = check_matches(bin, &choice.functions, "function");
	if (!err)
		err = check_matches(bin, &choice.targets, "target");
	if (!err && !has_target(chosen))
		err = error_new("every %s that matched was taken out again by a !GLOB",
				pattern_list_has_positive(&choice.targets) ? "target" : "function");
	return err;
}

void chosen_release(struct chosen *chosen)
{
	free(chosen->items);
	value_lists_destroy(&chosen->values);
	*chosen = (struct chosen){0};
}
