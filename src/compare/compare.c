/* SPDX-License-Identifier: MIT */
#include "compare/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sums/rank_test.h"

/* ---- sides ---- */

/* What it takes in each tree: 0 of those that it was not called in. */
static bool fill_own(struct compared_side *side)
{
	uint64_t num_with = side->row ? side->row->own.count : 0;

	return (!num_with || histogram_copy(&side->own, &side->row->own)) &&
	       histogram_add_times(&side->own, 0, side->num_trees - num_with);
}

static bool make_side(const struct tree_times *times, const struct times_row *any,
		      struct compared_side *side)
{
	const struct times_row *root = tree_times_find(times, any->root, any->root);

	*side = (struct compared_side){
		.row = tree_times_find(times, any->root, any->function),
		.num_trees = root ? root->own.count : 0,
	};
	if (!side->num_trees)
		return true;
	side->tree_ns = (double)root->trees_ns / (double)side->num_trees;
	if (side->row)
		side->own_ns = (double)side->row->own.sum / (double)side->num_trees;
	return fill_own(side);
}

/* ---- verdicts ---- */

static void test(struct compared *one)
{
	struct rank_test test = rank_test(&one->old.own, &one->new.own);

	one->p = test.p;
	one->superiority = test.superiority;
}

static bool has_enough(const struct compared *one)
{
	return one->old.num_trees >= COMPARE_MIN_TREES && one->new.num_trees >= COMPARE_MIN_TREES;
}

/* What is less than this matters to nobody. */
static bool is_large(const struct compared *one)
{
	double change = fabs(compared_growth_ns(one));

	return change >= COMPARE_MIN_GROWTH * fmin(one->old.own_ns, one->new.own_ns) &&
	       change >= COMPARE_MIN_SHARE * fmin(one->old.tree_ns, one->new.tree_ns);
}

static enum compare_verdict judge(const struct compared *one)
{
	if (!has_enough(one))
		return COMPARE_TOO_FEW;
	if (one->p >= COMPARE_MAX_P || !is_large(one))
		return COMPARE_ALIKE;
	if (compared_growth_ns(one) > 0 && one->superiority >= COMPARE_MIN_SUPERIORITY)
		return COMPARE_SLOWER;
	if (compared_growth_ns(one) < 0 && one->superiority <= 1 - COMPARE_MIN_SUPERIORITY)
		return COMPARE_FASTER;
	return COMPARE_ALIKE;
}

/* Only those that are compared count for the correction. */
static struct error *judge_all(struct comparison *comparison)
{
	_cleanup_free_ double *p = calloc(comparison->count + 1, sizeof(*p));
	size_t num_tests = 0;

	if (!p)
		return error_out_of_memory();
	for (size_t i = 0; i < comparison->count; i++) {
		test(&comparison->rows[i]);
		if (has_enough(&comparison->rows[i]))
			p[num_tests++] = comparison->rows[i].p;
	}
	rank_test_correct(p, num_tests);
	num_tests = 0;
	for (size_t i = 0; i < comparison->count; i++) {
		struct compared *one = &comparison->rows[i];

		if (has_enough(one))
			one->p = p[num_tests++];
		one->verdict = judge(one);
		comparison->num_verdicts[one->verdict]++;
	}
	return NULL;
}

static int compare_rows(const void *a, const void *b)
{
	const struct compared *one = a, *other = b;
	double of_one = fabs(compared_growth_ns(one)), of_other = fabs(compared_growth_ns(other));

	if (one->verdict != other->verdict)
		return one->verdict < other->verdict ? -1 : 1;
	if (of_one != of_other)
		return of_one > of_other ? -1 : 1;
	return strcmp(one->function, other->function) ?: strcmp(one->root, other->root);
}

/* ---- all ---- */

static bool add_row(struct comparison *comparison, const struct times_row *row)
{
	bool is_root = !strcmp(row->root, row->function);
	struct compared *one;

	if (row->is_untraced && !is_root)
		return true;
	one = &comparison->rows[comparison->count++];
	one->root = row->root;
	one->function = row->function;
	comparison->num_roots += is_root;
	return make_side(comparison->old, row, &one->old) &&
	       make_side(comparison->new, row, &one->new);
}

static bool add_rows(struct comparison *comparison)
{
	const struct times_row *row;
	bool is_complete = true;

	for (size_t at = 0; is_complete && (row = hash_next(&comparison->old->rows, &at));)
		is_complete = add_row(comparison, row);
	for (size_t at = 0; is_complete && (row = hash_next(&comparison->new->rows, &at));)
		if (!tree_times_find(comparison->old, row->root, row->function))
			is_complete = add_row(comparison, row);
	return is_complete;
}

struct error *compare(const struct tree_times *old, const struct tree_times *new,
		      struct comparison *comparison)
{
	struct error *err;

	*comparison = (struct comparison){.old = old, .new = new};
	comparison->rows = calloc(old->rows.count + new->rows.count + 1, sizeof(*comparison->rows));
	if (!comparison->rows || !add_rows(comparison))
		return error_out_of_memory();
	err = judge_all(comparison);
	qsort(comparison->rows, comparison->count, sizeof(*comparison->rows), compare_rows);
	return err;
}

void comparison_destroy(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++) {
		histogram_destroy(&comparison->rows[i].old.own);
		histogram_destroy(&comparison->rows[i].new.own);
	}
	free(comparison->rows);
}

/* ---- kinds of time ---- */

static double kind_ns(const struct compared_side *side, const char *name)
{
	for (size_t i = 0; side->row && i < side->row->num_kinds; i++)
		if (!strcmp(side->row->kinds[i].name, name))
			return (double)side->row->kinds[i].ns / (double)side->num_trees;
	return 0;
}

/* Those of one side; of the other only what that one lacks. */
static size_t add_kinds(const struct compared *one, const struct compared_side *side,
			bool lacks_old, struct compared_kind *kinds, size_t count, size_t max)
{
	for (size_t i = 0; side->row && i < side->row->num_kinds && count < max; i++) {
		const char *name = side->row->kinds[i].name;
		struct compared_kind kind = {name, kind_ns(&one->old, name),
					     kind_ns(&one->new, name)};

		if (!lacks_old || kind.old_ns == 0)
			kinds[count++] = kind;
	}
	return count;
}

static int compare_kind(const void *a, const void *b)
{
	const struct compared_kind *one = a, *other = b;
	double of_one = one->new_ns - one->old_ns, of_other = other->new_ns - other->old_ns;

	if (of_one != of_other)
		return of_one > of_other ? -1 : 1;
	return strcmp(one->name, other->name);
}

static bool lacks_states(const struct compared_side *side)
{
	return side->row && side->row->lacks_states;
}

size_t compare_kinds(const struct compared *one, struct compared_kind *kinds, size_t max)
{
	size_t count;

	if (lacks_states(&one->old) || lacks_states(&one->new))
		return 0;
	count = add_kinds(one, &one->old, false, kinds, 0, max);
	count = add_kinds(one, &one->new, true, kinds, count, max);
	qsort(kinds, count, sizeof(*kinds), compare_kind);
	return count;
}
