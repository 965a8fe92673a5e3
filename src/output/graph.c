/* SPDX-License-Identifier: MIT */
/*
 * graph.c - call trees as text for people: one line an entry, one line an exit, indented by depth.
 *
 * Columns: day and time (18), a space, duration (10, blank on entries), two spaces, the call.
 * Between them, indented like calls, waits ("~") and goroutines that were started ("go").
 * A tree that stays open for long comes in parts.
 */
#include <stdlib.h>

#include "base/text.h"
#include "output/format.h"
#include "output/amounts.h"
#include "output/place_text.h"

#define NS_PER_S    1000000000ull
#define CALL_COLUMN 31
/* Calls deeper than that are not indented further: a recursion of 20,000 calls would make nearly a
 * gigabyte of spaces. */
#define MAX_INDENT 500

/* Lines that take as long to write as memory takes to answer. */
#define STEPS_AHEAD 8

/* The last second that was written, since to ask for local time is slow. */
struct clock {
	uint64_t begin_ns;
	char text[TEXT_TIME_SIZE]; /* "18 15:48:05.000000"; empty: none yet */
};

#define TIME_WIDTH (sizeof("18 15:48:05.000000") - 1)

static struct error *begin(struct output *out)
{
	out->data = calloc(1, sizeof(struct clock));
	return out->data ? NULL : error_out_of_memory();
}

static void release(struct output *out)
{
	free(out->data);
}

/* Returns its end. */
static char *put_time(struct output *out, char *to, uint64_t monotonic_ns)
{
	uint64_t now_ns = event_clock_realtime_ns(out->options.clock, monotonic_ns);
	struct clock *clock = out->data;

	if (now_ns - clock->begin_ns >= NS_PER_S || !clock->text[0]) {
		clock->begin_ns = now_ns - now_ns % NS_PER_S;
		text_format_time(clock->text, clock->begin_ns);
	}
	memcpy(to, clock->text, TIME_WIDTH);
	text_put_microseconds(to + TIME_WIDTH - 6, (uint32_t)(now_ns - clock->begin_ns) / 1000);
	return to + TIME_WIDTH;
}

static size_t indent_of(size_t depth)
{
	return 2 * (depth < MAX_INDENT ? depth : MAX_INDENT);
}

/* The columns before the text of a line that has no duration. */
static void begin_line(struct output *out, uint64_t time_ns, size_t depth)
{
	size_t spaces = CALL_COLUMN - TIME_WIDTH + indent_of(depth);
	char *to = writer_room(&out->writer, TIME_WIDTH + spaces);

	memset(put_time(out, to, time_ns), ' ', spaces);
	out->writer.used += TIME_WIDTH + spaces;
}

static void begin_line_with_duration(struct output *out, uint64_t time_ns, uint64_t duration_ns,
				     size_t depth)
{
	size_t spaces = 2 + indent_of(depth);
	char *to = writer_room(&out->writer, TIME_WIDTH + 1 + TEXT_DURATION_SIZE + spaces);
	char *end = put_time(out, to, time_ns);

	*end++ = ' ';
	end += text_format_duration(end, duration_ns);
	memset(end, ' ', spaces);
	out->writer.used += (size_t)(end - to) + spaces;
}

static void put_caller(struct output *out, uint64_t caller_va)
{
	writer_put_place(&out->writer, names_caller(out->names, caller_va));
}

/* A tree, or one of a goroutine that was started in it. */
struct branch {
	const struct tree *tree;
	size_t depth; /* of its first call */
	bool is_nested;
};

static void write_entry(struct output *out, const struct branch *branch, const struct call *call,
			bool again)
{
	const struct tree *tree = branch->tree;
	bool is_start = output_is_start(tree, call);
	struct writer *writer = &out->writer;

	begin_line(out, call->start_ns, branch->depth + call->depth);
	if (is_start)
		writer_puts(writer, "go ");
	writer_put_function(writer, output_entry(out, call));
	writer_puts(writer, "() { ");
	if (is_start) {
		writer_puts(writer, "[goroutine ");
		writer_put_number(writer, tree->goid);
		if (!branch->is_nested) {
			writer_puts(writer, ", started by goroutine ");
			writer_put_number(writer, tree->parent_goid);
		}
		writer_puts(writer, "] ");
	}
	if (again)
		writer_puts(writer, "[continued] ");
	put_caller(out, call->caller_va);
	writer_puts(writer, "\n");
}

/* What stands behind the function's name. NULL: the place that it was left at. */
static const char *end_mark(const struct call *call)
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
	default:
		return NULL;
	}
}

