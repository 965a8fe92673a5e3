/* SPDX-License-Identifier: MIT */
#include "base/edit_distance.h"

#include <stdbool.h>

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length, size_t limit)
{
	size_t rows[3][EDIT_DISTANCE_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];
	size_t *spare;

	a_length = min(a_length, EDIT_DISTANCE_MAX);
	b_length = min(b_length, EDIT_DISTANCE_MAX);
	if (a_length > b_length + limit || b_length > a_length + limit)
		return limit + 1;
	for (size_t j = 0; j <= b_length; j++)
		before[j] = last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t best = now[0] = i;

		for (size_t j = 1; j <= b_length; j++) {
			bool differ = a[i - 1] != b[j - 1];

			now[j] = min(last[j - 1] + differ, min(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = min(now[j], before[j - 2] + 1);
			best = min(best, now[j]);
		}
		if (best > limit)
			return limit + 1;
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_length];
}
