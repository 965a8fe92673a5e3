/* SPDX-License-Identifier: MIT */
/*
 * live.c - calls as text when they begin and when they end: the lines of "graph", those of all
 * goroutines in one stream, in the order of the records. So each has its goroutine before it, and
 * where another goroutine's lines follow, a line says so, as ftrace does.
 *
 * Nothing is kept of what was written. With --leaf, an entry is held back until the next line is
 * known, or time has passed: one at most, so that lines stay in order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "output/graph.h"
#include "output/process_lines.h"

/* A greater one makes the column wider from then on. */
#define MIN_GOID_WIDTH 6

/* Whose lines follow. */
struct lane {
	uint64_t goid; /* 0: a thread without a goroutine */
	uint32_t pid;
	uint32_t tid; /* of such a thread, else 0 */
};

struct live {
	struct graph graph; /* first: see graph_of() */
	struct lane lane; /* of the last line */
	bool has_lane; /* there was one */
	bool has_pids; /* lines were of several processes */
	int goid_width, pid_width;
	bool is_held; /* the entry below was not written yet */
	struct tree held_tree;
	struct call held_call;
};

static struct live *live_of(const struct output *out)
{
	return out->data;
}

/* ---- whose lines these are ---- */

#define LANE_SIZE 64

static void name_lane(char text[LANE_SIZE], const struct lane *lane, bool with_pid)
{
	int len = lane->goid ? snprintf(text, LANE_SIZE, "goroutine %" PRIu64, lane->goid)
			     : snprintf(text, LANE_SIZE, "thread %" PRIu32, lane->tid);

	if (with_pid)
		snprintf(text + len, LANE_SIZE - (size_t)len, " of process %" PRIu32, lane->pid);
}

static void make_wider(int *width, int needed)
{
	if (needed > *width)
		*width = needed;
}

/* "    34) ", with several processes "812     34) ". */
static void set_prefix(struct live *live, const struct lane *lane)
{
	static const char *const styles[] = {"\x1b[36m", "\x1b[32m", "\x1b[33m",
					     "\x1b[35m", "\x1b[34m", "\x1b[31m"};
	struct prefix *prefix = &live->graph.prefix;
	char who[LANE_SIZE], pid[16] = "";

	make_wider(&live->goid_width, lane->goid
					      ? snprintf(who, sizeof(who), "%" PRIu64, lane->goid)
					      : snprintf(who, sizeof(who), "t%" PRIu32, lane->tid));
	if (live->has_pids)
		make_wider(&live->pid_width, snprintf(pid, sizeof(pid), "%" PRIu32, lane->pid));
	prefix->len =
		(size_t)snprintf(prefix->text, sizeof(prefix->text), "%*s%s%*s) ", live->pid_width,
				 pid, live->has_pids ? " " : "", live->goid_width, who);
	if (live->graph.has_color)
		prefix->style = styles[lane->goid % (sizeof(styles) / sizeof(styles[0]))];
}

static void tell_change(struct output *out, const struct lane *before, const struct lane *now)
{
	bool with_pids = before->pid != now->pid;
	char from[LANE_SIZE], to[LANE_SIZE], text[2 * LANE_SIZE + 4];

	name_lane(from, before, with_pids);
	name_lane(to, now, with_pids);
	snprintf(text, sizeof(text), "%s => %s", from, to);
	graph_of(out)->lines->change(out, text);
}

/* The next lines are about this goroutine; `tid`: of the thread, if it is none. */
static void enter_lane(struct output *out, const struct tree *tree, uint32_t tid)
{
	struct live *live = live_of(out);
	struct lane before = live->lane,
		    now = {.goid = tree->goid, .pid = tree->pid, .tid = tree->goid ? 0 : tid};
	bool is_first = !live->has_lane;

	if (!is_first && now.goid == before.goid && now.pid == before.pid && now.tid == before.tid)
		return;
	if (is_first || now.pid != before.pid)
		process_lines_introduce(out, now.pid);
	live->has_pids |= is_first ? out->names_processes : now.pid != before.pid;
	live->has_lane = true;
	live->lane = now;
	set_prefix(live, &now);
	if (!is_first)
		tell_change(out, &before, &now);
}