/* Where the time of a call went. */
static void put_parts(struct output *out, const struct call *call)
{
	struct amount amounts[MAX_AMOUNTS];
	char text[TEXT_AMOUNT_SIZE];
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, call, "waiting", amounts, &run_ns);

	text_format_amount(text, run_ns);
	writer_puts(&out->writer, "   run ");
	writer_puts(&out->writer, text);
	for (size_t i = 0; i < count; i++) {
		text_format_amount(text, amounts[i].ns);
		writer_puts(&out->writer, "  ");
		writer_puts(&out->writer, amounts[i].name);
		writer_puts(&out->writer, " ");
		writer_puts(&out->writer, text);
	}
}

/* The columns before the text of a call that has ended. */
static void begin_exit(struct output *out, const struct branch *branch, const struct call *call)
{
	size_t depth = branch->depth + call->depth;

	/* Nobody knows how long a call took that is lost. */
	if (call->end == CALL_LOST)
		begin_line(out, call->end_ns, depth);
	else
		begin_line_with_duration(out, call->end_ns, call->end_ns - call->start_ns, depth);
}

/* What stands behind it. */
static void end_exit(struct output *out, const struct call *call)
{
	struct writer *writer = &out->writer;

	if (call->end == CALL_TAIL_CALL)
		writer_puts(writer, " [tail call]");
	if (out->options.run.states && call->end != CALL_LOST)
		put_parts(out, call);
	writer_puts(writer, "\n");
}

/* In the columns of an exit, without a time: they were at many. */
static void write_folded(struct output *out, const struct branch *branch, const struct call *call)
{
	char duration[TEXT_DURATION_SIZE];
	struct writer *writer = &out->writer;

	writer_put_spaces(writer, TIME_WIDTH + 1);
	writer_put(writer, duration, text_format_duration(duration, call->folded_ns));
	writer_put_spaces(writer, 2 + indent_of(branch->depth + call->depth + 1));
	writer_puts(writer, "(");
	writer_put_number(writer, call->folded_calls);
	writer_puts(writer, call->folded_calls == 1 ? " call folded)\n" : " calls folded)\n");
}

static void write_exit(struct output *out, const struct branch *branch, const struct call *call)
{
	const char *mark = end_mark(call);
	struct writer *writer = &out->writer;

	begin_exit(out, branch, call);
	writer_puts(writer, "} ");
	if (mark) {
		writer_put_function(writer, output_entry(out, call));
		writer_puts(writer, mark);
	} else {
		writer_put_place(writer, names_site(out->names, call->exit_site));
	}
	end_exit(out, call);
}

/* "main.leaf();" with its caller, and what an exit would tell but for the place. */
static void write_leaf(struct output *out, const struct branch *branch, const struct call *call)
{
	const char *mark = end_mark(call);
	struct writer *writer = &out->writer;

	begin_exit(out, branch, call);
	writer_put_function(writer, output_entry(out, call));
	writer_puts(writer, "(); ");
	if (mark)
		writer_puts(writer, mark + 1);
	if (mark)
		writer_puts(writer, " ");
	put_caller(out, call->caller_va);
	end_exit(out, call);
}

/* True when nothing is between its entry, which is this step, and its end. */
static bool is_leaf(const struct tree *tree, size_t at)
{
	const struct step *next = &tree->steps[at + 1];

	return at + 1 < tree->num_steps && next->type == STEP_EXIT &&
	       next->index == tree->steps[at].index && !tree->calls[next->index].folded_calls;
}

static void write_wait(struct output *out, const struct branch *branch, const struct wait *wait)
{
	struct writer *writer = &out->writer;
	uint64_t va = names_waker_va(out->names, wait->by_stack);

	begin_line_with_duration(out, wait->end_ns, wait->end_ns - wait->start_ns,
				 branch->depth + wait->depth + 1);
	writer_puts(writer, "~ ");
	writer_puts(writer, amount_name(out->names, wait->state, wait->reason, "waiting"));
	if (wait->is_open) {
		writer_puts(writer, ", still waiting");
	} else if (wait->by_goid) {
		writer_puts(writer, ", woken by goroutine ");
		writer_put_number(writer, wait->by_goid);
		if (va) {
			writer_puts(writer, " in ");
			writer_put_place(writer, names_waker(out->names, va));
		}
	}
	writer_puts(writer, "\n");
}

