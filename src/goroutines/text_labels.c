/* SPDX-License-Identifier: MIT */
/* text_labels.c - which labels the goroutines of a group have, and how many of them. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "goroutines/text_out.h"

/* Sets of labels that have a line. */
#define MAX_SETS 3

struct counted {
	const struct label_set *set;
	size_t first; /* of the group's members that have it */
	size_t count;
};

static int compare_sets(const void *a, const void *b)
{
	const struct counted *one = a, *other = b;

	if (one->set != other->set)
		return (uintptr_t)one->set < (uintptr_t)other->set ? -1 : 1;
	return one->first < other->first ? -1 : one->first > other->first;
}

/* The most frequent one first. */
static int compare_counts(const void *a, const void *b)
{
	const struct counted *one = a, *other = b;

	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	return one->first < other->first ? -1 : one->first > other->first;
}

/* Each set once, with how many have it. Returns how many sets. */
static size_t count_sets(const struct group *group, struct counted *sets)
{
	size_t num = 0, count = 0;

	for (size_t i = 0; i < group->count; i++)
		if (group->members[i]->labels)
			sets[num++] = (struct counted){group->members[i]->labels, i, 1};
	qsort(sets, num, sizeof(*sets), compare_sets);
	for (size_t i = 0; i < num; i++) {
		if (count && sets[count - 1].set == sets[i].set)
			sets[count - 1].count++;
		else
			sets[count++] = sets[i];
	}
	qsort(sets, count, sizeof(*sets), compare_counts);
	return count;
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
	_cleanup_free_ struct counted *sets = calloc(group->count, sizeof(*sets));
	size_t num = sets ? count_sets(group, sets) : 0;
	size_t shown = num <= MAX_SETS + 1 ? num : MAX_SETS;

	for (size_t i = 0; i < shown; i++) {
		text_put(out, "  labels");
		if (group->count > 1) {
			text_put(out, " of ");
			text_put_number(out, sets[i].count);
		}
		text_put(out, ": ");
		put_set(out, sets[i].set);
		text_end_line(out);
	}
	if (shown == num)
		return;
	text_put(out, "  and ");
	text_put_number(out, num - shown);
	text_put(out, " more sets of labels");
	text_end_line(out);
}
