/* SPDX-License-Identifier: MIT */
/* graph_terminal.c - what the lines of call trees tell on a terminal; see graph_content.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "output/graph_content.h"

static void set_function(struct content *content, const struct place *function)
{
	content->function = *function;
	content->has_function = true;
}

static void set_place(struct content *content, const struct place *place)
{
	content->place = *place;
	content->has_place = true;
}

static void set_caller(struct output *out, struct content *content, uint64_t caller_va)
{
	if (graph_of(out)->caller != CALLER_OFF)
		set_place(content, names_caller(out->names, caller_va));
}

static void set_duration(struct content *content, uint64_t start_ns, uint64_t end_ns)
{
	content->time_ns = end_ns;
	content->duration_ns = end_ns - start_ns;
	content->has_time = content->has_duration = true;
}

static bool is_slowest(const struct output *out, const struct tree *tree, const struct call *call)
{
	const struct graph *graph = graph_of(out);

	return graph->slowest && tree == graph->tree && graph->slowest[call - tree->calls];
}

/* Those of ftrace: trace_find_mark() in kernel/trace/trace_output.c. */
static char mark_of(uint64_t ns)
{
	static const struct {
		uint64_t longer_than_ns;
		char mark;
	} marks[] = {{1000000000, '$'}, {100000000, '@'}, {10000000, '*'},
		     {1000000, '#'},    {100000, '!'},    {10000, '+'}};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (ns > marks[i].longer_than_ns)
			return marks[i].mark;
	return 0;
}

static int by_falling_time(const void *a, const void *b)
{
	const struct amount *one = a, *other = b;

	return (one->ns < other->ns) - (one->ns > other->ns);
}

static void set_amounts(struct output *out, struct content *content, const struct call *call)
{
	struct amount *amounts = content->amounts;

	amounts[0] = (struct amount){.name = "run"};
	content->num_amounts =
		1 + amounts_of_call(out->names, call, "waiting", &amounts[1], &amounts[0].ns);
	qsort(amounts, content->num_amounts, sizeof(*amounts), by_falling_time);
}

/* How long a call took that has ended, and where the time went. */
static void set_end(struct output *out, struct content *content, const struct branch *branch,
		    const struct call *call)
{
	set_duration(content, call->start_ns, call->end_ns);
	/* Nobody knows how long a call took that is lost. */
	content->has_duration = !call_time_is_unknown(call);
	content->is_mostly_probes = call_is_mostly_probes(call);
	content->mark = content->has_duration ? mark_of(content->duration_ns) : 0;
	content->is_slowest = is_slowest(out, branch->tree, call);
	content->has_parts =
		out->options.run.states && !call->lacks_states && !call_time_is_unknown(call);
	if (content->has_parts)
		set_amounts(out, content, call);
}

static void write_entry(struct output *out, const struct branch *branch, const struct call *call,
			bool again)
{
	const struct tree *tree = branch->tree;
	struct content content = {.time_ns = call->start_ns,
				  .has_time = true,
				  .depth = branch->depth + call->depth,
				  .before = "",
				  .values_of = call,
				  .behind = again ? ") { [continued]" : ") {",
				  .labels_of = call,
				  .is_slowest = is_slowest(out, tree, call)};

	set_function(&content, output_entry(out, call));
	if (output_is_start(tree, call)) {
		content.before = "go ";
		snprintf(content.note, sizeof(content.note), " [goroutine %llu",
			 (unsigned long long)tree->goid);
		if (!branch->is_nested)
			snprintf(content.note + strlen(content.note), 48,
				 ", started by goroutine %llu",
				 (unsigned long long)tree->parent_goid);
		strcat(content.note, "]");
	}
	set_caller(out, &content, call->caller_va);
	content_write(out, &content);
}

static void write_exit(struct output *out, const struct branch *branch, const struct call *call)
{
	const char *mark = graph_end_mark(call);
	struct content content = {.depth = branch->depth + call->depth,
				  .before = "} ",
				  .behind = mark,
				  .results_of = call};

	set_end(out, &content, branch, call);
	if (mark) {
		set_function(&content, output_entry(out, call));
	} else {
		set_function(&content, names_site(out->names, call->exit_site));
		if (graph_of(out)->caller != CALLER_OFF)
			set_place(&content, &content.function);
		content.is_own_place = content.has_place;
	}
	if (call->end == CALL_TAIL_CALL)
		content.behind = " [tail call]";
	content_write(out, &content);
}

static void write_leaf(struct output *out, const struct branch *branch, const struct call *call)
{
	const char *mark = graph_end_mark(call);
	struct content content = {.depth = branch->depth + call->depth,
				  .before = "",
				  .values_of = call,
				  .behind = ")",
				  .labels_of = call,
				  .results_of = call};

	set_end(out, &content, branch, call);
	set_function(&content, output_entry(out, call));
	snprintf(content.note, sizeof(content.note), ";%s%s", mark ?: "",
		 call->end == CALL_TAIL_CALL ? " [tail call]" : "");
	set_caller(out, &content, call->caller_va);
	content_write(out, &content);
}

static void write_folded(struct output *out, const struct branch *branch, const struct call *call)
{
	struct content content = {.depth = branch->depth + call->depth + 1,
				  .duration_ns = call->folded_ns,
				  .has_duration = true,
				  .before = ""};

	snprintf(content.note, sizeof(content.note), "(%s call%s folded)",
		 text_count(call->folded_calls).text, call->folded_calls == 1 ? "" : "s");
	content_write(out, &content);
}

static void write_wait(struct output *out, const struct branch *branch, const struct wait *wait)
{
	uint64_t va = names_waker_va(out->names, wait->by_stack);
	struct content content = {
		.depth = branch->depth + wait->depth + 1,
		.before = "~ ",
		.behind = amount_name(out->names, wait->state, wait->reason, "waiting"),
		.before_place = "in "};

	set_duration(&content, wait->start_ns, wait->end_ns);
	if (wait->is_open)
		strcpy(content.note, ", still waiting");
	else if (wait->by_goid)
		snprintf(content.note, sizeof(content.note), ", woken by goroutine %llu",
			 (unsigned long long)wait->by_goid);
	if (!wait->is_open && wait->by_goid && va)
		set_place(&content, names_waker(out->names, va));
	content_write(out, &content);
}

static void write_start(struct output *out, const struct branch *branch, const struct start *start)
{
	struct content content = {.time_ns = start->time_ns,
				  .has_time = true,
				  .depth = branch->depth + start->depth + 1,
				  .before = "go ",
				  .behind = "()"};

	set_function(&content, names_start(out->names, start->start_va));
	snprintf(content.note, sizeof(content.note), " [goroutine %llu%s]",
		 (unsigned long long)start->goid, start->tree ? "" : ", still running");
	set_caller(out, &content, start->go_va);
	content_write(out, &content);
}

static void write_caller(struct output *out, const struct place *frame)
{
	struct content content = {.before = "> ", .is_frame = true};

	set_function(&content, frame);
	set_place(&content, frame);
	content_write(out, &content);
}

static void write_note(struct output *out, const struct branch *branch, const char *text)
{
	struct content content = {.depth = branch->depth, .before = "(", .behind = text};

	strcpy(content.note, ")");
	content_write(out, &content);
}

const struct graph_lines graph_lines_of_terminal = {
	.entry = write_entry,
	.exit = write_exit,
	.leaf = write_leaf,
	.folded = write_folded,
	.wait = write_wait,
	.start = write_start,
	.caller = write_caller,
	.note = write_note,
	.change = content_write_change,
};
