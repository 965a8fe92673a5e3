/* SPDX-License-Identifier: MIT */
#include "output/hunt_tree.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "output/hunt_line.h"
#include "output/place_text.h"

/* Smaller shares are left out. */
#define LEAST_NODE 0.01
/* Lines; more are left out. */
#define MAX_LINES 60
/* Calls in a row that do nothing but the next one: fewer hide more than they save. */
#define LEAST_FOLDED 3
/* Of shares and times, and the space behind them. */
#define AMOUNT_COLUMNS 18

/* ---- how far lines are indented ---- */

/* Where one line stands for several nodes, all below it are indented less. */
struct indent {
	struct {
		size_t end; /* of all nodes below it */
		unsigned skipped;
	} items[MAX_LINES];
	size_t count;
	unsigned skipped; /* by all of them */
};

static unsigned indent_of(struct indent *indent, const struct hunt_report *report, size_t at)
{
	while (indent->count && at >= indent->items[indent->count - 1].end)
		indent->skipped -= indent->items[--indent->count].skipped;
	return report->tree[at].depth - indent->skipped;
}

/* Once a line at most. */
static void indent_less(struct indent *indent, size_t end, unsigned skipped)
{
	indent->items[indent->count].end = end;
	indent->items[indent->count++].skipped = skipped;
	indent->skipped += skipped;
}

/* ---- what one line stands for ---- */

/* The node below it that has all of its time. NULL: none. */
static const struct hunt_node *only_child(const struct hunt_report *report, size_t at)
{
	const struct hunt_node *node = &report->tree[at];
	const struct hunt_node *child = at + 1 < node->end ? node + 1 : NULL;

	return child && child->share > node->share - LEAST_NODE ? child : NULL;
}

/* A leaf that is all there is below its parent stands in the parent's line. */
static const struct hunt_node *only_leaf(const struct hunt_report *report, size_t at)
{
	const struct hunt_node *child = report->tree[at].kind ? NULL : only_child(report, at);

	return child && child->kind ? child : NULL;
}

/* A function that calls itself from the same line, and does nothing else, is told once: from the node at this
 * index down to the last one that is the same. */
static size_t skip_recursion(const struct hunt_report *report, size_t at)
{
	for (const struct hunt_node *child; (child = only_child(report, at)); at++) {
		const struct hunt_node *node = &report->tree[at];

		if (child->kind || child->frame.place.function != node->frame.place.function ||
		    child->frame.place.line != node->frame.place.line)
			break;
	}
	return at;
}

/* How many nodes below this one do nothing but call the next, down to the last of the program's own code: that one and
 * what it calls tell where. 0: too few of them are worth a line. */
static unsigned num_between(const struct hunt_report *report, size_t at)
{
	unsigned count = 0, last_own = 0;

	for (const struct hunt_node *child; (child = only_child(report, at)) && !child->kind;
	     at++) {
		count++;
		if (child->frame.is_own)
			last_own = count;
	}
	return last_own > LEAST_FOLDED ? last_own - 1 : 0;
}

/* ---- lines ---- */

static void put_node(struct output *out, const struct hunt_node *node, const struct hunt_node *leaf,
		     unsigned depth, size_t repeats)
{
	char before[64], amount[HUNT_AMOUNT_SIZE], behind[64];
	struct hunt_line line = {.before = before, .depth = depth};

	snprintf(before, sizeof(before), "%4.0f %%  %8s  ", 100 * node->share,
		 hunt_amount(amount, node->ns));
	snprintf(behind, sizeof(behind), " (calls itself, %s deep)", text_count(repeats + 1).text);
	line.behind = repeats ? behind : NULL;
	if (node->kind) {
		line.bracket = "[";
		line.name = node->kind;
		line.then = "]";
	} else {
		line.place = &node->frame.place;
		line.is_bold = node->frame.is_own;
		line.leaf = leaf ? leaf->kind : NULL;
	}
	hunt_line_put(out, &line);
}

/* "via main.withLog.func1, main.withAuth.func1 and 3 more" */
static char *folded_text(const struct hunt_node *first, unsigned count, bool with_paths)
{
	struct name names[2];
	char *text;

	for (unsigned i = 0; i < 2; i++) {
		const struct name *name = first[i].frame.place.function;

		if (!name)
			return asprintf(&text, "via %s",
					text_counted(count, "call", "calls").text) < 0
				       ? NULL
				       : text;
		names[i] = with_paths ? *name : name_without_path(name);
	}
	if (asprintf(&text, "via %.*s, %.*s and %s more", (int)names[0].len, names[0].text,
		     (int)names[1].len, names[1].text, text_count(count - 2).text) < 0)
		return NULL;
	return text;
}

static void put_folded(struct output *out, const struct hunt_node *first, unsigned count,
		       unsigned depth)
{
	_cleanup_free_ char *whole = folded_text(first, count, true);
	_cleanup_free_ char *shorter = folded_text(first, count, false);
	struct hunt_line line = {
		.indent = AMOUNT_COLUMNS, .before = "", .depth = depth, .name = whole ?: "via"};

	if (shorter && !hunt_line_fits(out, &line))
		line.name = shorter;
	hunt_line_put(out, &line);
}

static const char *title(const struct hunt_report *report)
{
	if (!report->alike)
		return "where the time of the slow calls went:";
	return report->looked_at == 1 ? "where its time went:" : "where their time went:";
}

void hunt_tree_put(struct output *out, const struct hunt_report *report)
{
	struct indent indent = {.count = 0};
	size_t shown = 0, at = 0;

	if (!report->num_nodes)
		return;
	hunt_line_begin_block(out);
	hunt_line_puts(out, title(report));
	while (at < report->num_nodes && shown < MAX_LINES) {
		const struct hunt_node *node = &report->tree[at], *leaf;
		unsigned depth = indent_of(&indent, report, at), num_folded;
		size_t last = skip_recursion(report, at);

		if (node->share < LEAST_NODE) {
			at = node->end;
			continue;
		}
		leaf = only_leaf(report, last);
		num_folded = num_between(report, last);
		put_node(out, node, leaf, depth, last - at);
		if (num_folded)
			put_folded(out, &report->tree[last + 1], num_folded, depth + 1);
		indent_less(&indent, node->end, (unsigned)(last - at) + num_folded);
		shown += 1 + (num_folded > 0);
		at = leaf ? node->end : last + num_folded + 1;
	}
}
