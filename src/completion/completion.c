/* SPDX-License-Identifier: MIT */
/* completion.c - prints a template with its @names@ filled in: completion TEMPLATE. */
#include "completion/completion.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

const char *argp_program_version = "gofuncgraph-c " VERSION;

/* ---- tables ---- */

const char *command_name(const struct command *command)
{
	return command->name ?: "";
}

bool has_letter(const struct argp_option *option)
{
	return option->key > ' ' && option->key < 0x7f;
}

struct filter {
	struct visit *visit;
	void (*visitor)(struct visit *visit, const struct argp_option *option);
};

static void leave_out_arguments(void *context, const struct argp_option *option)
{
	struct filter *filter = context;

	if (!(option->flags & OPTION_DOC))
		filter->visitor(filter->visit, option);
}

void visit_options(struct visit *visit,
		   void (*visitor)(struct visit *visit, const struct argp_option *option))
{
	struct filter filter = {visit, visitor};

	options_visit(visit->command->argp, leave_out_arguments, &filter);
}

void visit_all_options(struct visit *visit,
		       void (*visitor)(struct visit *visit, const struct argp_option *option))
{
	for (size_t i = 0; command_at(i); i++) {
		visit->command = command_at(i);
		visit_options(visit, visitor);
	}
}

struct names {
	FILE *out;
	const char *between;
	const char *names[64]; /* printed */
	size_t count;
};

static void print_once(void *context, const struct argp_option *option)
{
	struct names *names = context;

	if (!option_takes_value(option) ||
	    names->count == sizeof(names->names) / sizeof(names->names[0]))
		return;
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->names[i], option->name))
			return;
	if (names->count)
		fputs(names->between, names->out);
	names->names[names->count++] = option->name;
	if (has_letter(option))
		fprintf(names->out, "-%c%s", option->key, names->between);
	fprintf(names->out, "--%s", option->name);
}

void print_with_value(FILE *out, const char *between)
{
	struct names names = {.out = out, .between = between};

	for (size_t i = 0; command_at(i); i++)
		options_visit(command_at(i)->argp, print_once, &names);
}

void print_commands(FILE *out)
{
	for (size_t i = 1; command_at(i); i++)
		fprintf(out, "%s%s", i > 1 ? " " : "", command_at(i)->name);
}

/* ---- templates ---- */

static const struct part {
	const char *name;
	void (*print)(FILE *out);
} parts[] = {
	{"@commands@", print_commands},
	{"@bash-with-value@", print_bash_with_value},
	{"@bash-values@\n", print_bash_values},
	{"@bash-options@\n", print_bash_options},
	{"@zsh-with-value@", print_zsh_with_value},
	{"@zsh-options@\n", print_zsh_options},
	{"@fish-with-value@", print_fish_with_value},
	{"@fish-options@\n", print_fish_options},
};

static const struct part *part_at(const char *text)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (text_starts_with(text, parts[i].name))
			return &parts[i];
	return NULL;
}

static void print_line(const char *line)
{
	while (*line) {
		const struct part *part = part_at(line);

		if (part)
			part->print(stdout);
		else
			putchar(*line);
		line += part ? strlen(part->name) : 1;
	}
}

int main(int argc, char **argv)
{
	_cleanup_fclose_ FILE *template = argc == 2 ? fopen(argv[1], "re") : NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!template)
		return STATUS_USAGE;
	while (getline(&line, &size, template) > 0)
		print_line(line);
	return ferror(template) || fflush(stdout) || ferror(stdout) ? STATUS_FAILED : STATUS_OK;
}
