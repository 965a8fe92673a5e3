/* SPDX-License-Identifier: MIT */
/* plan_trace.h - inside the room: the traces that trees of a plan are part of (values/trace_ids.h). */
#ifndef PROBE_PLAN_TRACE_H
#define PROBE_PLAN_TRACE_H

#include "probe/plan_values.h"

void plan_trace_begin(struct plan *plan);
/* Of the function that was added last, a target, whose first site has its values by now; `written`: see
 * plan_values_set(). */
struct error *plan_trace_add(struct plan *plan, struct plan_values *values,
			     const struct decoded *decoded, size_t written);
/* An error if no target has a context or a request, and no goroutine labels. */
struct error *plan_trace_check(const struct plan *plan);

#endif
