/* SPDX-License-Identifier: MIT */
/* help.c - lines of 79 columns; see help.h. */
#include "command/help.h"

#include <stdbool.h>
#include <string.h>

#include "command/options.h"

#define WIDTH       79
#define TEXT_COLUMN 29 /* of what an option does */

/* Prints the words of `text` from `column` on, where the line is already, up to `end`. */
static void fill(FILE *out, const char *text, const char *end, int column)
{
	int used = column;

	while (text < end) {
		int length = (int)strcspn(text, " \n");

		if (length > end - text)
			length = (int)(end - text);
		if (used > column && used + 1 + length > WIDTH) {
			fprintf(out, "\n%*s", column, "");
			used = column;
		}
		used += fprintf(out, "%s%.*s", used > column ? " " : "", length, text);
		text += length + 1;
	}
	fputc('\n', out);
}

/* From `text` to `end`, line by line. */
static void print_lines(FILE *out, const char *text, const char *end)
{
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text)) ?: end;

		if (*text == ' ')
			fprintf(out, "%.*s\n", (int)(line_end - text), text);
		else
			fill(out, text, line_end, 0);
		text = line_end + 1;
	}
}

/* ---- options ---- */

struct table {
	FILE *out;
	int group; /* whose title is printed */
};

/* Returns how many columns it took. */
static int print_name(FILE *out, const struct argp_option *option)
{
	bool has_letter = option->key > ' ' && option->key < 0x7f;

	if (option->flags & OPTION_DOC)
		return fprintf(out, "  %s", option->name);
	if (option->flags & OPTION_ARG_OPTIONAL)
		return fprintf(out, "  -%c, --%s[=%s]", option->key, option->name, option->arg);
	return (has_letter ? fprintf(out, "  -%c, ", option->key) : fprintf(out, "      ")) +
	       fprintf(out, "--%s%s%s", option->name, option->arg ? "=" : "", option->arg ?: "");
}

static void print_option(void *context, const struct argp_option *option)
{
	struct table *table = context;
	int used;

	if (option->group != table->group) {
		table->group = option->group;
		fprintf(table->out, "\n%s\n", option_group_title(option->group));
	}
	used = print_name(table->out, option);
	if (used + 2 > TEXT_COLUMN) {
		fputc('\n', table->out);
		used = 0;
	}
	fprintf(table->out, "%*s", TEXT_COLUMN - used, "");
	fill(table->out, option->doc, strchr(option->doc, 0), TEXT_COLUMN);
}

/* ---- all ---- */

void help_print_usage(const struct argp *argp, const char *name, FILE *out)
{
	const char *form = argp->args_doc;

	for (const char *before = "Usage:"; form; before = "  or: ") {
		const char *end = strchr(form, '\n');

		fprintf(out, "%s %s ", before, name);
		fprintf(out, "%.*s\n", end ? (int)(end - form) : (int)strlen(form), form);
		form = end ? end + 1 : NULL;
	}
}

void help_print(const struct argp *argp, const char *name, FILE *out)
{
	const char *end = strchr(argp->doc, 0), *last = strchr(argp->doc, '\v') ?: end;
	struct table table = {.out = out};

	print_lines(out, argp->doc, last);
	fputc('\n', out);
	help_print_usage(argp, name, out);
	options_visit(argp, print_option, &table);
	if (last < end) {
		fputc('\n', out);
		print_lines(out, last + 1, end);
	}
}
