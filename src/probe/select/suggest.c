/* SPDX-License-Identifier: MIT */
/*
 * suggest.c - what the user may have meant by a pattern that matches nothing: names that are nearly
 * so, and functions that were inlined everywhere.
 */
#include "probe/select/suggest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/edit_distance.h"
#include "base/log.h"
#include "base/text.h"
#include "probe/select/inlined.h"

#define NEAR_NAMES 3
#define KEY_MAX    EDIT_DISTANCE_MAX

/* Lower-case text to compare. */
struct key {
	char text[KEY_MAX + 1];
	size_t length;
};

static void key_set(struct key *key, const char *text, size_t length)
{
	key->length = 0;
	for (size_t i = 0; i < length && key->length < KEY_MAX; i++) {
		if (!strchr("*?\\()", text[i]))
			key->text[key->length++] = (char)tolower((unsigned char)text[i]);
	}
	key->text[key->length] = '\0';
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t key_distance(const struct key *a, const struct key *b, size_t limit)
{
	return edit_distance(a->text, a->length, b->text, b->length, limit);
}

/* The last path element: package, type and function. Type arguments are cut off. */
static const char *last_element(const char *name, size_t *length)
{
	const char *start = name;

	*length = strcspn(name, "[");
	while (*length && name[*length - 1] == '/')
		(*length)--;
	for (size_t i = 0; i < *length; i++) {
		if (name[i] == '/')
			start = name + i + 1;
	}
	*length -= (size_t)(start - name);
	return start;
}

struct near {
	const char *names[NEAR_NAMES];
	size_t scores[NEAR_NAMES]; /* distance, then length */
	size_t count;
};

static void near_add(struct near *near, const char *name, size_t distance)
{
	size_t score = distance * 1024 + min(strlen(name), 1023), at = near->count;

	for (size_t i = 0; i < near->count; i++) {
		if (!strcmp(near->names[i], name))
			return;
	}
	while (at && near->scores[at - 1] > score)
		at--;
	if (at == NEAR_NAMES)
		return;
	if (near->count < NEAR_NAMES)
		near->count++;
	for (size_t i = near->count - 1; i > at; i--) {
		near->names[i] = near->names[i - 1];
		near->scores[i] = near->scores[i - 1];
	}
	near->names[at] = name;
	near->scores[at] = score;
}

/* How far the name is from what was typed: as a whole, and by each of its parts when no package or
 * type was typed. */
static size_t name_distance(const struct key *wanted, const char *name, size_t limit)
{
	size_t length, best;
	const char *element = last_element(name, &length), *end = element + length;
	struct key key;

	key_set(&key, element, length);
	if (wanted->length >= 4 && strstr(key.text, wanted->text))
		return 0;
	best = key_distance(wanted, &key, limit);
	if (strchr(wanted->text, '.'))
		return best;
	for (const char *part = element; part < end;) {
		const char *dot = memchr(part, '.', (size_t)(end - part));

		key_set(&key, part, (size_t)((dot ? dot : end) - part));
		best = min(best, key_distance(wanted, &key, limit));
		part = dot ? dot + 1 : end;
	}
	return best;
}

/* Beside a name that is nearly the same, others are noise. */
static void near_trim(struct near *near)
{
	while (near->count > 1 && near->scores[near->count - 1] / 1024 > near->scores[0] / 1024 + 1)
		near->count--;
}

static void find_near(struct gobin *bin, const struct pattern *pattern, struct near *near)
{
	size_t count, length, limit;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);
	const char *element = last_element(pattern->text, &length);
	struct key wanted;

	key_set(&wanted, element, length);
	if (!wanted.length)
		return;
	limit = wanted.length < 4 ? 1 : wanted.length / 4;
	for (size_t i = 0; i < count; i++) {
		size_t distance = name_distance(&wanted, funcs[i].name, limit);

		if (distance <= limit)
			near_add(near, funcs[i].name, distance);
	}
	near_trim(near);
}

static void print_near(FILE *out, const struct near *near)
{
	for (size_t i = 0; i < near->count; i++)
		fprintf(out, "%s%s",
			i == 0                ? "; did you mean "
			: i + 1 < near->count ? ", "
					      : " or ",
			near->names[i]);
	if (near->count)
		fputs("?", out);
}