static void write_note(struct output *out, const struct branch *branch, uint64_t count,
		       const char *one, const char *many)
{
	struct writer *writer = &out->writer;

	writer_put_spaces(writer, CALL_COLUMN + indent_of(branch->depth));
	writer_puts(writer, "(");
	writer_put_number(writer, count);
	writer_puts(writer, count == 1 ? one : many);
	writer_puts(writer, ")\n");
}

static void write_branch(struct output *out, const struct branch *branch);

/* True when the entry line of its first call says that the goroutine was started. */
static bool shows_start(const struct tree *tree)
{
	return tree->num_steps && tree->steps[0].type == STEP_ENTRY &&
	       output_is_start(tree, &tree->calls[tree->steps[0].index]);
}

static void write_start(struct output *out, const struct branch *branch, const struct start *start)
{
	struct branch started = {
		.tree = start->tree, .depth = branch->depth + start->depth + 1, .is_nested = true};
	struct writer *writer = &out->writer;

	if (!start->tree || !shows_start(start->tree)) {
		begin_line(out, start->time_ns, started.depth);
		writer_puts(writer, "go ");
		writer_put_function(writer, names_start(out->names, start->start_va));
		writer_puts(writer, "() [goroutine ");
		writer_put_number(writer, start->goid);
		writer_puts(writer, start->tree ? "] " : ", still running] ");
		put_caller(out, start->go_va);
		writer_puts(writer, "\n");
	}
	if (start->tree)
		write_branch(out, &started);
}

/* Asks early for what a line shows that comes some lines later: see names_expect_caller(). */
static void expect_step(struct output *out, const struct tree *tree, size_t at)
{
	if (at < tree->num_steps && tree->steps[at].type == STEP_ENTRY)
		names_expect_caller(out->names, tree->calls[tree->steps[at].index].caller_va);
}

/* Recursive: the calltree keeps no more than 1,000 generations of goroutines in one tree. */
static void write_branch(struct output *out, const struct branch *branch)
{
	const struct tree *tree = branch->tree;

	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		expect_step(out, tree, i + STEPS_AHEAD);
		if (out->options.leaf && step->type == STEP_ENTRY && is_leaf(tree, i) &&
		    !output_is_start(tree, &tree->calls[step->index])) {
			write_leaf(out, branch, &tree->calls[step->index]);
			i++;
			continue;
		}
		switch (step->type) {
		case STEP_ENTRY:
		case STEP_AGAIN:
			write_entry(out, branch, &tree->calls[step->index],
				    step->type == STEP_AGAIN);
			break;
		case STEP_EXIT:
			if (tree->calls[step->index].folded_calls)
				write_folded(out, branch, &tree->calls[step->index]);
			write_exit(out, branch, &tree->calls[step->index]);
			break;
		case STEP_WAIT:
			write_wait(out, branch, &tree->waits[step->index]);
			break;
		case STEP_START:
			write_start(out, branch, &tree->starts[step->index]);
			break;
		}
	}
	if (tree->lost)
		write_note(out, branch, tree->lost, " event lost in this tree",
			   " events lost in this tree");
	if (tree->waits_left_out)
		write_note(out, branch, tree->waits_left_out, " more wait in this tree left out",
			   " more waits in this tree left out");
	if (tree->left_out)
		write_note(out, branch, tree->left_out, " more call in this tree left out",
			   " more calls in this tree left out");
}

/* "(part 2, the last, of tree 7: goroutine 34 of process 812)" */
static void write_part_note(struct output *out, const struct tree *tree, const char *what)
{
	struct writer *writer = &out->writer;

	writer_put_spaces(writer, CALL_COLUMN);
	writer_puts(writer, "(part ");
	writer_put_number(writer, tree->part);
	writer_puts(writer, what);
	writer_puts(writer, " of tree ");
	writer_put_number(writer, tree->number);
	writer_puts(writer, ": goroutine ");
	writer_put_number(writer, tree->goid);
	writer_puts(writer, " of process ");
	writer_put_number(writer, tree->pid);
	writer_puts(writer, ")\n");
}

static void write_part(struct output *out, const struct tree *tree)
{
	writer_puts(&out->writer, "\n");
	if (tree->part > 1)
		write_part_note(out, tree, "");
	write_branch(out, &(struct branch){.tree = tree});
	write_part_note(out, tree, ", still open,");
}

static void write_tree(struct output *out, const struct tree *tree)
{
	writer_puts(&out->writer, "\n");
	if (tree->part)
		write_part_note(out, tree, ", the last,");
	write_branch(out, &(struct branch){.tree = tree});
}

const struct format format_graph = {
	.prints = "the trees",
	.begin = begin,
	.tree = write_tree,
	.part = write_part,
	.free = release,
};
