/* SPDX-License-Identifier: MIT */
/* sums.c - sums of time by state and reason; see sums.h. */
#include "states/sums.h"

#include <stdlib.h>

/* Room is made for so many at once. */
#define STEP 4

static struct sum *find(const struct sums *sums, uint8_t state, uint8_t reason)
{
	for (uint32_t i = 0; i < sums->num_items; i++)
		if (sums->items[i].state == state && sums->items[i].reason == reason)
			return &sums->items[i];
	return NULL;
}

struct sum *sums_item(struct sums *sums, uint8_t state, uint8_t reason)
{
	struct sum *sum = find(sums, state, reason), *grown;

	if (sum)
		return sum;
	if (sums->num_items % STEP == 0) {
		grown = realloc(sums->items, (sums->num_items + STEP) * sizeof(*grown));
		if (!grown)
			return NULL;
		sums->items = grown;
	}
	sum = &sums->items[sums->num_items++];
	*sum = (struct sum){.state = state, .reason = reason};
	return sum;
}

void sums_correct(struct sums *sums, uint8_t from_reason, struct sum *to, uint64_t ns,
		  uint64_t wait_ns)
{
	struct sum *from = find(sums, STATE_WAITING, from_reason);

	if (!from)
		return;
	from->ns -= ns;
	from->count--;
	to->ns += ns;
	to->count++;
	if (sums->longest_wait_ns == wait_ns && sums->longest_wait_reason == from_reason)
		sums->longest_wait_reason = to->reason;
}

void sums_wait(struct sums *sums, uint8_t reason, uint64_t ns)
{
	if (ns <= sums->longest_wait_ns)
		return;
	sums->longest_wait_ns = ns;
	sums->longest_wait_reason = reason;
}

bool sums_add(struct sums *sums, const struct sums *more)
{
	sums->changes += more->changes;
	sums_wait(sums, more->longest_wait_reason, more->longest_wait_ns);
	for (uint32_t i = 0; i < more->num_items; i++) {
		const struct sum *item = &more->items[i];
		struct sum *sum = sums_item(sums, item->state, item->reason);

		if (!sum)
			return false;
		sum->ns += item->ns;
		sum->count += item->count;
	}
	return true;
}

uint64_t sums_ns(const struct sums *sums, uint8_t state)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < sums->num_items; i++)
		if (sums->items[i].state == state)
			ns += sums->items[i].ns;
	return ns;
}

uint64_t sums_not_running_ns(const struct sums *sums)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < sums->num_items; i++)
		if (sums->items[i].state != STATE_RUNNING)
			ns += sums->items[i].ns;
	return ns;
}

void sums_expand(const struct sums *sums, struct state_sums *out)
{
	*out = (struct state_sums){
		.changes = sums->changes,
		.longest_wait_ns = sums->longest_wait_ns,
		.longest_wait_reason = sums->longest_wait_reason,
	};
	for (uint32_t i = 0; i < sums->num_items; i++) {
		const struct sum *sum = &sums->items[i];

		out->ns[sum->state] += sum->ns;
		if (sum->state != STATE_WAITING)
			continue;
		out->waiting_ns[sum->reason] += sum->ns;
		out->waits[sum->reason] += sum->count;
	}
}

void sums_destroy(struct sums *sums)
{
	free(sums->items);
}
