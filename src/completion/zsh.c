/* SPDX-License-Identifier: MIT */
/* zsh.c - what _gofuncgraph-c names: arguments of zsh's _arguments. */
#include "completion/completion.h"

void print_zsh_with_value(FILE *out)
{
	print_with_value(out, "|");
}

/* Inside of '...', where ':' and brackets mean something to _arguments. */
static void print_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", out);
		else if (*text == ':' || *text == '[' || *text == ']' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_action(struct visit *visit, const struct argp_option *option)
{
	static const char *const actions[] = {
		[VALUE_ANY] = " ",
		[VALUE_FILE] = "_files",
		[VALUE_PID] = "_pids",
		[VALUE_FUNCTION] = "_gofuncgraph_c_functions",
		[VALUE_TEMPLATE] = "_gofuncgraph_c_templates",
	};
	struct value value = value_of(visit->command, option);

	fprintf(visit->out, ":%s:", option->arg);
	if (value.kind == VALUE_WORDS)
		fprintf(visit->out, "(%s)", value.words);
	else
		fputs(actions[value.kind], visit->out);
}

/* '*'{-u+,--uprobe-wildcards=}'[doc]:GLOB:action' */
static void print_option(struct visit *visit, const struct argp_option *option)
{
	bool takes_value = option_takes_value(option);

	fputs("\t\t\t'*'", visit->out);
	if (has_letter(option))
		fprintf(visit->out, "{-%c%s,--%s%s}'", option->key, takes_value ? "+" : "",
			option->name, takes_value ? "=" : "");
	else
		fprintf(visit->out, "'--%s%s", option->name, takes_value ? "=" : "");
	fputc('[', visit->out);
	print_text(visit->out, option->doc);
	fputc(']', visit->out);
	if (takes_value)
		print_action(visit, option);
	fputs("'\n", visit->out);
}

void print_zsh_options(FILE *out)
{
	for (size_t i = 0; command_at(i); i++) {
		struct visit visit = {.out = out, .command = command_at(i)};

		fprintf(out, "\t'%s')\n\t\toptions=(\n", command_name(visit.command));
		visit_options(&visit, print_option);
		fputs("\t\t) ;;\n", out);
	}
}
