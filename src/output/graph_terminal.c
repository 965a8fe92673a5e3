/* SPDX-License-Identifier: MIT */
/*
 * graph_terminal.c - lines of call trees on a terminal, none wider than that.
 *
 * The columns are those of a file (graph.c), but where the time went stands before the place. Of a
 * line that is too wide, what matters least is left out: see enum cut.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/amounts.h"
#include "output/graph.h"
#include "output/place_line.h"
#include "output/place_text.h"
#include "output/shares.h"
#include "output/values_text.h"

/* Narrower than that, the day of the month is not told. */
#define WIDTH_WITH_DAY 100

/* Behind the time, a duration and a mark. */
#define CALL_COLUMN (GRAPH_TIME_WIDTH + sizeof(" 000.000000 # ") - 1)

/* What is left out, and what is above it, too. */
enum cut {
	CUT_NOTHING,
	CUT_FOLDERS, /* of the place's file */
	CUT_CALLER_PACKAGE, /* its path */
	CUT_VALUES, /* of a call: what is behind the first SHORT_TEXT bytes of texts */
	CUT_PACKAGE, /* of the function itself: its path */
	CUT_CALLER, /* its function */
	CUT_PLACE,
	CUT_PARTS, /* of its time: the shortest; CUT_PARTS + 1: one more of them */
};

#define SHORT_TEXT 24

/* What a line tells. */
struct content {
	uint64_t time_ns, duration_ns;
	size_t depth;
	bool has_time, has_duration, has_function, has_parts, has_place;
	bool is_slowest, is_mostly_probes;
	char mark; /* of a long call; 0: none */
	bool is_own_place; /* the place is in the function itself */
	bool is_frame; /* the same, and of no interest is the offset */
	const char *before; /* "} " */
	struct place function;
	const struct call *values_of; /* the call whose values stand between brackets, or NULL */
	const char *behind; /* ") {" */
	const struct call
		*labels_of; /* the call of whose tree the labels stand behind that, or NULL */
	const struct call *results_of; /* the call whose results stand behind that, or NULL */
	char note[96]; /* " [goroutine 41]" */
	const char *before_place;
	struct place place;
	struct amount amounts[MAX_AMOUNTS + 1]; /* of a call's time, the largest first */
	size_t num_amounts;
};

/* For a time inside the tree. NULL: none of its own. */
static const char *style_of(const struct graph *graph, const struct content *content)
{
	return content->depth ? share_style(content->duration_ns, graph->root_ns) : NULL;
}

static void put_duration(struct output *out, struct line *line, const struct content *content)
{
	const char *style = style_of(graph_of(out), content);
	char text[TEXT_DURATION_SIZE];

	if (!content->has_duration) {
		line_put_spaces(line, sizeof("000.000000") - 1);
		return;
	}
	if (style)
		line_style(line, style);
	if (content->is_slowest)
		line_style(line, STYLE_BOLD);
	line_put(line, text,
		 graph_put_duration(text, content->duration_ns, content->is_mostly_probes));
	if (style || content->is_slowest)
		line_style(line, LINE_PLAIN);
}

/* Whose line it is, when goroutines go on at once. */
static void put_prefix(const struct graph *graph, struct line *line)
{
	const struct prefix *prefix = &graph->prefix;

	if (prefix->style)
		line_style(line, prefix->style);
	line_put(line, prefix->text, prefix->len);
	if (prefix->style)
		line_style(line, LINE_PLAIN);
}

/* Columns of it that have no room. */
static size_t day_of(const struct line *line)
{
	return line->width < WIDTH_WITH_DAY ? 3 : 0;
}

static void put_columns(struct output *out, struct line *line, const struct content *content)
{
	char text[TEXT_TIME_SIZE];
	size_t day = day_of(line), indent = 2 * content->depth;

	put_prefix(graph_of(out), line);
	if (content->has_time) {
		graph_put_time(out, text, content->time_ns);
		line_put(line, text + day, GRAPH_TIME_WIDTH - day);
	} else {
		line_put_spaces(line, GRAPH_TIME_WIDTH - day);
	}
	line_puts(line, " ");
	put_duration(out, line, content);
	line_put(line, (char[]){' ', content->mark ?: ' ', ' '}, 3);
	/* Half of what is left is for the text. */
	if (indent > (line->width - line->columns) / 2)
		indent = (line->width - line->columns) / 2;
	line_put_spaces(line, indent);
}

static void put_amount(struct line *line, const char *before, const char *name, uint64_t ns)
{
	char text[TEXT_AMOUNT_SIZE];

	text_format_amount(text, ns);
	line_puts(line, before);
	line_puts(line, name);
	line_puts(line, " ");
	line_puts(line, text);
}

static void put_parts(struct line *line, const struct content *content, size_t cut)
{
	size_t left_out = cut > CUT_PARTS ? cut - CUT_PARTS : 0;
	size_t count = content->num_amounts > left_out ? content->num_amounts - left_out : 0;

	for (size_t i = 0; i < count; i++)
		put_amount(line, i ? "  " : "   ", content->amounts[i].name,
			   content->amounts[i].ns);
	/* What is all of the time is told by the duration. */
	if (count < content->num_amounts && content->num_amounts > 1)
		line_puts(line, "  …");
}

