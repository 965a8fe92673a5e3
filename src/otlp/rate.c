/* SPDX-License-Identifier: MIT */
#include "otlp/rate.h"

static void save_up(struct otlp_rate *rate, uint64_t now_ns)
{
	if (!rate->last_ns)
		rate->left = (double)rate->per_second;
	else if (now_ns > rate->last_ns)
		rate->left += (double)(now_ns - rate->last_ns) * (double)rate->per_second / 1e9;
	if (rate->left > (double)rate->per_second)
		rate->left = (double)rate->per_second;
	if (now_ns > rate->last_ns)
		rate->last_ns = now_ns;
}

bool otlp_rate_allows(struct otlp_rate *rate, uint64_t now_ns, uint64_t num_spans)
{
	if (!rate->per_second)
		return true;
	save_up(rate, now_ns);
	if (rate->left < 1)
		return false;
	rate->left -= (double)num_spans;
	return true;
}
