/* SPDX-License-Identifier: MIT */
/* text_out.h - lines of text about goroutines, which fit the terminal if there is one. */
#ifndef GOROUTINES_TEXT_OUT_H
#define GOROUTINES_TEXT_OUT_H

#include "goroutines/report.h"
#include "output/line.h"

#define TEXT_BOLD  "\x1b[1m"
#define TEXT_PLAIN LINE_PLAIN

struct text_out {
	const struct report *report;
	struct writer *writer;
	struct line line; /* where there is a terminal */
	const struct shown_frame *last; /* of the stack so far; NULL: none */
	size_t repeats; /* of it, behind the first */
};

void text_put(struct text_out *out, const char *text);
void text_put_bytes(struct text_out *out, const char *text, size_t len); /* hostile ones */
void text_put_hostile(struct text_out *out, const char *text);
void text_put_number(struct text_out *out, uint64_t number);
void text_put_count(struct text_out *out, uint64_t count, const char *one, const char *many);
void text_put_style(struct text_out *out, const char *style);
void text_end_line(struct text_out *out);

/* Lines on what a group's goroutines wait for, and who may have it; on the circle of locks, if there is one. */
void text_put_awaited(struct text_out *out, const struct group *group);
void text_put_circle(struct text_out *out);

/* Lines on who may serve that, as far as it was looked for. */
void text_put_leads(struct text_out *out, const struct group *group);

/* Lines on what labels a group's goroutines have. */
void text_put_labels(struct text_out *out, const struct group *group);

#endif
