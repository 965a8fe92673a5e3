/* SPDX-License-Identifier: MIT */
/*
 * fuzz_names.c - a pattern, a newline, a name: matching ends, stays in bounds and keeps what the
 * manual promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/plan.h"
#include "probe/select/pattern_list.h"
#include "must.h"
#include "values/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a list a wildcard is tried only where the name holds a part of it: that loses nothing. */
static void check_list(char *pattern, const char *name, const char *typed)
{
	char *patterns[] = {pattern, (char[]){"x*"}};
	struct pattern_list list;

	must(!pattern_list_prepare(patterns, 2, true, &list));
	pattern_list_try(&list, name, typed, NULL);
	must(!list.items[0].num_matches == !pattern_matches(pattern, name));
	pattern_list_release(&list);
}

/* A name is a pattern for itself, unless it looks like one that takes names out, or that has values. */
static bool is_for_itself(const char *name)
{
	return *name != '!' && !name[value_list_begin(name)];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *pattern = malloc(size + 1), *name, *typed_buffer = NULL;
	size_t capacity = 0;
	const char *typed;

	must(pattern);
	memcpy(pattern, data, size);
	pattern[size] = '\0';
	name = strchr(pattern, '\n');
	if (!name) {
		free(pattern);
		return 0;
	}
	*name = '\0';
	name = strdup(name + 1);
	must(name);

	(void)pattern_matches(pattern, name);
	must(pattern_matches("*", name));
	must(pattern_matches(name, name) || !is_for_itself(name));
	must(pattern_matches(pattern, pattern) || !is_for_itself(pattern));
	typed = name_as_typed(name, &typed_buffer, &capacity);
	must(typed && strlen(typed) <= strlen(name));
	must(pattern_matches(typed, name) || !is_for_itself(typed));
	(void)name_is_vendored(name);
	check_list(pattern, name, typed);

	free(typed_buffer);
	free(name);
	free(pattern);
	return 0;
}
