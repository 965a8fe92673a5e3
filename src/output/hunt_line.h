/* SPDX-License-Identifier: MIT */
/*
 * hunt_line.h - a line of hunt's report: some text, a place in the program, and what is called there. On a
 * terminal it never wraps: what matters least is left out first.
 */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_LINE_H
#define GOFUNCGRAPH_OUTPUT_HUNT_LINE_H

#include "base/text.h"
#include "output/format.h"
#include "output/line.h"

/* The data of the format "text". */
struct hunt_text {
	bool is_terminal, has_color;
	bool has_any; /* something was written */
	struct line line; /* of a terminal */
};

struct hunt_line {
	size_t indent;
	const char *before;
	unsigned depth; /* in a tree: so many levels further in, where there is room */
	const char *bracket; /* behind that; NULL: none */
	/* A text from the program, of any length, and what follows it; NULL: none. */
	const char *name, *then;
	/* With its file and line; that they are not known is told, too. NULL: none. */
	const struct place *place;
	bool is_name_only; /* of the place its function alone */
	bool is_bold; /* what stands for the place's function */
	const struct hunt_part *callees; /* in brackets, with their shares if there are several */
	size_t num_callees;
	const char *behind; /* NULL: nothing */
	const char *leaf; /* a text like `name`, in brackets; NULL: none */
	bool may_break; /* where it is too wide, the place gets a line of its own */
};

void hunt_line_put(struct output *out, const struct hunt_line *line);

/* Whether nothing would be left out of it. */
bool hunt_line_fits(struct output *out, const struct hunt_line *line);

/* A line of text alone. */
void hunt_line_puts(struct output *out, const char *text);

/* A sentence, behind the name of a function (NULL: none): on a terminal as many lines as it takes. */
void hunt_line_sentence(struct output *out, const struct place *function, const char *text);

/* What follows stands apart from what is above it. */
void hunt_line_begin_block(struct output *out);

/* "68.7 ms" */
#define HUNT_AMOUNT_SIZE (TEXT_AMOUNT_SIZE + 2)
const char *hunt_amount(char text[HUNT_AMOUNT_SIZE], uint64_t ns);

#endif
