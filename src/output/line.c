/* SPDX-License-Identifier: MIT */
#include "output/line.h"

#include <string.h>

#include "base/terminal.h"

#define ELLIPSIS "…" /* one column */

void line_begin(struct line *line, size_t width)
{
	line->width = width && width < LINE_MAX_WIDTH ? width : LINE_MAX_WIDTH;
	line->columns = line->used = line->cut_at = 0;
	line->is_cut = line->is_styled = false;
}

static size_t put_columns(struct line *line, const char *text, size_t len, size_t max_columns)
{
	size_t columns;
	size_t fits = terminal_fit(text, len, max_columns - line->columns, &columns);

	memcpy(line->text + line->used, text, fits);
	line->used += fits;
	line->columns += columns;
	return fits;
}

void line_put(struct line *line, const char *text, size_t len)
{
	size_t put = 0;

	if (line->is_cut)
		return;
	if (line->columns < line->width) {
		put = put_columns(line, text, len, line->width - 1);
		line->cut_at = line->used;
	}
	put += put_columns(line, text + put, len - put, line->width);
	line->is_cut = put < len;
}

void line_puts(struct line *line, const char *text)
{
	line_put(line, text, strlen(text));
}

void line_put_spaces(struct line *line, size_t count)
{
	while (count--)
		line_put(line, " ", 1);
}

void line_style(struct line *line, const char *escape)
{
	size_t len = strlen(escape);

	if (line->is_cut)
		return;
	memcpy(line->text + line->used, escape, len);
	line->used += len;
	line->is_styled = true;
}

void line_end(struct line *line)
{
	if (!line->is_cut)
		return;
	memcpy(line->text + line->cut_at, ELLIPSIS, strlen(ELLIPSIS));
	line->used = line->cut_at + strlen(ELLIPSIS);
	/* The one that was put may have been cut off. */
	line->is_cut = false;
	if (line->is_styled)
		line_style(line, LINE_PLAIN);
}

size_t line_begin_part(struct line *line, size_t columns)
{
	size_t width = line->width;

	if (columns < width - line->columns)
		line->width = line->columns + columns;
	return width;
}

void line_end_part(struct line *line, size_t width)
{
	/* The line itself was cut before, or is now. */
	if (line->width == width)
		return;
	if (line->is_cut)
		line->columns = line->width;
	line_end(line);
	line->width = width;
}
