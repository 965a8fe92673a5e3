/* SPDX-License-Identifier: MIT */
#include "hunt/meanwhile.h"

#include <stdlib.h>

/* A part of a stretch: for as long the goroutine may do something else between two of its waits. */
#define MAX_GAP 0.125

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
		if (piece_is_alike(&kinds[i].longest.last->piece, &wait->piece))
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

static bool is_ended_by_goroutine(const struct piece *piece)
{
	return piece->kind == PIECE_WAIT && piece->by_goid;
}

/* The wait, which took ns, is the one before the stretch, and belongs to it. */
static bool goes_on(const struct meanwhile_stretch *stretch, const struct history_wait *wait,
		    uint64_t ns)
{
	struct piece piece = wait->piece;
	uint64_t gap_ns;

	if (!stretch->last || !is_ended_by_goroutine(&stretch->last->piece) ||
	    is_ended_by_goroutine(&piece))
		return false;
	piece.by_goid = stretch->last->piece.by_goid;
	piece.by_stack = stretch->last->piece.by_stack;
	gap_ns = stretch->start_ns > wait->end_ns ? stretch->start_ns - wait->end_ns : 0;
	return piece_is_alike(&piece, &stretch->last->piece) &&
	       (double)gap_ns <= MAX_GAP * (double)(stretch->ns + ns);
}

void meanwhile_add(struct meanwhile *meanwhile, const struct history_wait *wait, uint64_t waited_ns,
		   uint64_t runnable_ns)
{
	struct meanwhile_stretch *first = &meanwhile->first;
	uint64_t ns = waited_ns + runnable_ns;

	if (!goes_on(first, wait, ns)) {
		*first = (struct meanwhile_stretch){.last = wait};
		meanwhile->kind = find(meanwhile, wait, ns);
	}
	first->start_ns = wait->piece.start_ns;
	first->ns += ns;
	if (!meanwhile->kind)
		return;
	if (!meanwhile->kind->longest.last || first->ns > meanwhile->kind->longest.ns)
		meanwhile->kind->longest = *first;
	if (!meanwhile->kind->held_up || runnable_ns > meanwhile->kind->held_up_ns) {
		meanwhile->kind->held_up = wait;
		meanwhile->kind->held_up_ns = runnable_ns;
	}
	meanwhile->kind->waited_ns += waited_ns;
	meanwhile->kind->runnable_ns += runnable_ns;
	meanwhile->kind->count += wait->piece.count;
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
