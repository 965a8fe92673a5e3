/* SPDX-License-Identifier: MIT */
/*
 * graph_file.c - the lines of "graph" for files and pipes, as wide as they get.
 *
 * Columns: day and time (18), a space, duration (10, blank on entries), two spaces, the call.
 */
#include <string.h>

#include "base/text.h"
#include "output/amounts.h"
#include "output/graph.h"
#include "output/place_text.h"
#include "output/values_text.h"

#define CALL_COLUMN 31

/* Who it is about, when goroutines go on at once. */
static inline void begin_any(struct output *out)
{
	const struct prefix *prefix = &graph_of(out)->prefix;

	if (prefix->len)
		writer_put(&out->writer, prefix->text, prefix->len);
}

static size_t indent_of(size_t depth)
{
	return 2 * (depth < GRAPH_MAX_INDENT ? depth : GRAPH_MAX_INDENT);
}

/* The columns before the text of a line that has no duration. */
static void begin_line(struct output *out, uint64_t time_ns, size_t depth)
{
	size_t spaces = CALL_COLUMN - GRAPH_TIME_WIDTH + indent_of(depth);

	begin_any(out);
	char *to = writer_room(&out->writer, GRAPH_TIME_WIDTH + spaces);

	memset(graph_put_time(out, to, time_ns), ' ', spaces);
	out->writer.used += GRAPH_TIME_WIDTH + spaces;
}

static void begin_line_with_duration(struct output *out, uint64_t time_ns, uint64_t duration_ns,
				     bool is_mostly_probes, size_t depth)
{
	size_t spaces = 2 + indent_of(depth);

	begin_any(out);
	char *to = writer_room(&out->writer, GRAPH_TIME_WIDTH + 1 + TEXT_DURATION_SIZE + spaces);
	char *end = graph_put_time(out, to, time_ns);

	*end++ = ' ';
	end += graph_put_duration(end, duration_ns, is_mostly_probes);
	memset(end, ' ', spaces);
	out->writer.used += (size_t)(end - to) + spaces;
}

static struct place shown_place(struct output *out, const struct place *place, struct name names[2])
{
	return graph_of(out)->caller == CALLER_FULL ? *place : place_short(place, names);
}

static void put_place(struct output *out, const struct place *place)
{
	struct name names[2];
	struct place shown = shown_place(out, place, names);

	writer_put_place(&out->writer, &shown);
}

static void put_caller(struct output *out, uint64_t caller_va)
{
	if (graph_of(out)->caller == CALLER_OFF)
		return;
	writer_puts(&out->writer, " ");
	put_place(out, names_caller(out->names, caller_va));
}

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
	writer_puts(writer, "(");
	writer_put_values(out, call);
	writer_puts(writer, ") {");
	if (is_start) {
		writer_puts(writer, " [goroutine ");
		writer_put_number(writer, tree->goid);
		if (!branch->is_nested) {
			writer_puts(writer, ", started by goroutine ");
			writer_put_number(writer, tree->parent_goid);
		}
		writer_puts(writer, "]");
	}
	writer_put_labels(out, call);
	if (again)
		writer_puts(writer, " [continued]");
	put_caller(out, call->caller_va);
	writer_puts(writer, "\n");
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
	if (call_time_is_unknown(call))
		begin_line(out, call->end_ns, depth);
	else
		begin_line_with_duration(out, call->end_ns, call->end_ns - call->start_ns,
					 call_is_mostly_probes(call), depth);
}

/* What stands behind it. */
static void end_exit(struct output *out, const struct call *call)
{
	struct writer *writer = &out->writer;

	if (call->end == CALL_TAIL_CALL)
		writer_puts(writer, " [tail call]");
	if (out->options.run.states && !call->lacks_states && !call_time_is_unknown(call))
		put_parts(out, call);
	writer_puts(writer, "\n");
}

/* In the columns of an exit, without a time: they were at many. */
static void write_folded(struct output *out, const struct branch *branch, const struct call *call)
{
	char duration[TEXT_DURATION_SIZE];
	struct writer *writer = &out->writer;

	begin_any(out);
	writer_put_spaces(writer, GRAPH_TIME_WIDTH + 1);
	writer_put(writer, duration, text_format_duration(duration, call->folded_ns));
	writer_put_spaces(writer, 2 + indent_of(branch->depth + call->depth + 1));
	writer_puts(writer, "(");
	writer_puts(writer, text_counted(call->folded_calls, "call", "calls").text);
	writer_puts(writer, " folded)\n");
}