/* Where it came from, or ended. */
static void put_place(struct line *line, const struct content *content, size_t cut)
{
	struct name names[2];
	struct place place = content->place, cut_place = place_short(&place, names);
	bool has_position = !content->is_own_place && !content->is_frame && cut < CUT_CALLER;

	if (!content->has_place || cut >= CUT_PLACE || !(has_position || place.file))
		return;
	if (cut >= CUT_FOLDERS)
		place.file = cut_place.file;
	if (cut >= CUT_CALLER_PACKAGE)
		place.function = cut_place.function;
	line_puts(line, content->has_parts ? "   " : " ");
	line_puts(line, content->before_place ?: "");
	if (has_position)
		line_put_position(line, &place, true);
	if (!place.file)
		return;
	line_puts(line, has_position ? " " : "");
	line_put_file(line, &place);
}

static void put_content(const struct output *out, struct line *line, const struct content *content,
			size_t cut)
{
	struct name names[2];
	struct place function = content->function;

	if (cut >= CUT_PACKAGE)
		function = place_short(&content->function, names);
	line_puts(line, content->before);
	if (content->is_slowest)
		line_style(line, STYLE_BOLD);
	if (content->has_function)
		line_put_position(line, &function, content->is_own_place && cut < CUT_CALLER);
	if (content->is_slowest)
		line_style(line, LINE_PLAIN);
	if (content->values_of) {
		line_puts(line, "(");
		line_put_values(line, out, content->values_of,
				cut >= CUT_VALUES ? SHORT_TEXT : SIZE_MAX);
	}
	line_puts(line, content->behind ?: "");
	if (content->results_of)
		line_put_results(line, out, content->results_of,
				 cut >= CUT_VALUES ? SHORT_TEXT : SIZE_MAX);
	if (content->labels_of)
		line_put_labels(line, out, content->labels_of,
				cut >= CUT_VALUES ? SHORT_TEXT : SIZE_MAX);
	line_puts(line, content->note);
	if (content->has_parts)
		put_parts(line, content, cut);
	put_place(line, content, cut);
}

/* With as much of it as there is room for. */
static void write_line(struct output *out, const struct content *content)
{
	struct graph *graph = graph_of(out);
	struct line *line = &graph->line;
	size_t cut = graph->caller == CALLER_FULL ? CUT_NOTHING : CUT_CALLER_PACKAGE;

	do {
		line_begin(line, graph->width);
		put_columns(out, line, content);
		put_content(out, line, content, cut++);
	} while (line->is_cut && cut <= CUT_PARTS + content->num_amounts);
	line_end(line);
	writer_put(&out->writer, line->text, line->used);
	writer_puts(&out->writer, "\n");
}

/* ---- what each line tells ---- */

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
	write_line(out, &content);
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
	write_line(out, &content);
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
	write_line(out, &content);
}

static void write_folded(struct output *out, const struct branch *branch, const struct call *call)
{
	struct content content = {.depth = branch->depth + call->depth + 1,
				  .duration_ns = call->folded_ns,
				  .has_duration = true,
				  .before = ""};

	snprintf(content.note, sizeof(content.note), "(%llu call%s folded)",
		 (unsigned long long)call->folded_calls, call->folded_calls == 1 ? "" : "s");
	write_line(out, &content);
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
	write_line(out, &content);
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
	write_line(out, &content);
}

static void write_caller(struct output *out, const struct place *frame)
{
	struct content content = {.before = "> ", .is_frame = true};

	set_function(&content, frame);
	set_place(&content, frame);
	write_line(out, &content);
}

static void write_note(struct output *out, const struct branch *branch, const char *text)
{
	struct content content = {.depth = branch->depth, .before = "(", .behind = text};

	strcpy(content.note, ")");
	write_line(out, &content);
}

/* Dashes up to the column of calls, which stays free for them; fewer, where the text has no room
 * behind that. */
static void write_change(struct output *out, const char *text)
{
	struct graph *graph = graph_of(out);
	struct line *line = &graph->line;
	size_t dashes, around = strlen("  ") + strlen(text);

	line_begin(line, graph->width);
	dashes = graph->prefix.len + CALL_COLUMN - 2 - day_of(line);
	if (dashes + around > line->width)
		dashes = line->width > around + 2 ? line->width - around : 2;
	if (graph->has_color)
		line_style(line, STYLE_HUNDREDTH);
	line_puts(line, " ");
	while (dashes--)
		line_puts(line, "-");
	line_puts(line, " ");
	line_puts(line, text);
	if (graph->has_color)
		line_style(line, LINE_PLAIN);
	line_end(line);
	writer_put(&out->writer, line->text, line->used);
	writer_puts(&out->writer, "\n");
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
	.change = write_change,
};
