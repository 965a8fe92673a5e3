/* SPDX-License-Identifier: MIT */
#include "output/hunt_tree.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "output/hunt_line.h"

/* Smaller shares are left out. */
#define LEAST_NODE 0.01
/* Lines; more are left out. */
#define MAX_LINES 60
/* Calls in a row that do nothing but the next one: fewer hide more than they save. */
#define LEAST_FOLDED 3

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
	char before[96], amount[HUNT_AMOUNT_SIZE], behind[48];
	struct hunt_line line = {.before = before};

	snprintf(before, sizeof(before), "%4.0f %%  %8s  %*s%s", 100 * node->share,
		 hunt_amount(amount, node->ns), depth < 15 ? 2 * (int)depth : 30, "",
		 node->kind ? "[" : "");
	snprintf(behind, sizeof(behind), " (calls itself, %zu deep)", repeats + 1);
	line.behind = repeats ? behind : NULL;
	if (node->kind) {
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
static void put_folded(struct output *out, const struct hunt_node *first, unsigned count,
		       unsigned depth)
{
	const struct name *one = first[0].frame.place.function;
	const struct name *other = first[1].frame.place.function;
	_cleanup_free_ char *text = NULL;
	char before[64];
	int len;

	snprintf(before, sizeof(before), "%18s%*s", "", depth < 15 ? 2 * (int)depth : 30, "");
	if (one && other)
		len = asprintf(&text, "via %.*s, %.*s and %u more", (int)one->len, one->text,
			       (int)other->len, other->text, count - 2);
	else
		len = asprintf(&text, "via %u calls", count);
	hunt_line_put(out, &(struct hunt_line){.before = before, .name = len < 0 ? "via" : text});
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
