/* SPDX-License-Identifier: MIT */
#include "probe/select/pattern_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "probe/select/fragments.h"

struct pattern_index {
	/* Patterns by the hash of their text: number plus one of the first and, by pattern, of the
	 * next; 0: none. */
	uint32_t *first_of_text, *next_of_text;
	size_t num_texts; /* a power of two */
	/* Wildcards by a part of theirs that each name they match must hold. */
	struct fragments *fragments;
	/* Those that have no such part. */
	uint32_t *loose;
	size_t num_loose;
	/* By pattern: the last name, by number, that it was tried on. */
	uint64_t *last_name;
	uint64_t name;
};

static uint64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325; /* FNV-1a */

	for (; *text; text++)
		sum = (sum ^ (uint8_t)*text) * 0x100000001b3;
	return sum ^ sum >> 32;
}

/* ---- preparing ---- */

static void index_free(struct pattern_index *index)
{
	if (!index)
		return;
	fragments_free(index->fragments);
	free(index->first_of_text);
	free(index->next_of_text);
	free(index->loose);
	free(index->last_name);
	free(index);
}

static struct error *index_new(size_t count, struct pattern_index **out)
{
	struct pattern_index *index = calloc(1, sizeof(*index));

	*out = index;
	if (!index)
		return error_out_of_memory();
	for (index->num_texts = 1; index->num_texts < count * 2;)
		index->num_texts *= 2;
	index->first_of_text = calloc(index->num_texts, sizeof(*index->first_of_text));
	index->next_of_text = calloc(count + 1, sizeof(*index->next_of_text));
	index->loose = calloc(count + 1, sizeof(*index->loose));
	index->last_name = calloc(count + 1, sizeof(*index->last_name));
	if (!index->first_of_text || !index->next_of_text || !index->loose || !index->last_name)
		return error_out_of_memory();
	return fragments_new(count, &index->fragments);
}

static void index_text(struct pattern_index *index, const char *text, size_t number)
{
	uint32_t *first = &index->first_of_text[hash(text) & (index->num_texts - 1)];

	index->next_of_text[number] = *first;
	*first = (uint32_t)number + 1;
}

static struct error *add_fragments(struct pattern_index *index, const struct pattern *pattern,
				   char *buffer)
{
	struct error *err = NULL;
	size_t at = 0, length;

	while (!err && (length = pattern_next_fragment(pattern, &at, buffer)))
		err = fragments_add(index->fragments, buffer, length);
	return err;
}

/* By the one that the fewest patterns have; of those by the longest. */
static void attach(struct pattern_index *index, const struct pattern *pattern, size_t number,
		   char *buffer)
{
	size_t best_uses = 0, best_length = 0, best_at = 0, at = 0, before = 0, length;

	while ((length = pattern_next_fragment(pattern, &at, buffer))) {
		size_t uses = fragments_uses(index->fragments, buffer, length);

		if (!best_length || uses < best_uses ||
		    (uses == best_uses && length > best_length)) {
			best_uses = uses;
			best_length = length;
			best_at = before;
		}
		before = at;
	}
	if (!best_length) {
		index->loose[index->num_loose++] = (uint32_t)number;
		return;
	}
	pattern_next_fragment(pattern, &best_at, buffer);
	fragments_attach(index->fragments, buffer, best_length, number);
}

static struct error *index_patterns(const struct pattern_list *list)
{
	struct pattern_index *index = list->index;
	size_t longest = 0;
	struct error *err = NULL;

	for (size_t i = 0; i < list->count; i++) {
		size_t length = strlen(list->items[i].text);

		longest = length > longest ? length : longest;
	}
	_cleanup_free_ char *buffer = malloc(longest + 1);
	if (!buffer)
		return error_out_of_memory();
	for (size_t i = 0; !err && i < list->count; i++) {
		index_text(index, list->items[i].text, i);
		err = add_fragments(index, &list->items[i], buffer);
	}
	for (size_t i = 0; !err && i < list->count; i++) {
		if (!list->items[i].is_literal)
			attach(index, &list->items[i], i, buffer);
	}
	return err ? err : fragments_finish(index->fragments);
}

struct error *pattern_list_prepare(char **texts, size_t count, bool include_vendor,
				   struct pattern_list *list)
{
	struct error *err;

