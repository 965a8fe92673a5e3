/* SPDX-License-Identifier: MIT */
/* wanted.h - which values by name and Go type are asked for. All zero: none. */
#ifndef VALUES_WANTED_H
#define VALUES_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --value-size, --value-depth */
struct value_limits {
	uint16_t size; /* bytes of a text, or of a slice's elements; at most VALUE_MAX_SIZE */
	uint8_t depth; /* pointers that are followed, one behind the other; at most VALUE_MAX_DEPTH */
};
#define VALUE_DEFAULT_SIZE  128
#define VALUE_DEFAULT_DEPTH 3
#define VALUE_MAX_DEPTH     16

/* Texts are not owned. */
struct values_wanted {
	/* Of functions whose name the last of these patterns that matches it puts in: "GLOB", or "!GLOB".
	 * Without any pattern, and with `targets`, those are the targets. */
	char **globs;
	size_t num_globs;
	bool targets;
	/* Of targets: "r.URL.Path" */
	char **paths;
	size_t num_paths;
	struct value_limits limits;
};

#endif
