/* SPDX-License-Identifier: MIT */
/* inlined.c - which of the functions that were asked for were inlined everywhere. */
#include "probe/select/inlined.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

struct search {
	struct pattern_list *const *lists;
	struct inlined *inlined;
	size_t capacity;
	char *buffer;
	size_t buffer_capacity;
	const char *last_name; /* names come in runs: what was found for the last one */
	bool last_matches;
	bool out_of_memory;
};

static bool matches(struct search *search, const char *name)
{
	const char *typed;

	if (name == search->last_name)
		return search->last_matches;
	typed = name_as_typed(name, &search->buffer, &search->buffer_capacity);
	if (!typed) {
		search->out_of_memory = true;
		return false;
	}
	search->last_name = name;
	search->last_matches = false;
	for (size_t i = 0; search->lists[i] && !search->last_matches; i++)
		search->last_matches = pattern_list_try(search->lists[i], name, typed, NULL);
	return search->last_matches;
}

static bool visit(void *context, const struct gobin_inlining *place)
{
	struct search *search = context;
	struct inlined *inlined = search->inlined;

	if (!place->name || !matches(search, place->name))
		return !search->out_of_memory;
	if (inlined->count == INLINED_MAX) {
		inlined->cut = true;
		return false;
	}
	if (!array_reserve(&inlined->places, &search->capacity, inlined->count + 1,
			   sizeof(*inlined->places))) {
		search->out_of_memory = true;
		return false;
	}
	inlined->places[inlined->count++] = *place;
	return true;
}

static int compare_places(const void *a, const void *b)
{
	const struct gobin_inlining *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->into->va != y->into->va)
		return x->into->va < y->into->va ? -1 : 1;
	return x->call.line < y->call.line ? -1 : x->call.line > y->call.line;
}

/* First index of the places whose name is not less than `name`. */
static size_t lower_bound(const struct inlined *inlined, const char *name)
{
	size_t low = 0, high = inlined->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(inlined->places[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool same_place(const struct gobin_inlining *a, const struct gobin_inlining *b)
{
	return !compare_places(a, b) && a->call.file == b->call.file;
}

/* Takes out what also has code of its own, and what stands there twice. */
static struct error *keep_only_inlined(struct gobin *bin, struct inlined *inlined)
{
	_cleanup_free_ bool *has_code = calloc(inlined->count + 1, sizeof(*has_code));
	size_t count, kept = 0;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	if (!has_code)
		return error_out_of_memory();
	for (size_t i = 0; i < count; i++) {
		size_t first = lower_bound(inlined, funcs[i].name);

		if (first < inlined->count && !strcmp(inlined->places[first].name, funcs[i].name))
			has_code[first] = true; /* the first of a name stands for all */
	}
	for (size_t i = 0, first = 0; i < inlined->count; i++) {
		if (strcmp(inlined->places[i].name, inlined->places[first].name))
			first = i;
		if (has_code[first] ||
		    (kept && same_place(&inlined->places[kept - 1], &inlined->places[i])))
			continue;
		/* kept <= i: what is at `first` is replaced by its own name only */
		inlined->places[kept++] = inlined->places[i];
	}
	inlined->count = kept;
	return NULL;
}

struct error *inlined_find(struct gobin *bin, struct pattern_list *const *lists,
			   struct inlined *inlined)
{
	struct search search = {.lists = lists, .inlined = inlined};
	struct error *err;

	*inlined = (struct inlined){0};
	err = gobin_for_each_inlining(bin, visit, &search);
	free(search.buffer);
	if (!err && search.out_of_memory)
		err = error_out_of_memory();
	if (err || !inlined->count)
		return err;
	qsort(inlined->places, inlined->count, sizeof(*inlined->places), compare_places);
	return keep_only_inlined(bin, inlined);
}

void inlined_release(struct inlined *inlined)
{
	free(inlined->places);
	*inlined = (struct inlined){0};
}
