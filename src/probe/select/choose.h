/* SPDX-License-Identifier: MIT */
/*
 * choose.h - patterns to functions.
 */
#ifndef PROBE_CHOOSE_H
#define PROBE_CHOOSE_H

#include "gofuncgraph/gobin.h"
#include "gofuncgraph/select.h"
#include "probe/select/pattern_list.h"
#include "values/list.h"

struct chosen_func {
	const struct gobin_func *func;
	bool target;
	size_t values; /* number plus one of the list of its values; 0: none are wanted */
};

struct chosen {
	struct chosen_func *items; /* by rising va */
	size_t count;
	struct value_lists values;
};

/* Errors: nothing matched, with suggestions; values that are no such. */
struct error *choose_functions(struct gobin *bin, const struct selection *selection,
			       struct chosen *chosen);
void chosen_release(struct chosen *chosen);

#endif
