/* SPDX-License-Identifier: MIT */
/* place_line.h - places in a line of a terminal. */
#ifndef GOFUNCGRAPH_OUTPUT_PLACE_LINE_H
#define GOFUNCGRAPH_OUTPUT_PLACE_LINE_H

#include "names/place.h"
#include "output/line.h"

void line_put_name(struct line *line, const struct name *name);

/* "+12" */
void line_put_number(struct line *line, const char *before, uint64_t value);

/* What stands for the function of a place, as writer_put_place() puts it. */
void line_put_position(struct line *line, const struct place *place, bool with_offset);

/* "server.go:7", which must be known. */
void line_put_file(struct line *line, const struct place *place);

#endif
