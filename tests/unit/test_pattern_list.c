/* SPDX-License-Identifier: MIT */
/*
 * test_pattern_list.c - many patterns at once do what each does alone, one after the other; and few
 * of them are looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "probe/select/fragments.h"
#include "probe/select/pattern_list.h"

/* ---- the model: one pattern after the other ---- */

struct model {
	struct pattern *items;
	size_t count;
	bool include_vendor;
	size_t num_vendored, num_matched;
};

static void model_find_literal(struct model *model, const char *name, const char *typed,
			       const char *const *aliases)
{
	for (size_t i = 0; i < model->count; i++) {
		struct pattern *pattern = &model->items[i];
		bool is_name = pattern_is_name(pattern, name, typed);

		for (const char *const *alias = aliases; *alias; alias++)
			is_name |= pattern_is_name(pattern, *alias, *alias);
		if (!pattern->is_literal && is_name)
			pattern->literally = true;
	}
}

static bool model_matches(const struct pattern *pattern, const char *name, const char *typed,
			  const char *const *aliases)
{
	bool matches = pattern_try(pattern, name, typed);

	for (; *aliases; aliases++)
		matches |= pattern_try(pattern, *aliases, *aliases);
	return matches;
}

static bool model_try(struct model *model, const char *name, const char *typed,
		      const char *const *aliases)
{
	bool in = false, matched = false;

	for (size_t i = 0; i < model->count; i++) {
		struct pattern *pattern = &model->items[i];

		if (!model_matches(pattern, name, typed, aliases))
			continue;
		if (!model->include_vendor && name_is_vendored(typed) && !pattern->negated &&
		    !pattern->names_vendor) {
			pattern->num_vendored++;
			model->num_vendored++;
			continue;
		}
		pattern->num_matches++;
		matched |= !pattern->negated;
		in = !pattern->negated;
	}
	model->num_matched += matched;
	return in;
}

/* ---- random names and patterns ---- */

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)random_state * below) >> 32);
}

static const char *const name_parts[] = {
	"a",     "b",     "ab",    "ba",      ".",   "/", "(*T)",
	"(*ab)", "[int]", "[...]", "vendor/", "%2e", "é", "f",
};
static const char *const pattern_parts[] = {
	"*",  "?",       "[ab]",  "[!a]", "[a-f]", "[",    "[...]",  "\\*",  "\\",
	"(*", "a",       "b",     "ab",   "ba",    ".",    "/",      "(*T)", "]",
	"f",  "vendor/", "(*ab)", "**",   "*.*",   "[]a]", "[\\]*a", "%2e",
};
#define COUNT(array) (sizeof(array) / sizeof(*array))
#define MAX_TEXT     96

static void make_text(char text[MAX_TEXT], const char *const *parts, size_t num_parts,
		      unsigned max_parts)
{
	*text = '\0';
	for (unsigned i = any(max_parts + 1); i; i--)
		strcat(text, parts[any((uint32_t)num_parts)]);
}

static void make_name(char text[MAX_TEXT])
{
	make_text(text, name_parts, COUNT(name_parts), 7);
	if (any(8) == 0)
		strcat(text, ".abi0");
}

static void make_pattern(char text[MAX_TEXT], char names[][MAX_TEXT], size_t num_names)
{
	*text = '\0';
	if (any(4) == 0)
		strcpy(text, "!");
	if (any(3) == 0)
		strcat(text, names[any((uint32_t)num_names)]);
	else
		make_text(text + strlen(text), pattern_parts, COUNT(pattern_parts), 6);
}

#define NUM_NAMES    40
#define MAX_PATTERNS 30

struct round {
	char names[NUM_NAMES][MAX_TEXT], other_names[NUM_NAMES][MAX_TEXT];
	const char *aliases[NUM_NAMES][2]; /* one, or none */
	char texts[MAX_PATTERNS][MAX_TEXT];
	char *patterns[MAX_PATTERNS];
	size_t num_patterns;
	bool include_vendor;
	char *buffer;
	size_t capacity;
};

