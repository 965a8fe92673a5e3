/* SPDX-License-Identifier: MIT */
#include "hunt/meanwhile.h"

#include <stdlib.h>

static uint64_t total_ns(const struct meanwhile_kind *kind)
{
	return kind->waited_ns + kind->runnable_ns;
}

/* That of such waits, or one for a new kind that takes ns so far; NULL: all that are there take more. */
static struct meanwhile_kind *find(struct meanwhile *meanwhile, const struct history_wait *wait,
				   uint64_t ns)
{
	struct meanwhile_kind *kinds = meanwhile->kinds, *least = kinds;

	for (size_t i = 0; i < meanwhile->count; i++) {
		if (piece_is_alike(&kinds[i].longest->piece, &wait->piece))
			return &kinds[i];
		if (total_ns(&kinds[i]) < total_ns(least))
			least = &kinds[i];
	}
	if (meanwhile->count < MEANWHILE_KINDS)
		least = &kinds[meanwhile->count++];
	else if (total_ns(least) >= ns)
		return NULL;
	*least = (struct meanwhile_kind){0};
	return least;
}

void meanwhile_add(struct meanwhile *meanwhile, const struct history_wait *wait, uint64_t waited_ns,
		   uint64_t runnable_ns)
{
	uint64_t ns = waited_ns + runnable_ns;
	struct meanwhile_kind *kind = find(meanwhile, wait, ns);

	if (!kind)
		return;
	if (!kind->longest || ns > kind->longest_ns) {
		kind->longest = wait;
		kind->longest_ns = ns;
	}
	kind->waited_ns += waited_ns;
	kind->runnable_ns += runnable_ns;
	kind->count += wait->piece.count;
}

static int compare(const void *one, const void *other)
{
	uint64_t a = total_ns(one), b = total_ns(other);

	return a > b ? -1 : a < b;
}

void meanwhile_sort(struct meanwhile *meanwhile)
{
	qsort(meanwhile->kinds, meanwhile->count, sizeof(*meanwhile->kinds), compare);
}
