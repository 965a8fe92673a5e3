/* SPDX-License-Identifier: MIT */
#include "goroutines/text_out.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

void text_put(struct text_out *out, const char *text)
{
	if (out->report->width)
		line_puts(&out->line, text);
	else
		writer_puts(out->writer, text);
}

void text_put_bytes(struct text_out *out, const char *text, size_t len)
{
	_cleanup_free_ char *safe = text_escape(text, len);

	text_put(out, safe ?: "?");
}

void text_put_hostile(struct text_out *out, const char *text)
{
	text_put_bytes(out, text, strlen(text));
}

void text_put_number(struct text_out *out, uint64_t number)
{
	char text[TEXT_NUMBER_SIZE + 1];

	text[text_format_number(text, number)] = 0;
	text_put(out, text);
}

void text_put_count(struct text_out *out, uint64_t count, const char *one, const char *many)
{
	text_put(out, text_counted(count, one, many).text);
}

void text_put_style(struct text_out *out, const char *style)
{
	if (out->report->is_colored && out->report->width)
		line_style(&out->line, style);
	else if (out->report->is_colored)
		writer_puts(out->writer, style);
}

void text_end_line(struct text_out *out)
{
	if (out->report->width) {
		line_end(&out->line);
		writer_put(out->writer, out->line.text, out->line.used);
		line_begin(&out->line, out->report->width);
	}
	writer_puts(out->writer, "\n");
}
