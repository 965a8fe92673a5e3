/* SPDX-License-Identifier: MIT */
#include "output/hunt_line.h"

#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "output/place_line.h"
#include "output/place_text.h"

#define BOLD "\x1b[1m"

/* What is left out of a line that is too wide, and what is above it, too. */
enum cut {
	CUT_FOLDERS, /* of the file, but the last */
	CUT_FOLDER, /* that, too */
	CUT_CALLEE_PATH,
	CUT_PATH, /* of the function's package */
	CUT_CALLEE,
	CUT_NAME, /* of the function, its beginning; or the line is broken */
	CUT_FILE, /* and not the name */
	CUT_FILE_AND_NAME,
	CUT_ALL,
};

/* Where what belongs to the line above begins. */
#define BROKEN_INDENT   12
#define SENTENCE_INDENT 4

const char *hunt_amount(char text[HUNT_AMOUNT_SIZE], uint64_t ns)
{
	size_t len = text_format_amount(text, ns), digits = 0;

	while (digits < len && strchr("0123456789.", text[digits]))
		digits++;
	memmove(text + digits + 1, text + digits, len - digits);
	text[digits] = ' ';
	text[len + 1] = 0;
	return text;
}

/* Trees: on narrow terminals, levels are closer. */
#define NARROW_WIDTH     120
#define MAX_TREE_INDENT  30
#define MAX_TREE_COLUMNS 20 /* when narrow */

#define SHARE_SIZE 16

/* " 60 %", of one of several callees. */
static const char *text_share(char text[SHARE_SIZE], const struct hunt_line *line, size_t at)
{
	if (line->num_callees == 1)
		return "";
	snprintf(text, SHARE_SIZE, " %.0f %%", 100 * line->callees[at].share);
	return text;
}

/* Without its path, if that was told just before. */
static struct name short_callee(const struct hunt_line *line, const struct name *callee)
{
	const struct name *caller = line->place ? line->place->function : NULL;
	struct name name = name_without_path(callee);
	size_t path = callee->len - name.len;

	if (caller && caller->len > path && memcmp(caller->text, callee->text, path) == 0)
		return name;
	return *callee;
}

/* In place of it. */
#define NO_FILE "  (no line known)"

static bool has_file(const struct hunt_line *line)
{
	return line->place && !line->is_name_only && line->place->file;
}

/* As of code in other files, and without any name. */
static bool lacks_file(const struct hunt_line *line)
{
	return line->place && !line->is_name_only && !line->place->file;
}

static size_t tree_indent(size_t width, unsigned depth)
{
	if (width < NARROW_WIDTH)
		return depth < MAX_TREE_COLUMNS ? depth : MAX_TREE_COLUMNS;
	return depth < MAX_TREE_INDENT / 2 ? 2 * depth : MAX_TREE_INDENT;
}

/* ---- files ---- */

static void put_to_file(struct output *out, const struct hunt_line *line)
{
	struct hunt_text *text = out->data;
	struct writer *writer = &out->writer;
	bool is_bold = line->is_bold && text->has_color;

	writer_put_spaces(writer, line->indent);
	writer_puts(writer, line->before);
	writer_put_spaces(writer, tree_indent(SIZE_MAX, line->depth));
	writer_puts(writer, line->bracket ?: "");
	writer_puts(writer, line->name ?: "");
	writer_puts(writer, line->then ?: "");
	if (line->place) {
		writer_puts(writer, is_bold ? BOLD : "");
		writer_put_function(writer, line->place);
		writer_puts(writer, is_bold ? LINE_PLAIN : "");
	}
	if (has_file(line)) {
		writer_puts(writer, "  ");
		writer_put_name(writer, line->place->file);
		if (line->place->line) {
			writer_puts(writer, ":");
			writer_put_number(writer, line->place->line);
		}
	} else if (lacks_file(line)) {
		writer_puts(writer, NO_FILE);
	}
	for (size_t i = 0; i < line->num_callees; i++) {
		char share[SHARE_SIZE];

		const struct name callee = short_callee(line, line->callees[i].callee);

		writer_puts(writer, i ? ", " : " (");
		writer_put_name(writer, &callee);
		writer_puts(writer, text_share(share, line, i));
		writer_puts(writer, i + 1 == line->num_callees ? ")" : "");
	}
	writer_puts(writer, line->behind ?: "");
	if (line->leaf) {
		writer_puts(writer, "  [");
		writer_puts(writer, line->leaf);
		writer_puts(writer, "]");
	}
	writer_puts(writer, "\n");
}

