/* SPDX-License-Identifier: MIT */
/* value_list_parse.h - for tests: a list of values behind a function's name. */
#ifndef TESTS_VALUE_LIST_PARSE_H
#define TESTS_VALUE_LIST_PARSE_H

#include <stdio.h>

#include "values/list.h"

static inline struct error *parse(const struct arch *arch, const char *list,
				  struct value_lists *lists)
{
	char pattern[2048];

	*lists = (struct value_lists){};
	snprintf(pattern, sizeof(pattern), "f(%s)", list);
	return value_lists_add(lists, arch, pattern, 1);
}

#endif
