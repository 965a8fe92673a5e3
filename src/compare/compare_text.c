/* SPDX-License-Identifier: MIT */
/* compare_text.c - what became slower, as people read it: the culprit first. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "compare/compare.h"
#include "output/line.h"
#include "output/shares.h"

#define MAX_KINDS   32
#define SHOWN_KINDS 3
/* Of a change, what a kind of time must have to be told. */
#define MIN_KIND_SHARE 0.1

struct put {
	const struct comparison *comparison;
	struct writer *writer;
	bool has_color;
};

static void put(const struct put *to, const char *text)
{
	writer_puts(to->writer, text);
}

#define put_format(to, ...)                                                                        \
	do {                                                                                       \
		char text_[512];                                                                   \
		snprintf(text_, sizeof(text_), __VA_ARGS__);                                       \
		put(to, text_);                                                                    \
	} while (0)

/* "1.2ms"; of a negative one without its sign. */
static const char *amount(char text[TEXT_AMOUNT_SIZE], double ns)
{
	text_format_amount(text, (uint64_t)fabs(ns));
	return text;
}

/* "+1.2ms" */
#define CHANGE_SIZE (TEXT_AMOUNT_SIZE + 1)
static const char *change(char text[CHANGE_SIZE], double ns)
{
	text[0] = ns < 0 ? '-' : '+';
	amount(text + 1, ns);
	return text;
}

/* ---- the first line ---- */

static void put_kind_of(const struct put *to, const struct compared *one)
{
	struct compared_kind kinds[MAX_KINDS];
	char more[CHANGE_SIZE];

	if (!compare_kinds(one, kinds, MAX_KINDS))
		return;
	put_format(to, ", %s of it ", change(more, kinds[0].new_ns - kinds[0].old_ns) + 1);
	put(to, kinds[0].name);
}

/* "main.query is slower: 20.4ms of its own in each call of main.root, was 312us, 20ms of it sleep" */
static void put_culprit(const struct put *to, const struct compared *one)
{
	char now[TEXT_AMOUNT_SIZE], before[TEXT_AMOUNT_SIZE];

	if (to->has_color)
		put(to, STYLE_BOLD);
	put(to, one->function);
	put(to, one->old.row ? " is slower" : " is new");
	if (to->has_color)
		put(to, LINE_PLAIN);
	put_format(to, ": %s of its own time in each call of ", amount(now, one->new.own_ns));
	put(to, strcmp(one->root, one->function) ? one->root : "it");
	if (one->old.row)
		put_format(to, ", was %s", amount(before, one->old.own_ns));
	put_kind_of(to, one);
	put(to, "\n");
}

static void put_nothing(const struct put *to)
{
	const struct comparison *comparison = to->comparison;
	size_t num_compared = comparison->count - comparison->num_verdicts[COMPARE_TOO_FEW];

	if (!num_compared)
		put_format(
			to,
			"nobody can tell what became slower: there have to be %d whole calls of a target on both sides\n",
			COMPARE_MIN_TREES);
	else
		put_format(to, "nothing became slower: %s compared\n",
			   text_counted(num_compared, "function was", "functions were").text);
}

/* ---- tables ---- */

/* "312us 20.4ms" in columns; "-" where there are no calls. */
static void put_quantiles(const struct put *to, const struct compared *one, double share)
{
	const struct compared_side *sides[] = {&one->old, &one->new};

	for (size_t i = 0; i < 2; i++) {
		char text[TEXT_AMOUNT_SIZE] = "-";

		if (sides[i]->row && sides[i]->row->durations.count)
			text_format_amount(text,
					   histogram_quantile(&sides[i]->row->durations, share));
		put_format(to, " %7s", text);
	}
}

static uint64_t calls_of(const struct compared_side *side)
{
	return side->row ? side->row->num_calls : 0;
}