/* ---- terminals ---- */

/* `room`: columns for the name; 0: as many as it has. */
static void put_function(struct line *line, const struct place *place, bool with_path, size_t room)
{
	struct name name;
	struct place shortened = *place;

	if (place->function && !with_path) {
		name = name_without_path(place->function);
		if (room && name.len > room) {
			line_puts(line, "…");
			name = name_end(&name, room);
		}
		shortened.function = &name;
	}
	line_put_position(line, &shortened, false);
}

/* "shop/cart.go:7" */
static void put_file(struct line *line, const struct place *place, bool with_folder)
{
	const struct name *file = place->file;
	size_t start = file->len;
	unsigned slashes = 0;

	while (start && slashes <= with_folder)
		slashes += file->text[--start] == '/';
	if (slashes > with_folder)
		start++;
	line_put(line, file->text + start, file->len - start);
	if (place->line)
		line_put_number(line, ":", place->line);
}

static void put_callees(struct line *line, const struct hunt_line *what, bool with_path)
{
	for (size_t i = 0; i < what->num_callees; i++) {
		const struct name *callee = what->callees[i].callee;
		struct name name =
			with_path ? short_callee(what, callee) : name_without_path(callee);
		char share[SHARE_SIZE];

		line_puts(line, i ? ", " : " (");
		line_put_name(line, &name);
		line_puts(line, text_share(share, what, i));
		line_puts(line, i + 1 == what->num_callees ? ")" : "");
	}
}

static bool cuts_name(enum cut cut)
{
	return cut == CUT_NAME || cut == CUT_FILE_AND_NAME;
}

/* `room`: where the function's name is cut, columns for it; 0: it is left out. */
static void fill(struct hunt_text *text, const struct hunt_line *what, enum cut cut, size_t room)
{
	struct line *line = &text->line;
	const struct place *place = what->place;
	/* Half of it is for the text. */
	size_t indent = what->indent < line->width / 2 ? what->indent : line->width / 2;

	line_put_spaces(line, indent);
	line_puts(line, what->before);
	line_put_spaces(line, tree_indent(line->width, what->depth));
	line_puts(line, what->bracket ?: "");
	line_puts(line, what->name ?: "");
	line_puts(line, what->then ?: "");
	if (place) {
		if (what->is_bold && text->has_color)
			line_style(line, BOLD);
		if (room || !cuts_name(cut))
			put_function(line, place, cut < CUT_PATH, room);
		if (what->is_bold && text->has_color)
			line_style(line, LINE_PLAIN);
		if (has_file(what) && cut < CUT_FILE) {
			line_puts(line, "  ");
			put_file(line, place, cut < CUT_FOLDER);
		} else if (lacks_file(what) && cut < CUT_FILE) {
			line_puts(line, NO_FILE);
		}
	}
	if (cut < CUT_CALLEE)
		put_callees(line, what, cut < CUT_CALLEE_PATH);
	line_puts(line, what->behind ?: "");
	if (what->leaf) {
		line_puts(line, "  [");
		line_puts(line, what->leaf);
		line_puts(line, "]");
	}
}

static void end_line(struct output *out)
{
	struct hunt_text *text = out->data;

	line_end(&text->line);
	writer_put(&out->writer, text->line.text, text->line.used);
	writer_puts(&out->writer, "\n");
}

static size_t width_of(const struct output *out)
{
	return terminal_width(fileno(out->options.file));
}

