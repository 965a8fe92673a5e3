/* SPDX-License-Identifier: MIT */
/*
 * array.h - arrays that grow. An array is three variables: items, count and capacity. This makes
 * room for one more item.
 */
#ifndef GOFUNCGRAPH_ARRAY_H
#define GOFUNCGRAPH_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What there is room for at first: many arrays stay small. */
#define ARRAY_FIRST_BYTES 64

/* Makes `*items` hold at least `need` items of `size` bytes. False when out of memory; nothing
 * changes then. */
static inline bool array_reserve(void *items, size_t *capacity, size_t need, size_t size)
{
	if (need <= *capacity)
		return true;
	size_t first = ARRAY_FIRST_BYTES / size ? ARRAY_FIRST_BYTES / size : 1;
	size_t grown = *capacity ? *capacity * 2 : first;
	if (grown < need)
		grown = need;
	if (grown > SIZE_MAX / 2 / size)
		return false;
	void *moved = realloc(*(void **)items, grown * size);
	if (!moved)
		return false;
	*(void **)items = moved;
	*capacity = grown;
	return true;
}

#endif
