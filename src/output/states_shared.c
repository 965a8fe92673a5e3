/* SPDX-License-Identifier: MIT */
/* states_shared.c - what the formats of goroutines' states have in common; see states_shared.h. */
#include "output/states_shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const struct place *states_by_place(struct names *names, const struct state_change *change)
{
	if (change->is_start)
		return change->go_va ? names_caller(names, change->go_va) : NULL;
	if (!change->by_stack)
		return NULL;
	uint64_t va = names_waker_va(names, change->by_stack);
	return va ? names_waker(names, va) : NULL;
}

void states_mark(const struct state_row *row, char mark[STATES_MARK_SIZE])
{
	*mark = 0;
	if (row->kind != STATES_GOROUTINES || row->num_living)
		return;
	if (row->goid)
		strcpy(mark, "[ended]");
	else
		snprintf(mark, STATES_MARK_SIZE, "[%s ended]",
			 text_count(row->num_goroutines).text);
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int compare_reasons(const void *a, const void *b)
{
	const struct reason_sum *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

size_t states_reasons(struct names *names, const struct state_sums *sums,
		      struct reason_sum reasons[MAX_REASONS])
{
	size_t count = 0, at;

	for (unsigned reason = 0; reason < MAX_REASONS; reason++) {
		if (!sums->waits[reason])
			continue;
		const char *name = names_wait_reason(names, (uint8_t)reason);
		for (at = 0; at < count && !is_same(reasons[at].name, name); at++)
			;
		if (at == count)
			reasons[count++] = (struct reason_sum){.name = name};
		reasons[at].ns += sums->waiting_ns[reason];
		reasons[at].count += sums->waits[reason];
	}
	qsort(reasons, count, sizeof(*reasons), compare_reasons);
	return count;
}
