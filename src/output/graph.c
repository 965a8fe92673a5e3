/* SPDX-License-Identifier: MIT */
/*
 * graph.c - call trees as text for people: one line an entry, one line an exit, indented by depth.
 * Between them, indented like calls, waits ("~") and goroutines that were started ("go").
 * A tree that stays open for long comes in parts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/terminal.h"
#include "base/text.h"
#include "output/callers.h"
#include "output/graph.h"
#include "output/process_lines.h"
#include "output/slowest.h"

#define NS_PER_S 1000000000ull

/* Lines that take as long to write as memory takes to answer. */
#define STEPS_AHEAD 8

void graph_init(struct output *out, struct graph *graph)
{
	const struct output_options *options = &out->options;
	int fd = fileno(options->file);
	bool is_terminal = fd >= 0 && isatty(fd);

	graph->caller = options->caller ?: is_terminal ? CALLER_SHORT : CALLER_FULL;
	graph->has_color = terminal_uses_color(options->color, options->file);
	graph->lines =
		is_terminal || graph->has_color ? &graph_lines_of_terminal : &graph_lines_of_file;
}

void graph_ask_width(struct output *out)
{
	struct graph *graph = graph_of(out);

	if (graph->lines == &graph_lines_of_terminal)
		graph->width = terminal_width(fileno(out->options.file));
}

static struct error *begin(struct output *out)
{
	struct graph *graph = calloc(1, sizeof(*graph));

	if (!graph)
		return error_out_of_memory();
	graph_init(out, graph);
	out->data = graph;
	return NULL;
}

static void release(struct output *out)
{
	free(out->data);
}

char *graph_put_time(struct output *out, char *to, uint64_t monotonic_ns)
{
	uint64_t now_ns = event_clock_realtime_ns(out->options.clock, monotonic_ns);
	struct graph *graph = out->data;

	if (now_ns - graph->second_ns >= NS_PER_S || !graph->second[0]) {
		graph->second_ns = now_ns - now_ns % NS_PER_S;
		text_format_time(graph->second, graph->second_ns);
	}
	memcpy(to, graph->second, GRAPH_TIME_WIDTH);
	text_put_microseconds(to + GRAPH_TIME_WIDTH - 6,
			      (uint32_t)(now_ns - graph->second_ns) / 1000);
	return to + GRAPH_TIME_WIDTH;
}

size_t graph_put_duration(char *to, uint64_t ns, bool is_mostly_probes)
{
	size_t length = text_format_duration(to, ns);

	/* In the place of a zero, so that columns stay. Who waits for 100 s sees that otherwise. */
	if (is_mostly_probes && *to == '0')
		*to = '~';
	return length;
}

const char *graph_end_mark(const struct call *call)
{
	switch (call->end) {
	case CALL_PANIC:
		return " [panic]";
	case CALL_GOEXIT:
		return " [goroutine exit]";
	case CALL_PROCESS_EXIT:
		return " [process exit]";
	case CALL_RUNNING:
		return " [still running]";
	case CALL_LOST:
		return " [lost]";
	case CALL_LEFT:
		return " [left]";
	case CALL_TAKEN_OFF:
		return " [probes taken off]";
	default:
		return NULL;
	}
}

/* True when nothing is between its entry, which is this step, and its end. */
static bool is_leaf(const struct tree *tree, size_t at)
{
	const struct step *next = &tree->steps[at + 1];

	return at + 1 < tree->num_steps && next->type == STEP_EXIT &&
	       next->index == tree->steps[at].index && !tree->calls[next->index].folded_calls;
}

/* ---- trees ---- */

static void write_branch(struct output *out, const struct branch *branch);

/* True when the entry line of its first call says that the goroutine was started. */
static bool shows_start(const struct tree *tree)
{
	return tree->num_steps && tree->steps[0].type == STEP_ENTRY &&
	       output_is_start(tree, &tree->calls[tree->steps[0].index]);
}

static void write_started(struct output *out, const struct branch *branch,
			  const struct start *start)
{
	struct branch started = {
		.tree = start->tree, .depth = branch->depth + start->depth + 1, .is_nested = true};

	if (!start->tree || !shows_start(start->tree))
		graph_of(out)->lines->start(out, branch, start);
	if (start->tree)
		write_branch(out, &started);
}

void graph_note_count(struct output *out, const struct branch *branch, uint64_t count,
		      const char *one, const char *many)
{
	if (count)
		graph_of(out)->lines->note(out, branch, text_counted(count, one, many).text);
}

/* It ended without them, or began so. */
static void note_states_off(struct output *out, const struct branch *branch)
{
	struct graph *graph = graph_of(out);

	if (!branch->tree->states_off_before) {
		graph->lines->note(out, branch,
				   "states were not seen to its end, they changed too often");
	} else if (!graph->told_states_off) {
		graph->told_states_off = true;
		graph->lines->note(out, branch,
				   "states are not seen from here on, they changed too often");
	}
}

static void note_functions_off(struct output *out, const struct branch *branch)
{
	const struct tree *tree = branch->tree;
	struct graph *graph = graph_of(out);

	if (tree->num_off != tree->num_off_before) {
		graph_note_count(out, branch, tree->num_off, "function left out, called too often",
				 "functions left out, called too often");
	} else if (tree->num_off != graph->told_off) {
		graph->told_off = tree->num_off;
		graph_note_count(out, branch, tree->num_off,
				 "function left out from here on, called too often",
				 "functions left out from here on, called too often");
	}
}

