/* SPDX-License-Identifier: MIT */
#include "goroutines/tally.h"

#include <stdlib.h>

static int compare_keys(const void *a, const void *b)
{
	const struct tally *one = a, *other = b;

	if (one->key != other->key)
		return one->key < other->key ? -1 : 1;
	return one->first < other->first ? -1 : one->first > other->first;
}

static int compare_counts(const void *a, const void *b)
{
	const struct tally *one = a, *other = b;

	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	return one->key < other->key ? -1 : 1;
}

size_t tally_sum_up(struct tally *items, size_t num)
{
	size_t count = 0;

	qsort(items, num, sizeof(*items), compare_keys);
	for (size_t i = 0; i < num; i++) {
		if (count && items[count - 1].key == items[i].key)
			items[count - 1].count += items[i].count;
		else
			items[count++] = items[i];
	}
	qsort(items, count, sizeof(*items), compare_counts);
	return count;
}
