/* SPDX-License-Identifier: MIT */
/* fish.c - what gofuncgraph-c.fish names: a line of `complete` for each option. */
#include "completion/completion.h"

void print_fish_with_value(FILE *out)
{
	print_with_value(out, " ");
}

static void print_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_option(struct visit *visit, const struct argp_option *option)
{
	static const char *const values[] = {
		[VALUE_ANY] = " -x",
		[VALUE_FILE] = " -r -F",
		[VALUE_PID] = " -x -a '(__fish_complete_pids)'",
		[VALUE_FUNCTION] = " -x -a '(__gofuncgraph_c_functions)'",
		[VALUE_TEMPLATE] = " -r -F -a '(__gofuncgraph_c_templates)'",
	};
	struct value value = {};

	fprintf(visit->out, "complete -c gofuncgraph-c -n \"__gofuncgraph_c_in '%s'\"",
		command_name(visit->command));
	if (has_letter(option))
		fprintf(visit->out, " -s '%c'", option->key);
	fprintf(visit->out, " -l %s", option->name);
	if (option_takes_value(option)) {
		value = value_of(visit->command, option);
		if (value.kind == VALUE_WORDS)
			fprintf(visit->out, " -x -a '%s'", value.words);
		else
			fputs(values[value.kind], visit->out);
	}
	fputs(" -d '", visit->out);
	print_text(visit->out, option->doc);
	fputs("'\n", visit->out);
}

void print_fish_options(FILE *out)
{
	struct visit visit = {.out = out};

	visit_all_options(&visit, print_option);
}
