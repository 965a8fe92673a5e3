/* SPDX-License-Identifier: MIT */
/* process_lines.c - processes by their command lines; see process_lines.h. */
#include "output/process_lines.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/terminal.h"
#include "base/text.h"
#include "output/line.h"

/* ---- text ---- */

/* The arguments as one text, cut to a terminal's width where it goes to one. */
static void put_line(struct output *out, const char *start, const char *command)
{
	int fd = fileno(out->options.file);
	struct line line;

	if (fd < 0 || !isatty(fd)) {
		writer_puts(&out->writer, start);
		writer_puts(&out->writer, command);
		writer_puts(&out->writer, "\n");
		return;
	}
	line_begin(&line, terminal_width(fd));
	line_puts(&line, start);
	line_puts(&line, command);
	line_end(&line);
	writer_put(&out->writer, line.text, line.used);
	writer_puts(&out->writer, "\n");
}

/* `line`: NULL is fine. `what`: between both. */
static void introduce(struct output *out, uint32_t pid, struct command_line *line, const char *what)
{
	_cleanup_free_ char *command = command_line_text(line);
	char start[48];

	snprintf(start, sizeof(start), "[%u] %s", pid, what);
	put_line(out, start, command ?: "?");
	if (line)
		line->is_told = true;
}

static bool are_several(const struct output *out)
{
	return out->options.command_lines && command_lines_are_several(out->options.command_lines);
}

void process_lines_change(struct output *out, uint32_t pid)
{
	struct command_lines *lines = out->options.command_lines;
	struct command_line *line;
	char start[48];

	if (are_several(out)) {
		line = command_lines_find(lines, pid);
		if (!out->names_processes && out->last_pid && out->last_pid != pid)
			introduce(out, out->last_pid, command_lines_find(lines, out->last_pid),
				  "(above) ");
		snprintf(start, sizeof(start), "[%u]", pid);
		if (!line || !line->is_told)
			introduce(out, pid, line, "");
		else if (out->last_pid != pid || !out->names_processes)
			put_line(out, start, "");
		out->names_processes = true;
	}
	out->last_pid = pid;
}

static void introduce_once(struct output *out, uint32_t pid)
{
	struct command_line *line = command_lines_find(out->options.command_lines, pid);

	if (line && !line->is_told)
		introduce(out, pid, line, "");
}

void process_lines_introduce(struct output *out, uint32_t pid)
{
	if (are_several(out)) {
		if (out->last_pid)
			introduce_once(out, out->last_pid);
		introduce_once(out, pid);
		out->names_processes = true;
	}
	out->last_pid = pid;
}

bool process_lines_take(struct output *out, uint32_t pid)
{
	struct command_line *line =
		are_several(out) ? command_lines_find(out->options.command_lines, pid) : NULL;
	bool is_new = line && !line->is_told;

	if (is_new)
		line->is_told = true;
	return is_new;
}

void process_lines_put(struct output *out, uint32_t pid)
{
	introduce(out, pid, command_lines_find(out->options.command_lines, pid), "");
}

/* ---- JSON ---- */

void process_lines_put_arguments(struct json_writer *json, const struct command_line *line)
{
	const char *argument = line->arguments, *end = argument + line->len;

	json_member_open(json, "command_line", '[');
	while (argument < end) {
		size_t len = strlen(argument);
		_cleanup_free_ char *text = text_escape(argument, len);

		json_element_text(json, text ?: "?");
		argument += len + 1;
	}
	json_close(json, ']');
}

void process_lines_json(struct output *out, struct json_writer *json, uint32_t pid)
{
	struct command_line *line;

	if (!out->options.command_lines)
		return;
	line = command_lines_find(out->options.command_lines, pid);
	if (!line || line->is_told || !line->len)
		return;
	line->is_told = true;
	process_lines_put_arguments(json, line);
}
