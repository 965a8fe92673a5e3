/* SPDX-License-Identifier: MIT */
/* text_labels.c - which labels the goroutines of a group have, and how many of them. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "goroutines/tally.h"
#include "goroutines/text_out.h"

/* Sets of labels that have a line. */
#define MAX_SETS 3

/* Each set once, with how many have it. Returns how many sets. */
static size_t count_sets(const struct group *group, struct tally *sets)
{
	size_t num = 0;

	for (size_t i = 0; i < group->count; i++)
		if (group->members[i]->labels)
			sets[num++] = (struct tally){(uintptr_t)group->members[i]->labels, i, 1};
	return tally_sum_up(sets, num);
}

/* As Go's own traces have them, from Go 1.27 on. */
static void put_set(struct text_out *out, const struct label_set *set)
{
	text_put(out, "{");
	for (size_t i = 0; i < set->count; i++) {
		const struct label *label = &set->items[i];

		text_put(out, i ? ", " : "");
		text_put_bytes(out, label->key, label->key_len);
		text_put(out, ": ");
		text_put_bytes(out, label->value, label->value_len);
	}
	text_put(out, set->is_cut ? ", ...}" : "}");
}

void text_put_labels(struct text_out *out, const struct group *group)
{
	_cleanup_free_ struct tally *sets = calloc(group->count, sizeof(*sets));
	size_t num = sets ? count_sets(group, sets) : 0;
	size_t shown = num <= MAX_SETS + 1 ? num : MAX_SETS;

	for (size_t i = 0; i < shown; i++) {
		text_put(out, "  labels");
		if (group->count > 1) {
			text_put(out, " of ");
			text_put(out, text_count(sets[i].count).text);
		}
		text_put(out, ": ");
		put_set(out, group->members[sets[i].first]->labels);
		text_end_line(out);
	}
	if (shown == num)
		return;
	text_put(out, "  and ");
	text_put_count(out, num - shown, "more set of labels", "more sets of labels");
	text_end_line(out);
}