/* The patterns to tell of. */
struct unmatched {
	const struct pattern *items[SUGGEST_MAX];
	size_t count;
	size_t num_more;
	struct inlined inlined; /* that any of them matches */
};

static void unmatched_release(struct unmatched *unmatched)
{
	inlined_release(&unmatched->inlined);
}

/* When no GLOB matched, a !GLOB had nothing to take out: it is not to blame. */
static void find_unmatched(const struct pattern_list *list, struct unmatched *unmatched)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct pattern *pattern = &list->items[i];

		if (pattern->num_matches || (pattern->negated && !list->num_matched))
			continue;
		if (unmatched->count < SUGGEST_MAX)
			unmatched->items[unmatched->count++] = pattern;
		else
			unmatched->num_more++;
	}
}

/* One pass for all of them: it is slow. */
static struct error *find_inlined(struct gobin *bin, bool include_vendor,
				  struct unmatched *unmatched)
{
	_cleanup_(pattern_list_release) struct pattern_list list = {0};
	struct pattern_list *const lists[] = {&list, NULL};
	char *texts[SUGGEST_MAX];
	struct error *err;
	size_t count = 0;

	for (size_t i = 0; i < unmatched->count; i++) {
		if (!unmatched->items[i]->negated && !unmatched->items[i]->num_vendored)
			texts[count++] = (char *)unmatched->items[i]->text;
	}
	if (!count)
		return NULL;
	err = pattern_list_prepare(texts, count, include_vendor, &list);
	return err ? err : inlined_find(bin, lists, &unmatched->inlined);
}

static void print_inlined(FILE *out, const struct pattern *pattern, const struct inlined *inlined)
{
	const struct gobin_inlining *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < inlined->count && !pattern->negated; i++) {
		if (!pattern_matches(pattern->text, inlined->places[i].name))
			continue;
		first = first ?: &inlined->places[i];
		count++;
	}
	if (!first)
		return;
	fprintf(out, "; %s is only there inlined, into %s", first->name, first->into->name);
	if (first->call.file)
		fprintf(out, " at %s:%u", first->call.file, first->call.line);
	if (count > 1)
		fprintf(out, " and %s%s", text_counted(count - 1, "more place", "more places").text,
			inlined->cut ? " or more" : "");
	fputs(": trace that function, or build with `//go:noinline` before this one", out);
}

/* What is to be said of it. Never NULL. */
static struct error *describe(struct gobin *bin, const struct pattern *pattern,
			      const struct inlined *inlined, const char *what)
{
	_cleanup_free_ char *hint = NULL;
	struct near near = {0};
	size_t size;
	FILE *out;

	if (pattern->num_vendored)
		return error_new(
			"only functions of vendored packages match '%s'; --include-vendor shows them",
			pattern->text);
	out = open_memstream(&hint, &size);
	if (!out)
		return error_out_of_memory();
	find_near(bin, pattern, &near);
	print_inlined(out, pattern, inlined);
	print_near(out, &near);
	if (fclose(out))
		return error_out_of_memory();
	return error_new("no function of %s matches %s'%s%s'%s", gobin_path(bin),
			 !strcmp(what, "target") ? "the target " : "", pattern->negated ? "!" : "",
			 pattern->text, hint);
}

struct error *suggest(struct gobin *bin, const struct pattern_list *list, const char *what)
{
	_cleanup_(unmatched_release) struct unmatched unmatched = {0};
	struct error *first = NULL;

	find_unmatched(list, &unmatched);
	/* What cannot be found out about inlining is no reason for another error. */
	error_free(find_inlined(bin, list->include_vendor, &unmatched));
	for (size_t i = 0; i < unmatched.count; i++) {
		struct error *err = describe(bin, unmatched.items[i], &unmatched.inlined, what);

		if (i == 0 && !list->num_matched) {
			first = err;
			continue;
		}
		log_warning("%s", error_message(err));
		error_free(err);
	}
	if (unmatched.num_more)
		log_warning("%s",
			    text_counted(unmatched.num_more, "more pattern matches no function",
					 "more patterns match no function")
				    .text);
	return first;
}