/* ---- lines ---- */

static void begin_call(struct output *out, const struct tree *tree, const struct call *call)
{
	enter_lane(out, tree, call->tid);
	if (out->options.run.stacks && !call->depth && !output_is_followed(tree))
		graph_write_stack(out, tree);
}

static void write_entry(struct output *out, const struct tree *tree, const struct call *call)
{
	begin_call(out, tree, call);
	graph_of(out)->lines->entry(out, &(struct branch){.tree = tree}, call, false);
}

static void write_exit(struct output *out, const struct tree *tree, const struct call *call)
{
	const struct graph_lines *lines = graph_of(out)->lines;
	const struct branch branch = {.tree = tree};

	enter_lane(out, tree, call->tid);
	if (call->folded_calls)
		lines->folded(out, &branch, call);
	lines->exit(out, &branch, call);
}

static void write_leaf(struct output *out, const struct tree *tree, const struct call *call)
{
	begin_call(out, tree, call);
	graph_of(out)->lines->leaf(out, &(struct branch){.tree = tree}, call);
}

/* ---- an entry that may become a leaf's line ---- */

static void let_go(struct output *out)
{
	struct live *live = live_of(out);

	if (live->is_held)
		write_entry(out, &live->held_tree, &live->held_call);
	live->is_held = false;
}

static void hold(struct output *out, const struct tree *tree, const struct call *call)
{
	struct live *live = live_of(out);

	live->is_held = true;
	live->held_tree = *tree;
	live->held_call = *call;
}

/* Nothing was told between its entry and its end. */
static bool is_held_leaf(const struct output *out, const struct tree *tree, const struct call *call)
{
	const struct live *live = live_of(out);

	return live->is_held && live->held_tree.number == tree->number &&
	       live->held_call.number == call->number && !call->folded_calls;
}

/* ---- what happens ---- */

static struct error *begin(struct output *out)
{
	struct live *live = calloc(1, sizeof(*live));

	if (!live)
		return error_out_of_memory();
	live->goid_width = MIN_GOID_WIDTH;
	out->data = live;
	graph_init(out, &live->graph);
	graph_ask_width(out);
	return NULL;
}

static void release(struct output *out)
{
	free(out->data);
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	let_go(out);
	if (out->options.leaf && !output_is_start(tree, call))
		hold(out, tree, call);
	else
		write_entry(out, tree, call);
}

static void call(struct output *out, const struct tree *tree, const struct call *call)
{
	if (is_held_leaf(out, tree, call)) {
		live_of(out)->is_held = false;
		write_leaf(out, tree, call);
	} else {
		let_go(out);
		write_exit(out, tree, call);
	}
	if (!call->depth)
		graph_note_off(out, &(struct branch){.tree = tree});
}

static void wait(struct output *out, const struct tree *tree, const struct call *call,
		 const struct wait *wait)
{
	let_go(out);
	enter_lane(out, tree, call->tid);
	graph_of(out)->lines->wait(out, &(struct branch){.tree = tree}, wait);
}

static void lost(struct output *out, const struct tree *tree, const struct loss *loss)
{
	let_go(out);
	enter_lane(out, tree, loss->tid);
	graph_note_count(out, &(struct branch){.tree = tree, .depth = loss->depth + 1}, loss->count,
			 "event lost", "events lost");
}

static void tick(struct output *out, uint64_t now_ns)
{
	let_go(out);
	graph_ask_width(out);
}

static void end(struct output *out, const struct output_totals *totals)
{
	let_go(out);
}

const struct format format_live_text = {
	.prints = "the calls",
	.begin = begin,
	.entry = entry,
	.call = call,
	.wait = wait,
	.lost = lost,
	.tick = tick,
	.end = end,
	.free = release,
};
