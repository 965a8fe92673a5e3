/* SPDX-License-Identifier: MIT */
/* line.h - one line of a terminal, as it is put together: it never becomes wider than that. */
#ifndef GOFUNCGRAPH_OUTPUT_LINE_H
#define GOFUNCGRAPH_OUTPUT_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of the widest; a terminal that does not know its width is taken for that wide. */
#define LINE_MAX_WIDTH 1000

struct line {
	size_t width, columns, used;
	size_t cut_at; /* bytes of it that leave room for "…" */
	bool is_cut; /* something did not fit; what comes behind it is left out too */
	char text[LINE_MAX_WIDTH * 4 + sizeof("…")];
};

/* A width of 0: an unknown one. */
void line_begin(struct line *line, size_t width);

void line_put(struct line *line, const char *text, size_t len);
void line_puts(struct line *line, const char *text);
void line_put_spaces(struct line *line, size_t count);

/* Puts "…" where it was cut. */
void line_end(struct line *line);

#endif
