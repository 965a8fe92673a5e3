/* SPDX-License-Identifier: MIT */
/* plan_targets.h - inside the room: which calls of targets begin trees, and what is told of those alone. */
#ifndef PROBE_PLAN_TARGETS_H
#define PROBE_PLAN_TARGETS_H

#include "gofuncgraph/plan.h"
#include "gofuncgraph/run_options.h"

/* Before targets are added. Errors: the condition is none. */
struct error *plan_targets_begin(struct plan *plan, const struct run_options *options);

/* All sites of a target were added last, with their values; `written`: number plus one of the list that the user
 * wrote for it, 0: none. Whether it stays a target is in func->target then. */
struct error *plan_targets_add(struct plan *plan, const struct run_options *options,
			       struct plan_func *func, size_t written);

/* After all of them. */
struct error *plan_targets_check(const struct plan *plan);

#endif
