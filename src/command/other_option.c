/* SPDX-License-Identifier: MIT */
/* other_option.c - looks an option up in the tables of all commands; see other_option.h. */
#include "command/other_option.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/options.h"

/* An option as it was typed. */
struct sought {
	char key; /* of -u; 0: it is a long one */
	const char *name; /* a long one or the beginning of one, which may go on as "=VALUE" does */
	size_t length; /* of the name */
	const struct argp_option *found;
	bool is_exact, has_several; /* there is more than one that begins so */
};

static void look_at(void *context, const struct argp_option *option)
{
	struct sought *sought = context;
	bool is_exact;

	if (option->flags & OPTION_DOC)
		return;
	if (sought->key) {
		sought->found = option->key == sought->key ? option : sought->found;
		return;
	}
	if (strncmp(option->name, sought->name, sought->length) != 0)
		return;
	is_exact = !option->name[sought->length];
	if (sought->is_exact && !is_exact)
		return;
	sought->has_several = !is_exact && sought->found &&
			      (sought->has_several || strcmp(sought->found->name, option->name));
	sought->is_exact = is_exact;
	sought->found = option;
}

static bool has(const struct command *command, struct sought sought)
{
	sought.found = NULL;
	options_visit(command->argp, look_at, &sought);
	return sought.found;
}

static const char *name_of(const struct command *command)
{
	return command->name ?: "tracing (without a command)";
}

/* "list, record and hunt". Returns how many there are. */
static unsigned print_owners(FILE *out, const struct sought *sought)
{
	unsigned num_owners = 0, num_printed = 0;

	for (size_t i = 0; command_at(i); i++)
		num_owners += has(command_at(i), *sought);
	for (size_t i = 0; command_at(i); i++) {
		if (!has(command_at(i), *sought))
			continue;
		if (num_printed)
			fputs(num_printed + 1 < num_owners ? ", " : " and ", out);
		fputs(name_of(command_at(i)), out);
		num_printed++;
	}
	return num_owners;
}

static struct error *explain(const struct command *command, const struct sought *sought)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned num_owners;

	if (!out)
		return error_out_of_memory();
	if (sought->key)
		fprintf(out, "%s has no option -%c; ", name_of(command), sought->key);
	else
		fprintf(out, "%s has no option --%s; ", name_of(command), sought->found->name);
	num_owners = print_owners(out, sought);
	fprintf(out, " %s it: use %s, or leave the option out (gofuncgraph-c%s%s --help)",
		num_owners == 1 ? "has" : "have", num_owners == 1 ? "that" : "one of those",
		command->name ? " " : "", command->name ?: "");
	return fclose(out) ? error_out_of_memory() : error_new("%s", text);
}

/* NULL: the command has it, or nobody. */
static struct error *judge(const struct command *command, struct sought sought)
{
	if (has(command, sought))
		return NULL;
	for (size_t i = 0; command_at(i); i++)
		options_visit(command_at(i)->argp, look_at, &sought);
	if (!sought.found || sought.has_several)
		return NULL;
	if (!sought.key) {
		sought.name = sought.found->name;
		sought.length = strlen(sought.name);
	}
	return explain(command, &(struct sought){.key = sought.key,
						 .name = sought.name,
						 .length = sought.length,
						 .found = sought.found});
}

static struct error *judge_letters(const struct command *command, const char *letters)
{
	struct error *err = NULL;

	for (const char *key = letters; !err && *key; key++) {
		const char option[] = {'-', *key, 0};

		err = judge(command, (struct sought){.key = *key});
		if (command_option_takes_next(option))
			break; /* what follows is its value */
	}
	return err;
}

struct error *other_option_find(const struct command *command, int argc, char **argv)
{
	struct error *err = NULL;

	for (int i = 1; !err && i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *word = argv[i];

		if (word[0] != '-')
			continue;
		if (word[1] == '-')
			err = judge(command, (struct sought){.name = word + 2,
							     .length = strcspn(word + 2, "=")});
		else
			err = judge_letters(command, word + 1);
		i += command_option_takes_next(word);
	}
	return err;
}
