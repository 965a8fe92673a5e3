/* SPDX-License-Identifier: MIT */
#include "hunt/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* What makes a piece what it is, in an order that qsort() can use. */
static int compare(const struct piece *a, const struct piece *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->detail != b->detail)
		return a->detail < b->detail ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	if (a->flags != b->flags)
		return a->flags < b->flags ? -1 : 1;
	if (a->object != b->object)
		return a->object < b->object ? -1 : 1;
	return a->kind == PIECE_SYSCALL ? 0 : memcmp(a->by_comm, b->by_comm, sizeof(a->by_comm));
}

bool piece_is_alike(const struct piece *a, const struct piece *b)
{
	return compare(a, b) == 0;
}

static int compare_times(const void *one, const void *other)
{
	const struct piece *a = one, *b = other;

	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	return compare(a, b);
}

static int compare_all(const void *one, const void *other)
{
	const struct piece *a = one, *b = other;
	int order = compare(a, b);

	if (order || a->start_ns == b->start_ns)
		return order;
	return a->start_ns < b->start_ns ? -1 : 1;
}

static void add_to(struct piece *sum, const struct piece *piece)
{
	sum->ns += piece->ns;
	sum->count += piece->count;
	if (sum->kind == PIECE_SYSCALL)
		sum->asleep_ns += piece->asleep_ns;
}

/* Neighbours that are alike become one. */
static void merge(struct pieces *pieces)
{
	size_t last = 0;

	for (size_t i = 1; i < pieces->count; i++) {
		if (piece_is_alike(&pieces->items[last], &pieces->items[i]))
			add_to(&pieces->items[last], &pieces->items[i]);
		else
			pieces->items[++last] = pieces->items[i];
	}
	pieces->count = pieces->count ? last + 1 : 0;
}

void pieces_fold(struct pieces *pieces)
{
	pieces->is_folded = true;
	if (!pieces->count)
		return;
	qsort(pieces->items, pieces->count, sizeof(*pieces->items), compare_all);
	merge(pieces);
	qsort(pieces->items, pieces->count, sizeof(*pieces->items), compare_times);
}

/* Where, and whose doing it was, is told no more. */
static void lose_places(struct pieces *pieces)
{
	for (size_t i = 0; i < pieces->count; i++) {
		struct piece *piece = &pieces->items[i];

		piece->stack = 0;
		piece->object = 0;
		piece->flags &= PIECE_IS_OPEN | PIECE_SAMPLED;
		if (piece->kind != PIECE_SYSCALL)
			memset(piece->by_comm, 0, sizeof(piece->by_comm));
	}
}

static bool is_of_syscalls(const struct piece *piece)
{
	return piece->kind == PIECE_SYSCALL;
}

/* `known`: the last short ones with a place that were met, of system calls and others: a sum becomes what it is. */
static void place_short(struct piece *piece, const struct piece *known[2])
{
	const struct piece **one = &known[is_of_syscalls(piece)];

	if (!(piece->flags & PIECE_IS_SHORT))
		return;
	if (piece->stack) {
		*one = piece;
	} else if (*one) {
		piece->kind = (*one)->kind;
		piece->detail = (*one)->detail;
		piece->stack = (*one)->stack;
		piece->object = (*one)->object;
		piece->flags = (*one)->flags;
	}
}

void pieces_place_short(struct pieces *pieces)
{
	const struct piece *next[2] = {0}, *last[2] = {0};

	for (size_t i = pieces->count; i--;)
		place_short(&pieces->items[i], next);
	for (size_t i = 0; i < pieces->count; i++) {
		place_short(&pieces->items[i], last);
		pieces->items[i].flags &= (uint8_t)~PIECE_IS_SHORT;
	}
}

static void make_room(struct pieces *pieces)
{
	pieces_place_short(pieces);
	pieces_fold(pieces);
	if (pieces->count <= MAX_PIECES / 2)
		return;
	lose_places(pieces);
	pieces_fold(pieces);
}

bool pieces_add(struct pieces *pieces, const struct piece *piece)
{
	struct piece *last = pieces->count ? &pieces->items[pieces->count - 1] : NULL;

	if (!piece->ns)
		return true;
	if (last && last->kind == PIECE_CPU && piece_is_alike(last, piece)) {
		add_to(last, piece);
		return true;
	}
	if (pieces->count == MAX_PIECES)
		make_room(pieces);
	if (!array_reserve(&pieces->items, &pieces->capacity, pieces->count + 1,
			   sizeof(*pieces->items)))
		return false;
	pieces->items[pieces->count++] = *piece;
	return true;
}

bool pieces_copy(const struct pieces *pieces, struct pieces *copy)
{
	size_t size = pieces->count * sizeof(*pieces->items);

	*copy = *pieces;
	copy->capacity = pieces->count;
	copy->items = malloc(size ? size : 1);
	if (!copy->items) {
		*copy = (struct pieces){0};
		return false;
	}
	if (size)
		memcpy(copy->items, pieces->items, size);
	return true;
}

void pieces_clear(struct pieces *pieces)
{
	free(pieces->items);
	*pieces = (struct pieces){0};
}