/* "main.query in main.root" where there are several such */
static void put_name(const struct put *to, const struct compared *one)
{
	put(to, one->function);
	if (to->comparison->num_roots > 1 && strcmp(one->root, one->function)) {
		put(to, " in ");
		put(to, one->root);
	}
}

static void put_row(const struct put *to, const struct compared *one)
{
	char more[CHANGE_SIZE], before[TEXT_AMOUNT_SIZE], now[TEXT_AMOUNT_SIZE];

	put_format(to, "%8s %7s %7s ", change(more, compared_growth_ns(one)),
		   one->old.row ? amount(before, one->old.own_ns) : "-",
		   one->new.row ? amount(now, one->new.own_ns) : "-");
	put_quantiles(to, one, 0.5);
	put(to, " ");
	put_quantiles(to, one, 0.99);
	put_format(to, "  %7llu %7llu  %7.1g  ", (unsigned long long)calls_of(&one->old),
		   (unsigned long long)calls_of(&one->new), one->p);
	put_name(to, one);
	if (!one->old.row || !one->new.row)
		put(to, one->old.row ? " [only in OLD]" : " [only in NEW]");
	put(to, "\n");
}

/* "         +20ms sleep, +100us running" */
static void put_kinds(const struct put *to, const struct compared *one)
{
	struct compared_kind kinds[MAX_KINDS];
	size_t count = compare_kinds(one, kinds, MAX_KINDS), shown = 0;

	for (size_t i = 0; i < count && shown < SHOWN_KINDS; i++) {
		/* Those that went along most. */
		const struct compared_kind *kind =
			&kinds[compared_growth_ns(one) > 0 ? i : count - 1 - i];
		double ns = kind->new_ns - kind->old_ns;
		char more[CHANGE_SIZE];

		if (ns / compared_growth_ns(one) < MIN_KIND_SHARE)
			continue;
		put_format(to, "%s%s ", shown++ ? ", " : "         ", change(more, ns));
		put(to, kind->name);
	}
	if (shown)
		put(to, "\n");
}

static void put_head(const struct put *to, const char *title)
{
	put(to, "\n");
	if (to->has_color)
		put(to, STYLE_BOLD);
	put_format(to, "%-24s  %15s  %15s  %15s  %7s  FUNCTION", title, "P50 OLD     NEW",
		   "P99 OLD     NEW", "CALLS OLD   NEW", "P");
	if (to->has_color)
		put(to, LINE_PLAIN);
	put(to, "\n");
}

static void put_table(const struct put *to, enum compare_verdict verdict, const char *title)
{
	const struct comparison *comparison = to->comparison;

	if (!comparison->num_verdicts[verdict])
		return;
	put_head(to, title);
	for (size_t i = 0; i < comparison->count; i++) {
		if (comparison->rows[i].verdict != verdict)
			continue;
		put_row(to, &comparison->rows[i]);
		put_kinds(to, &comparison->rows[i]);
	}
}

/* Also those for which that says nothing. */
static void put_only(const struct put *to, bool is_old)
{
	const struct comparison *comparison = to->comparison;
	const char *between = is_old ? "\nonly in OLD: " : "\nonly in NEW: ";

	for (size_t i = 0; i < comparison->count; i++) {
		const struct compared *one = &comparison->rows[i];

		if ((is_old ? one->new.row : one->old.row))
			continue;
		put(to, between);
		put_name(to, one);
		between = ", ";
	}
	if (between[0] == ',')
		put(to, "\n");
}

void comparison_text(const struct comparison *comparison, struct writer *writer, bool has_color)
{
	struct put to = {comparison, writer, has_color};

	if (comparison->num_verdicts[COMPARE_SLOWER])
		put_culprit(&to, &comparison->rows[0]);
	else
		put_nothing(&to);
	put_table(&to, COMPARE_SLOWER, "SLOWER      OLD     NEW");
	put_table(&to, COMPARE_FASTER, "FASTER      OLD     NEW");
	put_only(&to, true);
	put_only(&to, false);
}
