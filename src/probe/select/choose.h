/* SPDX-License-Identifier: MIT */
/*
 * choose.h - patterns to functions.
 */
#ifndef PROBE_CHOOSE_H
#define PROBE_CHOOSE_H

#include "gofuncgraph/gobin.h"
#include "gofuncgraph/select.h"
#include "probe/select/pattern_list.h"

struct chosen_func {
	const struct gobin_func *func;
	bool target;
};

struct chosen {
	struct chosen_func *items; /* by rising va */
	size_t count;
};

/* Errors: nothing matched; with suggestions. */
struct error *choose_functions(struct gobin *bin, const struct selection *selection,
			       struct chosen *chosen);
void chosen_release(struct chosen *chosen);

#endif
