/* SPDX-License-Identifier: MIT */
/* graph_content.c - see graph_content.h. */
#include "output/graph_content.h"

#include <string.h>

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
	CUT_TYPES, /* that generic functions are made for */
	CUT_CALLER, /* its function */
	CUT_PLACE,
	CUT_END_OF_VALUES, /* of all of a call, as far as what is behind them has no room */
	CUT_PARTS, /* of its time: the shortest; CUT_PARTS + 1: one more of them */
};

#define SHORT_TEXT 24

/* Columns of values with which they still say something. */
#define LEAST_VALUES 16

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

static void put_position(struct line *line, const struct place *place, bool with_offset, size_t cut)
{
	struct name parts[2];

	if (cut < CUT_TYPES || !place->function || !name_without_types(place->function, parts)) {
		line_put_position(line, place, with_offset);
		return;
	}
	line_put_name(line, &parts[0]);
	line_puts(line, "[...]");
	line_put_name(line, &parts[1]);
	if (with_offset)
		line_put_number(line, "+", place->offset);
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
		put_position(line, &place, true, cut);
	if (!place.file)
		return;
	line_puts(line, has_position ? " " : "");
	line_put_file(line, &place);
}

/* `room`: columns for arguments, and for results; 0: they are left out. */
static void put_content(const struct output *out, struct line *line, const struct content *content,
			size_t cut, size_t room)
{
	size_t max_text = cut >= CUT_VALUES ? SHORT_TEXT : SIZE_MAX, width;
	struct name names[2];
	struct place function = content->function;

	if (cut >= CUT_PACKAGE)
		function = place_short(&content->function, names);
	line_puts(line, content->before);
	if (content->is_slowest)
		line_style(line, STYLE_BOLD);
	if (content->has_function)
		put_position(line, &function, content->is_own_place && cut < CUT_CALLER, cut);
	if (content->is_slowest)
		line_style(line, LINE_PLAIN);
	if (content->values_of)
		line_puts(line, "(");
	if (content->values_of && room) {
		width = line_begin_part(line, room);
		line_put_values(line, out, content->values_of, max_text);
		line_end_part(line, width);
	}
	line_puts(line, content->behind ?: "");
	if (content->results_of && room) {
		width = line_begin_part(line, room);
		line_put_results(line, out, content->results_of, max_text);
		line_end_part(line, width);
	}
	if (content->labels_of)
		line_put_labels(line, out, content->labels_of, max_text);
	line_puts(line, content->note);
	if (content->has_parts)
		put_parts(line, content, cut);
	put_place(line, content, cut);
}

static void put_all(struct output *out, const struct content *content, size_t cut, size_t room)
{
	struct graph *graph = graph_of(out);

	line_begin(&graph->line, graph->width);
	put_columns(out, &graph->line, content);
	put_content(out, &graph->line, content, cut, room);
}

/* What the rest of the line leaves; all, where that is too little. */
static size_t room_for_values(struct output *out, const struct content *content, size_t cut)
{
	const struct line *line = &graph_of(out)->line;
	size_t count = !!content->values_of + !!content->results_of, room;

	if (!count || cut < CUT_END_OF_VALUES)
		return SIZE_MAX;
	put_all(out, content, cut, 0);
	room = line->is_cut ? 0 : (line->width - line->columns) / count;
	return room < LEAST_VALUES ? SIZE_MAX : room;
}

void content_write(struct output *out, const struct content *content)
{
	struct graph *graph = graph_of(out);
	struct line *line = &graph->line;
	size_t cut = graph->caller == CALLER_FULL ? CUT_NOTHING : CUT_CALLER_PACKAGE;

	do {
		put_all(out, content, cut, room_for_values(out, content, cut));
		cut++;
	} while (line->is_cut && cut <= CUT_PARTS + content->num_amounts);
	line_end(line);
	writer_put(&out->writer, line->text, line->used);
	writer_puts(&out->writer, "\n");
}

void content_write_change(struct output *out, const char *text)
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
