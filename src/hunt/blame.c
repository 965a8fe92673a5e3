/* SPDX-License-Identifier: MIT */
#include "hunt/blame.h"

#include <stdlib.h>

#include "base/array.h"
#include "hunt/blame_search.h"
#include "hunt/meanwhile.h"

/* Kinds of what one goroutine did meanwhile that are asked about further: those of the most time. */
#define MAX_MEANWHILE 8

struct blame *blame_add(struct search *search, const struct wait *wait, uint64_t goid,
			const struct piece *what)
{
	struct blames *blames = search->blames;

	if (blames->count == BLAME_MAX)
		return NULL;
	if (!array_reserve(&blames->items, &blames->capacity, blames->count + 1,
			   sizeof(*blames->items))) {
		search->is_full = true;
		return NULL;
	}
	blames->items[blames->count] = (struct blame){
		.parent = wait->parent, .piece = wait->piece, .goid = goid, .what = *what};
	return &blames->items[blames->count++];
}

static uint64_t overlap(uint64_t start_ns, uint64_t end_ns, const struct wait *wait)
{
	uint64_t from = start_ns > wait->start_ns ? start_ns : wait->start_ns;
	uint64_t to = end_ns < wait->end_ns ? end_ns : wait->end_ns;

	return from < to ? to - from : 0;
}

/* ---- waits ---- */

static void ask(struct search *search, const struct wait *wait, uint64_t goid);

/* Who ended it, and what that one did until then. */
static void ask_further(struct search *search, const struct wait *wait,
			const struct meanwhile_stretch *other, uint32_t blame)
{
	const struct piece *what = &other->last->piece;
	struct wait next = {
		.parent = blame,
		.piece = wait->piece,
		.start_ns = other->start_ns > wait->start_ns ? other->start_ns : wait->start_ns,
		.end_ns = what->start_ns + what->ns,
		.depth = wait->depth + 1,
	};

	/* Who did something to it before is not to blame. */
	if ((what->kind != PIECE_WAIT && what->kind != PIECE_STOPPED) ||
	    next.end_ns <= next.start_ns || next.end_ns > wait->end_ns)
		return;
	if (what->by_goid)
		ask(search, &next, what->by_goid);
	else
		blame_late(search, &next);
}

/* Why the one of them that was runnable for longest did not run. */
static void ask_held_up(struct search *search, const struct wait *wait,
			const struct history_wait *other, uint32_t blame)
{
	uint64_t ready_ns = other->piece.start_ns + other->piece.ns;
	const struct wait next = {
		.parent = blame,
		.piece = wait->piece,
		.start_ns = ready_ns > wait->start_ns ? ready_ns : wait->start_ns,
		.end_ns = other->end_ns < wait->end_ns ? other->end_ns : wait->end_ns,
		.depth = wait->depth + 1,
	};

	if (next.end_ns >= next.start_ns + BLAME_MIN_NS)
		blame_others(search, &next, other->goroutine, true);
}

/* Who ended the longest of them is asked further. */
static void add_waits(struct search *search, const struct wait *wait,
		      const struct meanwhile_kind *kind)
{
	const struct history_wait *longest = kind->longest.last;
	struct piece what = longest->piece;
	struct blame *blame;

	if (kind->waited_ns && !is_little(kind->waited_ns, wait)) {
		what.ns = kind->waited_ns;
		what.count = kind->count;
		blame = blame_add(search, wait, longest->goroutine.first, &what);
		if (!blame)
			return;
		blame->is_in_target = longest->is_in_target;
		ask_further(search, wait, &kind->longest,
			    (uint32_t)(blame - search->blames->items));
	}
	what = (struct piece){.start_ns = longest->piece.start_ns + longest->piece.ns,
			      .ns = kind->runnable_ns,
			      .kind = PIECE_RUNNABLE,
			      .stack = longest->piece.stack,
			      .count = kind->count};
	if (!what.ns || is_little(what.ns, wait))
		return;
	blame = blame_add(search, wait, longest->goroutine.first, &what);
	if (blame)
		ask_held_up(search, wait, kind->held_up, (uint32_t)(blame - search->blames->items));
}

