/* SPDX-License-Identifier: MIT */
#include "sums/histogram.h"

#include <stdlib.h>
#include <string.h>

struct bucket {
	unsigned power, step;
};

static struct bucket find_bucket(uint64_t value)
{
	unsigned power = value < HISTOGRAM_STEPS
				 ? 0
				 : (unsigned)(64 - __builtin_clzll(value)) - HISTOGRAM_STEP_BITS;
	unsigned shift = power ? power - 1 : 0;

	return (struct bucket){.power = power, .step = (value >> shift) % HISTOGRAM_STEPS};
}

/* The greatest value that is in it. */
static uint64_t last_in(struct bucket bucket)
{
	uint64_t steps = bucket.step + (bucket.power ? HISTOGRAM_STEPS : 0);

	return bucket.power ? ((steps + 1) << (bucket.power - 1)) - 1 : steps;
}

bool histogram_add_times(struct histogram *histogram, uint64_t value, uint64_t count)
{
	struct bucket bucket = find_bucket(value);
	uint64_t **power = &histogram->powers[bucket.power];
	uint64_t sum;

	if (!count)
		return true;
	if (!*power)
		*power = calloc(HISTOGRAM_STEPS, sizeof(**power));
	if (!*power)
		return false;
	(*power)[bucket.step] += count;
	if (!histogram->count || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	if (__builtin_mul_overflow(value, count, &sum) ||
	    __builtin_add_overflow(histogram->sum, sum, &histogram->sum))
		histogram->sum = UINT64_MAX;
	histogram->count += count;
	return true;
}

bool histogram_add(struct histogram *histogram, uint64_t value)
{
	return histogram_add_times(histogram, value, 1);
}

bool histogram_copy(struct histogram *to, const struct histogram *from)
{
	const size_t size = HISTOGRAM_STEPS * sizeof(**from->powers);

	*to = *from;
	memset(to->powers, 0, sizeof(to->powers));
	for (size_t power = 0; power < HISTOGRAM_POWERS; power++) {
		if (!from->powers[power])
			continue;
		to->powers[power] = malloc(size);
		if (!to->powers[power])
			return false;
		memcpy(to->powers[power], from->powers[power], size);
	}
	return true;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram->count;
	uint64_t seen = 0;

	if (!histogram->count)
		return 0;
	for (unsigned power = 0; power < HISTOGRAM_POWERS; power++) {
		const uint64_t *counts = histogram->powers[power];

		for (unsigned step = 0; counts && step < HISTOGRAM_STEPS; step++) {
			seen += counts[step];
			if (seen && (double)seen >= wanted) {
				uint64_t last = last_in((struct bucket){power, step});
				return last < histogram->max ? last : histogram->max;
			}
		}
	}
	return histogram->max;
}

uint64_t histogram_count_within(const struct histogram *histogram, uint64_t first, uint64_t last)
{
	struct bucket from = find_bucket(first), to = find_bucket(last);
	uint64_t count = 0;

	for (unsigned power = from.power; power <= to.power; power++) {
		const uint64_t *counts = histogram->powers[power];
		unsigned begin = power == from.power ? from.step : 0;
		unsigned end = power == to.power ? to.step : HISTOGRAM_STEPS - 1;

		for (unsigned step = begin; counts && step <= end; step++)
			count += counts[step];
	}
	return count;
}

void histogram_destroy(struct histogram *histogram)
{
	for (unsigned power = 0; power < HISTOGRAM_POWERS; power++)
		free(histogram->powers[power]);
	memset(histogram, 0, sizeof(*histogram));
}
