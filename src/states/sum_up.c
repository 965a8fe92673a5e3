/* SPDX-License-Identifier: MIT */
/* sum_up.c - what goroutines spend their time on goes into sums. */
#include "states/internal.h"

static bool has_sums(const struct goroutine *goroutine, const struct interval *interval)
{
	return goroutine->function && !goroutine->has_ended && !interval->is_broken &&
	       state_is_alive(interval->state);
}

static void add_to(struct sums *sums, struct sum *sum, const struct goroutine *goroutine,
		   const struct interval *interval, uint64_t now_ns)
{
	uint64_t summed_ns = goroutine->summed_ns;

	if (!goroutine->is_summed)
		sum->count++;
	else if (goroutine->summed_reason != sum->reason)
		/* It became known late what it waits for. */
		sums_correct(sums, goroutine->summed_reason, sum, summed_ns - goroutine->begin_ns,
			     summed_ns - interval->begin_ns);
	sum->ns += now_ns - summed_ns;
	if (sum->state == STATE_WAITING)
		sums_wait(sums, sum->reason, now_ns - interval->begin_ns);
}

/* False: out of memory. */
static bool add_interval(struct sums *sums, const struct goroutine *goroutine,
			 const struct interval *interval, uint64_t now_ns)
{
	struct sum *sum = sums_item(sums, interval->state, interval->reason);

	if (sum)
		add_to(sums, sum, goroutine, interval, now_ns);
	return sum;
}

bool states_sum_up(struct goroutine *goroutine, const struct interval *interval)
{
	uint64_t now_ns = interval->end_ns;
	bool is_complete;

	if (!has_sums(goroutine, interval))
		return true;
	if (now_ns < goroutine->summed_ns) /* a late record */
		now_ns = goroutine->summed_ns;
	is_complete = add_interval(&goroutine->sums, goroutine, interval, now_ns) &&
		      add_interval(&goroutine->function->all.sums, goroutine, interval, now_ns) &&
		      (!goroutine->statement ||
		       add_interval(&goroutine->statement->all.sums, goroutine, interval, now_ns));
	goroutine->summed_ns = now_ns;
	goroutine->summed_reason = interval->reason;
	goroutine->is_summed = true;
	return is_complete;
}

bool states_sum_up_until(struct goroutine *goroutine, uint64_t now_ns)
{
	struct interval so_far = timeline_so_far(&goroutine->timeline);

	if (so_far.end_ns < now_ns)
		so_far.end_ns = now_ns;
	return states_sum_up(goroutine, &so_far);
}
