/* SPDX-License-Identifier: MIT */
/* amounts.c - what the time of a call was spent on; see amounts.h. */
#include "output/amounts.h"

#include <string.h>

const char *amount_name(struct names *names, uint8_t state, uint8_t reason, const char *unknown)
{
	if (state != STATE_WAITING)
		return names_state(names, state);
	const char *name = names_wait_reason(names, reason);
	return name ? name : unknown;
}

/* A reason may be called what a state is called. */
static bool is_same(const struct amount *amount, const struct part *part, const char *name)
{
	return (amount->state == STATE_WAITING) == (part->state == STATE_WAITING) &&
	       strcmp(amount->name, name) == 0;
}

/* The amount that the part belongs to, which may be a new one. */
static struct amount *find_amount(struct amount amounts[MAX_AMOUNTS], size_t *count,
				  const struct part *part, const char *name)
{
	for (size_t i = 0; i < *count; i++) {
		if (is_same(&amounts[i], part, name))
			return &amounts[i];
	}
	if (*count == MAX_AMOUNTS)
		return &amounts[MAX_AMOUNTS - 1];
	struct amount *amount = &amounts[(*count)++];
	*amount = (struct amount){.name = name, .state = part->state};
	if (*count == MAX_AMOUNTS)
		*amount = (struct amount){.name = "other", .state = STATE_WAITING};
	return amount;
}

static int rank_of(const struct amount *amount)
{
	return amount->state == STATE_NO_CPU ? 0 : amount->state == STATE_RUNNABLE ? 2 : 1;
}

static bool goes_before(const struct amount *a, const struct amount *b)
{
	if (rank_of(a) != rank_of(b))
		return rank_of(a) < rank_of(b);
	return a->ns > b->ns;
}

static void sort_amounts(struct amount *amounts, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct amount amount = amounts[i];
		size_t at = i;
		for (; at && goes_before(&amount, &amounts[at - 1]); at--)
			amounts[at] = amounts[at - 1];
		amounts[at] = amount;
	}
}

size_t amounts_of_call(struct names *names, const struct call *call, const char *unknown,
		       struct amount amounts[MAX_AMOUNTS], uint64_t *run_ns)
{
	uint64_t left_ns = call->end_ns - call->start_ns;
	size_t count = 0;

	for (uint32_t i = 0; i < call->num_parts; i++) {
		const struct part *part = &call->parts[i];
		/* Never more than there is, whatever the parts say. */
		uint64_t ns = part->ns < left_ns ? part->ns : left_ns;
		if (!ns || part->state == STATE_RUNNING)
			continue;
		left_ns -= ns;
		const char *name = amount_name(names, part->state, part->reason, unknown);
		find_amount(amounts, &count, part, name)->ns += ns;
	}
	sort_amounts(amounts, count);
	*run_ns = left_ns;
	return count;
}