/* The name of the function is cut. False: too little would be left of it. */
static bool fit_name(struct output *out, const struct hunt_line *line, enum cut cut)
{
	struct hunt_text *text = out->data;
	struct line *filled = &text->line;
	size_t room;

	line_begin(filled, width_of(out));
	fill(text, line, cut, 0);
	room = filled->width - filled->columns;
	if (filled->is_cut || room < NAME_LEAST)
		return false;
	line_begin(filled, width_of(out));
	fill(text, line, cut, room);
	return !filled->is_cut;
}

/* In one line. False: more than may be is cut off. */
static bool fit(struct output *out, const struct hunt_line *line, enum cut most)
{
	struct hunt_text *text = out->data;

	for (enum cut cut = CUT_FOLDERS; cut < most; cut++) {
		if (cuts_name(cut)) {
			if (line->place && fit_name(out, line, cut))
				return true;
			continue;
		}
		line_begin(&text->line, width_of(out));
		fill(text, line, cut, 0);
		if (!text->line.is_cut)
			return true;
	}
	line_begin(&text->line, width_of(out));
	fill(text, line, CUT_FILE, 0);
	return false;
}

bool hunt_line_fits(struct output *out, const struct hunt_line *line)
{
	const struct hunt_text *text = out->data;

	return !text->is_terminal || fit(out, line, CUT_FOLDER);
}

/* In two lines, the second with the place. */
static void put_broken(struct output *out, const struct hunt_line *line)
{
	struct hunt_line above = {.indent = line->indent,
				  .before = line->before,
				  .name = line->name,
				  .then = line->then};
	struct hunt_text *text = out->data;
	struct hunt_line below = *line;

	fit(out, &above, CUT_ALL);
	while (text->line.used && text->line.text[text->line.used - 1] == ' ')
		text->line.used--;
	end_line(out);
	below.indent = line->indent ? line->indent + SENTENCE_INDENT : BROKEN_INDENT;
	below.before = "";
	below.name = below.then = NULL;
	fit(out, &below, CUT_ALL);
	end_line(out);
}

void hunt_line_put(struct output *out, const struct hunt_line *line)
{
	struct hunt_text *text = out->data;

	if (!text->is_terminal) {
		put_to_file(out, line);
		return;
	}
	if (!fit(out, line, line->may_break && line->place ? CUT_NAME : CUT_ALL) &&
	    line->may_break && line->place) {
		put_broken(out, line);
		return;
	}
	end_line(out);
}

/* ---- sentences ---- */

/* Words, with the space before them, as long as there is room; what is left. */
static const char *put_words(struct line *line, const char *text)
{
	while (*text) {
		size_t len = 1 + strcspn(text + 1, " "), columns;

		terminal_fit(text, len, SIZE_MAX, &columns);
		if (line->columns + columns > line->width && line->columns > SENTENCE_INDENT)
			break;
		line_put(line, text, len);
		text += len;
	}
	return text;
}

void hunt_line_sentence(struct output *out, const struct place *function, const char *text)
{
	struct hunt_text *data = out->data;

	if (!data->is_terminal) {
		hunt_line_put(out, &(struct hunt_line){.before = "",
						       .place = function,
						       .is_name_only = true,
						       .is_bold = true,
						       .behind = text});
		return;
	}
	line_begin(&data->line, width_of(out));
	if (function)
		fill(data,
		     &(struct hunt_line){.before = "",
					 .place = function,
					 .is_name_only = true,
					 .is_bold = true},
		     CUT_PATH, 0);
	text = put_words(&data->line, text);
	end_line(out);
	while (*text) {
		line_begin(&data->line, width_of(out));
		line_put_spaces(&data->line, SENTENCE_INDENT - 1);
		text = put_words(&data->line, text);
		end_line(out);
	}
}

void hunt_line_puts(struct output *out, const char *text)
{
	hunt_line_put(out, &(struct hunt_line){.before = text});
}

void hunt_line_begin_block(struct output *out)
{
	struct hunt_text *text = out->data;

	if (text->has_any)
		hunt_line_puts(out, "");
	text->has_any = true;
}