void graph_note_off(struct output *out, const struct branch *branch)
{
	char amount[TEXT_AMOUNT_SIZE], text[128];

	if (branch->tree->off_ns) {
		text_format_amount(amount, branch->tree->off_ns);
		snprintf(text, sizeof(text), "probes were off for %s of this tree", amount);
		graph_of(out)->lines->note(out, branch, text);
	}
	if (branch->tree->states_off && out->options.run.states)
		note_states_off(out, branch);
	note_functions_off(out, branch);
}

/* Asks early for what a line shows that comes some lines later: see names_expect_caller(). */
static void expect_step(struct output *out, const struct tree *tree, size_t at)
{
	if (at < tree->num_steps && tree->steps[at].type == STEP_ENTRY)
		names_expect_caller(out->names, tree->calls[tree->steps[at].index].caller_va);
}

static bool is_of_call(const struct step *step)
{
	return step->type == STEP_ENTRY || step->type == STEP_EXIT || step->type == STEP_AGAIN;
}

/* Returns how many steps were written. */
static size_t write_step(struct output *out, const struct branch *branch, size_t at)
{
	const struct graph_lines *lines = graph_of(out)->lines;
	const struct tree *tree = branch->tree;
	const struct step *step = &tree->steps[at];
	const struct call *call = is_of_call(step) ? &tree->calls[step->index] : NULL;

	switch (step->type) {
	case STEP_ENTRY:
		if (out->options.leaf && is_leaf(tree, at) && !output_is_start(tree, call)) {
			lines->leaf(out, branch, call);
			return 2;
		}
		lines->entry(out, branch, call, false);
		break;
	case STEP_AGAIN:
		lines->entry(out, branch, call, true);
		break;
	case STEP_EXIT:
		if (call->folded_calls)
			lines->folded(out, branch, call);
		lines->exit(out, branch, call);
		break;
	case STEP_WAIT:
		lines->wait(out, branch, &tree->waits[step->index]);
		break;
	case STEP_START:
		write_started(out, branch, &tree->starts[step->index]);
		break;
	}
	return 1;
}

/* Recursive: the calltree keeps no more than 1,000 generations of goroutines in one tree. */
static void write_branch(struct output *out, const struct branch *branch)
{
	const struct tree *tree = branch->tree;

	for (size_t i = 0; i < tree->num_steps;) {
		expect_step(out, tree, i + STEPS_AHEAD);
		i += write_step(out, branch, i);
	}
	graph_note_count(out, branch, tree->lost, "event lost in this tree",
			 "events lost in this tree");
	graph_note_off(out, branch);
	graph_note_count(out, branch, tree->waits_left_out, "more wait in this tree left out",
			 "more waits in this tree left out");
	graph_note_count(out, branch, tree->left_out, "more call in this tree left out",
			 "more calls in this tree left out");
}

/* As in Go's own traces (src/runtime/traceback.go, showfuncinfo()). */
static bool is_shown_caller(const struct place *frame)
{
	return callers_has(frame) &&
	       (!names_is_hidden(frame) || !strcmp(frame->function->text, "runtime.gopanic"));
}

void graph_write_stack(struct output *out, const struct tree *tree)
{
	const struct graph_lines *lines = graph_of(out)->lines;
	const struct branch branch = {.tree = tree};
	struct callers callers = callers_of(out, tree);
	char text[96];

	snprintf(text, sizeof(text), "goroutine %llu of process %u", (unsigned long long)tree->goid,
		 tree->pid);
	lines->note(out, &branch, text);
	if (callers.end == STACK_BROKEN)
		lines->note(out, &branch, "callers from here on up are unknown");
	else if (callers.end == STACK_DEEP)
		lines->note(out, &branch, "more callers from here on up");
	for (size_t i = callers.count; i-- > 0;) {
		struct name_frames frames = names_frames(out->names, callers.addresses[i]);
		for (size_t j = frames.count; j-- > 0;)
			if (is_shown_caller(&frames.places[j]))
				lines->caller(out, &frames.places[j]);
	}
}

/* "(part 2, the last, of tree 7: goroutine 34 of process 812)" */
static void note_part(struct output *out, const struct tree *tree, const char *what)
{
	char text[160];

	snprintf(text, sizeof(text), "part %u%s of tree %llu: goroutine %llu of process %u",
		 tree->part, what, (unsigned long long)tree->number, (unsigned long long)tree->goid,
		 tree->pid);
	graph_of(out)->lines->note(out, &(struct branch){.tree = tree}, text);
}

static void begin_tree(struct output *out, const struct tree *tree)
{
	struct graph *graph = graph_of(out);

	graph_ask_width(out);
	if (graph->has_color) {
		graph->tree = tree;
		graph->root_ns = slowest_root_ns(tree);
		graph->slowest = slowest_path(tree);
	}
	writer_puts(&out->writer, "\n");
	process_lines_change(out, tree->pid);
	if (out->options.run.stacks && !output_is_followed(tree))
		graph_write_stack(out, tree);
}

static void end_tree(struct output *out)
{
	free(take_pointer(graph_of(out)->slowest));
}

static void write_part(struct output *out, const struct tree *tree)
{
	begin_tree(out, tree);
	if (tree->part > 1)
		note_part(out, tree, "");
	write_branch(out, &(struct branch){.tree = tree});
	note_part(out, tree, ", still open,");
	end_tree(out);
}

static void write_tree(struct output *out, const struct tree *tree)
{
	begin_tree(out, tree);
	if (tree->part)
		note_part(out, tree, ", the last,");
	write_branch(out, &(struct branch){.tree = tree});
	end_tree(out);
}

const struct format format_graph = {
	.prints = "the trees",
	.summary = &format_summary_text,
	.live = &format_live_text,
	.begin = begin,
	.tree = write_tree,
	.part = write_part,
	.free = release,
};
