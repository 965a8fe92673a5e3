/* SPDX-License-Identifier: MIT */
/* place_line.c - places in a line of a terminal; see place_line.h. */
#include "output/place_line.h"

#include <stdio.h>

#include "base/text.h"

void line_put_name(struct line *line, const struct name *name)
{
	line_put(line, name->text, name->len);
}

void line_put_number(struct line *line, const char *before, uint64_t value)
{
	char text[TEXT_NUMBER_SIZE];

	line_puts(line, before);
	line_put(line, text, text_format_number(text, value));
}

void line_put_position(struct line *line, const struct place *place, bool with_offset)
{
	char text[32];

	if (place->function) {
		line_put_name(line, place->function);
		if (with_offset)
			line_put_number(line, "+", place->offset);
	} else if (place->module) {
		line_put_name(line, place->module);
		snprintf(text, sizeof(text), "+0x%llx", (unsigned long long)place->offset);
		line_puts(line, place->offset ? text : "");
	} else {
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)place->va);
		line_puts(line, place->va ? text : "?");
	}
}

void line_put_file(struct line *line, const struct place *place)
{
	line_put_name(line, place->file);
	if (place->line)
		line_put_number(line, ":", place->line);
}
