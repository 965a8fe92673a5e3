/* SPDX-License-Identifier: MIT */
/*
 * order.h - in which order functions get probes, when they get them step by step: those that the
 * program was seen in come first and in small batches, since most of them are called all the time;
 * last come those of packages that it was not seen in, which as a rule it does not call at all.
 */
#ifndef GUARD_ORDER_H
#define GUARD_ORDER_H

#include "gofuncgraph/plan.h"

enum order_class {
	ORDER_SEEN,
	ORDER_NEAR, /* of a package with one that was seen */
	ORDER_FAR,
	ORDER_NUM_CLASSES,
};

/*
 * `seen`: in how many samples each function was; NULL: nobody looked, and all are near. Puts indices
 * in plan->funcs of functions that have sites and do not need SITE_RESUME into `order`, and behind the last of each class into `ends`.
 */
void order_make(const struct plan *plan, const uint32_t *seen, uint32_t *order,
		size_t ends[ORDER_NUM_CLASSES]);

#endif