static const char *typed_name(struct round *round, size_t i)
{
	const char *typed = name_as_typed(round->names[i], &round->buffer, &round->capacity);

	assert_non_null(typed);
	return typed;
}

static void fail_round(const struct round *round, const char *what, size_t i)
{
	print_message("# %s %zu, of\n", what, i);
	for (size_t j = 0; j < round->num_patterns; j++)
		print_message("#   %zu: '%s'\n", j, round->patterns[j]);
	fail();
}

static void compare(struct round *round, struct model *model, struct pattern_list *list)
{
	for (size_t i = 0; i < NUM_NAMES; i++) {
		const char *typed = typed_name(round, i);

		model_find_literal(model, round->names[i], typed, round->aliases[i]);
		pattern_list_find_literal(list, round->names[i], typed, round->aliases[i]);
	}
	for (size_t i = 0; i < NUM_NAMES; i++) {
		const char *typed = typed_name(round, i);

		if (model_try(model, round->names[i], typed, round->aliases[i]) !=
		    pattern_list_try(list, round->names[i], typed, round->aliases[i]))
			fail_round(round, round->names[i], i);
	}
	for (size_t i = 0; i < round->num_patterns; i++) {
		if (model->items[i].num_matches != list->items[i].num_matches ||
		    model->items[i].num_vendored != list->items[i].num_vendored)
			fail_round(round, "matches of pattern", i);
	}
	assert_int_equal(model->num_matched, list->num_matched);
	assert_int_equal(model->num_vendored, list->num_vendored);
}

static size_t play(struct round *round)
{
	struct pattern items[MAX_PATTERNS];
	struct pattern_list list;
	struct model model = {.items = items};

	round->num_patterns = 1 + any(MAX_PATTERNS);
	model.count = round->num_patterns;
	model.include_vendor = any(2);
	for (size_t i = 0; i < NUM_NAMES; i++) {
		make_name(round->names[i]);
		make_name(round->other_names[i]);
		round->aliases[i][0] = any(4) ? NULL : round->other_names[i];
	}
	for (size_t i = 0; i < round->num_patterns; i++) {
		make_pattern(round->texts[i], round->names, NUM_NAMES);
		round->patterns[i] = round->texts[i];
		assert_null(pattern_prepare(round->texts[i], &items[i]));
	}
	assert_null(pattern_list_prepare(round->patterns, round->num_patterns, model.include_vendor,
					 &list));
	compare(round, &model, &list);
	pattern_list_release(&list);
	for (size_t i = 0; i < round->num_patterns; i++)
		pattern_release(&items[i]);
	return model.num_matched;
}

static void test_like_one_after_the_other(void **state)
{
	static struct round round;
	size_t num_matched = 0;

	for (uint32_t seed = 0; seed < 5000; seed++) {
		random_state = seed;
		num_matched += play(&round);
	}
	free(round.buffer);
	/* That there was something to compare. */
	assert_true(num_matched > 10000);
}

/* ---- how much is done ---- */

#define NUM_FUNCTIONS 20000
#define NUM_GLOBS     3000

static void name_function(char text[MAX_TEXT], unsigned i)
{
	snprintf(text, MAX_TEXT, "github.com/docker/p%u/q%u.(*Type).F%u.func1", i % 100, i % 7, i);
}

/* Of each kind of wildcard; all names begin and end alike. */
static void name_glob(char text[MAX_TEXT], unsigned i)
{
	static const char *const forms[] = {
		"github.com/docker/p%2$u/q%3$u.(*Type).F%1$u*",
		"*.F%1$u.func1",
		"*(*Type).F%1$u.*",
		"github.com/docker/*.F%1$u.func1",
		"github.com/docker/p%2$u/*.(*Type).F%1$u.func?",
		"!*.F%1$u.func[1-9]",
	};
	unsigned function = i * 5;

	snprintf(text, MAX_TEXT, forms[i % COUNT(forms)], function, function % 100, function % 7);
}

