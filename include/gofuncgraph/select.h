/* SPDX-License-Identifier: MIT */
/*
 * select.h - which functions: patterns as users type them.
 *
 * Takes patterns; probe/select/ hands on the functions of a binary that they choose (choose.h
 * there), and what the user may have meant by those that choose none.
 */
#ifndef GOFUNCGRAPH_SELECT_H
#define GOFUNCGRAPH_SELECT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Names as users type them. A pattern is first taken as a literal name, then as a
 * wildcard in the language of fnmatch(3) in which `*` crosses `/` and `.`, and the star of "(*T"
 * means itself. ".abi0" at a name's end and "%2e" in it need not be typed; a '[' of a generic name
 * needs no escaping, and "[...]" stands for any instantiation.
 */
bool pattern_matches(const char *pattern, const char *name);

struct selection {
	char **functions; /* GLOB, or !GLOB which takes out again; in the user's order */
	size_t num_functions;
	char **targets;
	size_t num_targets;
	/* false: functions with a `vendor/` path element are left out, unless a pattern names
	 * "vendor/" itself */
	bool include_vendor;
};

#endif