/* What this goroutine did in the time of the wait. */
static void ask(struct search *search, const struct wait *wait, uint64_t goid)
{
	struct hash_key goroutine = {.first = goid, .second = search->pid};
	const struct history_wait *other = history_last_wait(search->history, goroutine);
	uint64_t left_ns = wait->end_ns - wait->start_ns, taken_ns;
	struct meanwhile meanwhile = {0};

	if (wait->depth >= BLAME_MAX_DEPTH || search->is_full)
		return;
	for (unsigned i = 0; other && i < MAX_LOOK && other->end_ns > wait->start_ns; i++) {
		uint64_t ready_ns = other->piece.start_ns + other->piece.ns;
		uint64_t waited_ns = overlap(other->piece.start_ns, ready_ns, wait);
		uint64_t runnable_ns = overlap(ready_ns, other->end_ns, wait);
		uint64_t ns = waited_ns + runnable_ns;

		if (ns)
			meanwhile_add(&meanwhile, other, waited_ns, runnable_ns);
		left_ns -= ns < left_ns ? ns : left_ns;
		other = history_wait_before(search->history, other);
	}
	meanwhile_sort(&meanwhile);
	for (size_t i = 0; i < meanwhile.count && i < MAX_MEANWHILE; i++)
		add_waits(search, wait, &meanwhile.kinds[i]);
	taken_ns = blame_takers(search, wait, goid);
	blame_running(search, wait, goroutine, left_ns > taken_ns ? left_ns - taken_ns : 0);
}

/* ---- a call ---- */

static bool is_of_others(const struct piece *piece)
{
	return ((piece->kind == PIECE_WAIT || piece->kind == PIECE_STOPPED) && piece->by_goid) ||
	       piece->kind == PIECE_RUNNABLE ||
	       (piece->kind == PIECE_NO_CPU && piece->flags & PIECE_BY_OWN);
}

/* No goroutine has ended it, but Go's runtime itself, for the network or a timer. */
static bool is_of_nobody(const struct piece *piece)
{
	return piece->kind == PIECE_WAIT && !piece->by_goid;
}

static size_t choose(const struct pieces *pieces, bool (*is_wanted)(const struct piece *piece),
		     uint32_t chosen[BLAME_MAX_WAITS])
{
	const struct piece *items = pieces->items;
	size_t count = 0;

	for (size_t i = 0; i < pieces->count; i++) {
		size_t at = count;

		if (items[i].ns < BLAME_MIN_NS || !is_wanted(&items[i]))
			continue;
		if (at == BLAME_MAX_WAITS && items[chosen[--at]].ns >= items[i].ns)
			continue;
		count = at + 1;
		for (; at && items[chosen[at - 1]].ns < items[i].ns; at--)
			chosen[at] = chosen[at - 1];
		chosen[at] = (uint32_t)i;
	}
	return count;
}

static struct wait wait_of(const struct pieces *pieces, uint32_t number)
{
	const struct piece *piece = &pieces->items[number];

	return (struct wait){.parent = BLAME_TOP,
			     .piece = number,
			     .start_ns = piece->start_ns,
			     .end_ns = piece->start_ns + piece->ns};
}

bool blame_find(const struct history *history, struct hash_key call, const struct pieces *pieces,
		uint64_t period_ns, struct blames *blames)
{
	struct search search = {.history = history,
				.blames = blames,
				.period_ns = period_ns,
				.pid = (uint32_t)call.second};
	uint32_t chosen[BLAME_MAX_WAITS];
	size_t count = pieces->is_folded ? 0 : choose(pieces, is_of_others, chosen);

	for (size_t i = 0; i < count; i++) {
		const struct piece *piece = &pieces->items[chosen[i]];
		const struct wait wait = wait_of(pieces, chosen[i]);

		if (piece->kind == PIECE_WAIT || piece->kind == PIECE_STOPPED)
			ask(&search, &wait, piece->by_goid);
		else
			blame_others(&search, &wait, call, piece->kind == PIECE_RUNNABLE);
	}
	count = pieces->is_folded ? 0 : choose(pieces, is_of_nobody, chosen);
	for (size_t i = 0; i < count; i++) {
		const struct wait wait = wait_of(pieces, chosen[i]);

		blame_late(&search, &wait);
	}
	return !search.is_full;
}

bool blame_find_started(const struct history *history, struct hash_key call,
			const struct starts *starts, uint64_t end_ns, uint64_t period_ns,
			struct blames *blames)
{
	struct search search = {.history = history,
				.blames = blames,
				.period_ns = period_ns,
				.pid = (uint32_t)call.second};

	for (uint32_t i = 0; i < starts->count && !search.is_full; i++) {
		const struct wait wait = {.parent = BLAME_TOP,
					  .piece = BLAME_STARTED | i,
					  .start_ns = starts->items[i].time_ns,
					  .end_ns = end_ns};

		if (end_ns > wait.start_ns)
			ask(&search, &wait, starts->items[i].goid);
	}
	return !search.is_full;
}

void blame_follow(struct blames *blames, const struct pieces *before, const struct pieces *folded)
{
	for (size_t i = 0; i < blames->count; i++) {
		const struct piece *piece;
		uint32_t at = 0;

		if (blames->items[i].piece & BLAME_STARTED)
			continue;
		piece = &before->items[blames->items[i].piece];
		while (at + 1 < folded->count && !piece_is_alike(piece, &folded->items[at]))
			at++;
		blames->items[i].piece = at;
	}
}

void blames_clear(struct blames *blames)
{
	free(blames->items);
	*blames = (struct blames){0};
}