static void test_few_are_tried(void **state)
{
	static char texts[NUM_GLOBS][MAX_TEXT];
	static char *patterns[NUM_GLOBS];
	struct pattern_list list;
	char name[MAX_TEXT];
	size_t num_in = 0;

	for (unsigned i = 0; i < NUM_GLOBS; i++) {
		name_glob(texts[i], i);
		patterns[i] = texts[i];
	}
	assert_null(pattern_list_prepare(patterns, NUM_GLOBS, true, &list));
	for (unsigned i = 0; i < NUM_FUNCTIONS; i++) {
		name_function(name, i);
		pattern_list_find_literal(&list, name, name, NULL);
	}
	for (unsigned i = 0; i < NUM_FUNCTIONS; i++) {
		name_function(name, i);
		num_in += pattern_list_try(&list, name, name, NULL);
	}
	assert_true(num_in >= NUM_GLOBS / 2);
	for (unsigned i = 0; i < NUM_GLOBS; i++)
		assert_true(list.items[i].num_matches >= 1);
	/* One after the other it would be sixty million. */
	assert_true(list.num_tried < 2 * NUM_FUNCTIONS);
	pattern_list_release(&list);
}

/* ---- fragments ---- */

static void count_item(void *context, size_t item)
{
	size_t *counts = context;

	counts[item]++;
}

static void test_fragments(void **state)
{
	static const char *const texts[] = {"he", "she", "his", "hers", "s", "e", "she", "rs"};
	size_t counts[COUNT(texts)] = {0};
	struct fragments *fragments;

	assert_null(fragments_new(COUNT(texts), &fragments));
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_null(fragments_add(fragments, texts[i], strlen(texts[i])));
	assert_null(fragments_add(fragments, "ush", 3)); /* with no item */
	assert_int_equal(fragments_uses(fragments, "she", 3), 2);
	assert_int_equal(fragments_uses(fragments, "sh", 2), 0);
	for (size_t i = 0; i < COUNT(texts); i++)
		fragments_attach(fragments, texts[i], strlen(texts[i]), i);
	assert_null(fragments_finish(fragments));
	fragments_find(fragments, "ushers, she", count_item, counts);
	const size_t expected[COUNT(texts)] = {2, 2, 0, 1, 3, 2, 2, 1};
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(counts[i], expected[i]);
	fragments_find(fragments, "", count_item, counts);
	fragments_free(fragments);
}

/* ---- values ---- */

/* The list of values stands beside the pattern, and of several the last one that matches counts. */
static void test_values(void **state)
{
	static const char *const no_aliases[] = {NULL};
	static const struct {
		const char *name;
		bool in;
		size_t values;
	} rows[] = {
		{"main.f", true, 4},  {"main.fg", true, 1}, {"main.h", true, 1},
		{"main.x", false, 1}, {"other", false, 0},
	};
	char *texts[] = {"main.*(%ax:u8)", "main.h*", "!main.x", "main.f(%bx:u8)", "!main.y"};
	struct pattern_list list;

	assert_null(pattern_list_prepare(texts, 5, false, &list));
	assert_string_equal(list.items[0].text, "main.*");
	assert_int_equal(list.items[0].values_begin, strlen("main.*"));
	assert_string_equal(list.items[3].text, "main.f");
	assert_int_equal(list.items[1].values_begin, 0);
	/* As choose.c does, which reads them. */
	list.items[0].values = 1;
	list.items[3].values = 4;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *name = rows[i].name;

		assert_int_equal(pattern_list_try(&list, name, name, no_aliases), rows[i].in);
		assert_int_equal(list.values, rows[i].values);
	}
	pattern_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_one_after_the_other),
		cmocka_unit_test(test_few_are_tried),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
