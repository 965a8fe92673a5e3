/* SPDX-License-Identifier: MIT */
/* groups.h - goroutines that do the same: state, reason, stack and go statement are alike. */
#ifndef GOROUTINES_GROUPS_H
#define GOROUTINES_GROUPS_H

#include "goroutines/snapshot.h"

struct group {
	const struct goroutine *const *members; /* by rising goid */
	size_t count;
	uint64_t since_ns; /* the least of its members'; 0: none is known */
};

struct groups {
	const struct goroutine **order; /* what members point into */
	struct group *items; /* the largest first, of those the one that waits longest */
	size_t count;
};

/* Of those that `wants` (NULL: of all). The snapshot must outlive them. The only error is out of
 * memory. */
struct error *groups_make(const struct snapshot *snapshot,
			  bool (*wants)(void *context, const struct goroutine *one), void *context,
			  struct groups *groups);
void groups_release(struct groups *groups);

#endif
