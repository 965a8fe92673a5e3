/* SPDX-License-Identifier: MIT */
/* line.h - one line of a terminal, as it is put together: it never becomes wider than that. */
#ifndef GOFUNCGRAPH_OUTPUT_LINE_H
#define GOFUNCGRAPH_OUTPUT_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of the widest; a terminal that does not know its width is taken for that wide. */
#define LINE_MAX_WIDTH 1000

/* Changes of style in a line, and the bytes of one. */
#define LINE_MAX_STYLES 8
#define LINE_STYLE_SIZE 8

struct line {
	size_t width, columns, used;
	size_t cut_at; /* bytes of it that leave room for "…" */
	bool is_styled; /* somewhere */
	bool is_cut; /* something did not fit; what comes behind it is left out too */
	char text[LINE_MAX_WIDTH * 4 + LINE_MAX_STYLES * LINE_STYLE_SIZE + sizeof("…")];
};

/* A width of 0: an unknown one. */
void line_begin(struct line *line, size_t width);

void line_put(struct line *line, const char *text, size_t len);
void line_puts(struct line *line, const char *text);
void line_put_spaces(struct line *line, size_t count);

/* "\x1b[1m", which takes no columns; LINE_PLAIN ends it. At most LINE_MAX_STYLES in a line. */
#define LINE_PLAIN "\x1b[0m"
void line_style(struct line *line, const char *escape);

/* What is put up to line_end_part() takes at most so many columns, one at least: of more, the end becomes "…", and the line
 * goes on behind it. Returns what line_end_part() wants. */
size_t line_begin_part(struct line *line, size_t columns);
void line_end_part(struct line *line, size_t width);

/* Puts "…" where it was cut. */
void line_end(struct line *line);

#endif
