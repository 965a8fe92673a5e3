/* SPDX-License-Identifier: MIT */
/* bash.c - what gofuncgraph-c.bash names. */
#include "completion/completion.h"

void print_bash_with_value(FILE *out)
{
	print_with_value(out, " | ");
}

static void print_value(struct visit *visit, const struct argp_option *option)
{
	static const char *const actions[] = {
		[VALUE_FILE] = "_gofuncgraph_c_files",
		[VALUE_PID] = "_gofuncgraph_c_words \"$(cd /proc && echo [0-9]*)\"",
		[VALUE_FUNCTION] = "_gofuncgraph_c_functions \"$cur\" \"${of[@]}\"",
		[VALUE_TEMPLATE] = "_gofuncgraph_c_templates",
	};
	const char *command = command_name(visit->command);
	struct value value;

	if (!option_takes_value(option))
		return;
	value = value_of(visit->command, option);
	if (value.kind == VALUE_ANY)
		return;
	fputs("\t\t", visit->out);
	if (has_letter(option))
		fprintf(visit->out, "\"%s -%c\" | ", command, option->key);
	fprintf(visit->out, "\"%s --%s\") ", command, option->name);
	if (value.kind == VALUE_WORDS)
		fprintf(visit->out, "_gofuncgraph_c_words '%s' ;;\n", value.words);
	else
		fprintf(visit->out, "%s ;;\n", actions[value.kind]);
}

void print_bash_values(FILE *out)
{
	struct visit visit = {.out = out};

	visit_all_options(&visit, print_value);
}

static void print_option(struct visit *visit, const struct argp_option *option)
{
	fprintf(visit->out, "%s--%s", visit->before, option->name);
	visit->before = " ";
}

void print_bash_options(FILE *out)
{
	for (size_t i = 0; command_at(i); i++) {
		struct visit visit = {.out = out, .command = command_at(i), .before = ""};

		fprintf(out, "\t\t'%s') _gofuncgraph_c_words '", command_name(visit.command));
		visit_options(&visit, print_option);
		fprintf(out, "' ;;\n");
	}
}
