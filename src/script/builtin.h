/* SPDX-License-Identifier: MIT */
/*
 * builtin.h - the templates that are built into the tool. templates/embed makes C of each
 * templates/NAME.bt.
 */
#ifndef SCRIPT_BUILTIN_H
#define SCRIPT_BUILTIN_H

#include <stddef.h>

struct builtin_template {
	const char *name; /* without .bt */
	const char *text;
};

extern const struct builtin_template builtin_templates[]; /* by name */
extern const size_t num_builtin_templates;

#endif