/* Function, results, and the place where it was left. */
static void put_exit_place(struct output *out, const struct call *call)
{
	const struct place *place = names_site(out->names, call->exit_site);
	bool has_place = graph_of(out)->caller != CALLER_OFF;
	struct name names[2];
	struct place shown = has_place ? shown_place(out, place, names) : *place;

	if (has_place)
		writer_put_position(&out->writer, &shown);
	else
		writer_put_function(&out->writer, place);
	writer_put_results(out, call);
	if (has_place)
		writer_put_file(&out->writer, &shown);
}

static void write_exit(struct output *out, const struct branch *branch, const struct call *call)
{
	const char *mark = graph_end_mark(call);
	struct writer *writer = &out->writer;

	begin_exit(out, branch, call);
	writer_puts(writer, "} ");
	if (mark) {
		writer_put_function(writer, output_entry(out, call));
		writer_puts(writer, mark);
	} else {
		put_exit_place(out, call);
	}
	end_exit(out, call);
}

/* "main.leaf();" with its caller, and what an exit would tell but for the place. */
static void write_leaf(struct output *out, const struct branch *branch, const struct call *call)
{
	const char *mark = graph_end_mark(call);
	struct writer *writer = &out->writer;

	begin_exit(out, branch, call);
	writer_put_function(writer, output_entry(out, call));
	writer_puts(writer, "(");
	writer_put_values(out, call);
	writer_puts(writer, ")");
	writer_put_results(out, call);
	writer_puts(writer, ";");
	writer_put_labels(out, call);
	if (mark)
		writer_puts(writer, mark);
	put_caller(out, call->caller_va);
	end_exit(out, call);
}

static void write_wait(struct output *out, const struct branch *branch, const struct wait *wait)
{
	struct writer *writer = &out->writer;
	uint64_t va = names_waker_va(out->names, wait->by_stack);

	begin_line_with_duration(out, wait->end_ns, wait->end_ns - wait->start_ns, false,
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
			put_place(out, names_waker(out->names, va));
		}
	}
	writer_puts(writer, "\n");
}

static void write_note(struct output *out, const struct branch *branch, const char *text)
{
	struct writer *writer = &out->writer;

	begin_any(out);
	writer_put_spaces(writer, CALL_COLUMN + indent_of(branch->depth));
	writer_puts(writer, "(");
	writer_puts(writer, text);
	writer_puts(writer, ")\n");
}

static void write_caller(struct output *out, const struct place *frame)
{
	struct name names[2];
	struct place shortened = *frame;

	if (graph_of(out)->caller != CALLER_FULL)
		shortened = place_short(frame, names);
	begin_any(out);
	writer_put_spaces(&out->writer, CALL_COLUMN);
	writer_puts(&out->writer, "> ");
	writer_put_function(&out->writer, &shortened);
	if (shortened.file) {
		writer_puts(&out->writer, " ");
		writer_put_name(&out->writer, shortened.file);
		writer_puts(&out->writer, ":");
		writer_put_number(&out->writer, shortened.line);
	}
	writer_puts(&out->writer, "\n");
}

static void write_start(struct output *out, const struct branch *branch, const struct start *start)
{
	struct writer *writer = &out->writer;

	begin_line(out, start->time_ns, branch->depth + start->depth + 1);
	writer_puts(writer, "go ");
	writer_put_function(writer, names_start(out->names, start->start_va));
	writer_puts(writer, "() [goroutine ");
	writer_put_number(writer, start->goid);
	writer_puts(writer, start->tree ? "]" : ", still running]");
	put_caller(out, start->go_va);
	writer_puts(writer, "\n");
}

/* Dashes up to the column of calls, which stays free for them. */
static void write_change(struct output *out, const char *text)
{
	struct writer *writer = &out->writer;

	writer_puts(writer, " ");
	for (size_t i = graph_of(out)->prefix.len + CALL_COLUMN - 2; i--;)
		writer_puts(writer, "-");
	writer_puts(writer, " ");
	writer_puts(writer, text);
	writer_puts(writer, "\n");
}

const struct graph_lines graph_lines_of_file = {
	.entry = write_entry,
	.exit = write_exit,
	.leaf = write_leaf,
	.folded = write_folded,
	.wait = write_wait,
	.start = write_start,
	.caller = write_caller,
	.note = write_note,
	.change = write_change,
};