	*list = (struct pattern_list){.include_vendor = include_vendor};
	list->items = calloc(count + 1, sizeof(*list->items));
	if (!list->items)
		return error_out_of_memory();
	for (size_t i = 0; i < count; i++) {
		list->count++;
		err = pattern_prepare(texts[i], &list->items[i]);
		if (err)
			return err;
	}
	err = index_new(count, &list->index);
	return err ? err : index_patterns(list);
}

void pattern_list_release(struct pattern_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		pattern_release(&list->items[i]);
	free(list->items);
	index_free(list->index);
	*list = (struct pattern_list){0};
}

bool pattern_list_has_positive(const struct pattern_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!list->items[i].negated)
			return true;
	}
	return false;
}

/* ---- names ---- */

/* A name in all its spellings, and what the patterns make of it. */
struct trial {
	struct pattern_list *list;
	const char *name, *typed;
	const char *const *aliases;
	bool vendored;
	bool matched; /* by a GLOB */
	size_t last; /* number plus one of the last pattern that matches; 0: none does */
	size_t last_with_values; /* the same */
};

static void for_each_spelling(struct trial *trial,
			      void (*visit)(struct trial *trial, const char *spelling))
{
	visit(trial, trial->name);
	if (trial->typed != trial->name)
		visit(trial, trial->typed);
	for (const char *const *alias = trial->aliases; alias && *alias; alias++)
		visit(trial, *alias);
}

/* Number plus one of the first pattern whose text may be this; 0: none. */
static uint32_t first_of_text(const struct pattern_index *index, const char *text)
{
	return index->first_of_text[hash(text) & (index->num_texts - 1)];
}

static void find_literal(struct trial *trial, const char *spelling)
{
	const struct pattern_index *index = trial->list->index;

	for (uint32_t i = first_of_text(index, spelling); i; i = index->next_of_text[i - 1]) {
		struct pattern *pattern = &trial->list->items[i - 1];

		if (!pattern->is_literal && !strcmp(pattern->text, spelling))
			pattern->literally = true;
	}
}

void pattern_list_find_literal(struct pattern_list *list, const char *name, const char *typed,
			       const char *const *aliases)
{
	struct trial trial = {.list = list, .name = name, .typed = typed, .aliases = aliases};

	for_each_spelling(&trial, find_literal);
}

static bool matches(const struct trial *trial, const struct pattern *pattern)
{
	if (pattern_try(pattern, trial->name, trial->typed))
		return true;
	for (const char *const *alias = trial->aliases; alias && *alias; alias++) {
		if (pattern_try(pattern, *alias, *alias))
			return true;
	}
	return false;
}

/* Once a name, though several things may lead here. */
static void try_pattern(void *context, size_t number)
{
	struct trial *trial = context;
	struct pattern_list *list = trial->list;
	struct pattern *pattern = &list->items[number];

	if (list->index->last_name[number] == list->index->name)
		return;
	list->index->last_name[number] = list->index->name;
	list->num_tried += !pattern->is_literal && !pattern->literally;
	if (!matches(trial, pattern))
		return;
	if (trial->vendored && !pattern->negated && !pattern->names_vendor) {
		pattern->num_vendored++;
		list->num_vendored++;
		return;
	}
	pattern->num_matches++;
	trial->matched |= !pattern->negated;
	if (number >= trial->last)
		trial->last = number + 1;
	if (pattern->values && number >= trial->last_with_values)
		trial->last_with_values = number + 1;
}

static void try_spelling(struct trial *trial, const char *spelling)
{
	const struct pattern_index *index = trial->list->index;

	for (uint32_t i = first_of_text(index, spelling); i; i = index->next_of_text[i - 1])
		try_pattern(trial, i - 1);
	fragments_find(index->fragments, spelling, try_pattern, trial);
}

bool pattern_list_try(struct pattern_list *list, const char *name, const char *typed,
		      const char *const *aliases)
{
	struct trial trial = {.list = list, .name = name, .typed = typed, .aliases = aliases};
	struct pattern_index *index = list->index;

	trial.vendored = !list->include_vendor && name_is_vendored(typed);
	index->name++;
	for_each_spelling(&trial, try_spelling);
	for (size_t i = 0; i < index->num_loose; i++)
		try_pattern(&trial, index->loose[i]);
	list->num_matched += trial.matched;
	list->values = trial.last_with_values ? list->items[trial.last_with_values - 1].values : 0;
	return trial.last && !list->items[trial.last - 1].negated;
}
