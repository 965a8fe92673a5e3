/* SPDX-License-Identifier: MIT */
/* directives.h - what the directives of a template mean for one binary. */
#ifndef SCRIPT_DIRECTIVES_H
#define SCRIPT_DIRECTIVES_H

#include "script/probes.h"
#include "script/template.h"

/* A parameter as the command line gives it. */
struct param {
	const char *text; /* "key=value" */
	bool used;
};

struct directives {
	struct gobin *bin;
	struct probes *probes;
	const struct selection *selection;
	struct param *params;
	size_t num_params;
	char *known_params; /* those that the template has, for an error; owned */
	struct gobin_layout layout;
	bool has_layout;
	struct plan plan; /* of the selection, once it is asked for */
	bool has_plan;
	size_t *items; /* of {{each}}: indexes in plan.funcs; owned */
	size_t num_items;
	bool all; /* {{each all}} */
	bool in_each; /* `item` is the current one */
	size_t item;
	bool uses_g;
};

extern const struct template_ops directives_ops; /* their context is a struct directives */
void directives_release(struct directives *directives);

/*
 * Returns the text as a string of bpftrace, with its quotes. Nothing in the text can end the string
 * or disturb a terminal. NULL: out of memory.
 */
char *quote_text(const char *text);

#endif
