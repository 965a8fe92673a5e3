/* SPDX-License-Identifier: MIT */
#include "command/slips.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/edit_distance.h"
#include "base/text.h"
#include "command/options.h"
#include "command/other_option.h"
#include "command/pid_word.h"

static bool is_file(const char *word)
{
	return !access(word, F_OK);
}

/* ---- commands ---- */

/* What people type who know other tools. */
static const struct {
	const char *word, *meant;
} other_words[] = {
	{"trace", "tracing is what is done without a command: leave 'trace' out"},
	{"help", "--help tells what there is, and COMMAND --help of a command"},
	{"version", "--version tells it"},
};

/* Shortened to three letters or more, or misspelt. */
static bool is_nearly(const char *word, const char *name)
{
	size_t length = strlen(word), limit = length < 8 ? 1 : 2;

	return length >= 3 && (text_starts_with(name, word) ||
			       edit_distance(word, length, name, strlen(name), limit) <= limit);
}

/* A binary is a file, and the name of a function of Go has a point. */
static struct error *find_command(const char *word)
{
	const struct command *command;

	if (is_file(word))
		return NULL;
	for (size_t i = 0; i < sizeof(other_words) / sizeof(other_words[0]); i++)
		if (!strcmp(word, other_words[i].word))
			return error_new("there is no file '%s'; %s", word, other_words[i].meant);
	for (size_t i = 1; (command = command_at(i)); i++)
		if (is_nearly(word, command->name))
			return error_new("there is no file '%s': did you mean the command %s?",
					 word, command->name);
	return NULL;
}

/* ---- values ---- */

struct sought {
	const char *word; /* an option as it was typed */
	const char *value; /* of --help: what its value is called, or its long name; NULL: none */
};

static void look_at_option(void *context, const struct argp_option *option)
{
	struct sought *sought = context;
	const char *word = sought->word;
	bool is_it = word[1] == '-' ? text_starts_with(option->name, word + 2)
				    : option->key == word[strlen(word) - 1];

	if (is_it && option_takes_value(option))
		sought->value = option->arg;
}

static const char *value_of(const char *word)
{
	struct sought sought = {.word = word};

	if (word[0] != '-' || !word[1] || !strcmp(word, "--"))
		return NULL;
	for (size_t i = 0; command_at(i); i++)
		options_visit(command_at(i)->argp, look_at_option, &sought);
	return sought.value;
}

static bool is_number(const char *word)
{
	return *word && !word[strspn(word, "0123456789.")];
}

/* "10" "ms" */
static struct error *find_unit(const char *option, const char *number, const char *unit)
{
	_cleanup_free_ char *joined = NULL;
	struct error *err, *other;
	uint64_t value;
	bool is_one;

	if (!isalpha((unsigned char)*unit) || is_file(unit))
		return NULL;
	if (asprintf(&joined, "%s%s", number, unit) < 0)
		return error_out_of_memory();
	err = text_parse_duration(joined, &value);
	other = text_parse_size(joined, &value);
	is_one = !err || !other;
	error_free(err);
	error_free(other);
	return is_one ? error_new("%s %s %s: write it without the blank, %s", option, number, unit,
				  joined)
		      : NULL;
}

/* `words`: an option and what follows. */
static struct error *find_value(char **words)
{
	const char *value = value_of(words[0]);
	pid_t first, second;

	if (!value || !is_number(words[1]))
		return NULL;
	if (!strcmp(value, "DURATION") || !strcmp(value, "SIZE") || !strcmp(value, "AMOUNT"))
		return find_unit(words[0], words[1], words[2]);
	if (strcmp(value, "PID") || is_file(words[2]))
		return NULL;
	_cleanup_error_ struct error *err = pid_word_parse(words[1], &first);
	_cleanup_error_ struct error *other = pid_word_parse(words[2], &second);
	if (err || other)
		return NULL;
	_cleanup_error_ struct error *several = pid_word_several(first);
	return error_new("%s %d %d: %s", words[0], first, second, error_message(several));
}

/* ---- short options ---- */

static void look_for_name(void *context, const struct argp_option *option)
{
	struct sought *sought = context;

	if (option->key == sought->word[1] && option->arg)
		sought->value = option->name;
}

/* "-r=main.*": the sign would be the first character of the value. */
static struct error *find_sign(const struct command *command, const char *word)
{
	struct sought sought = {.word = word};

	if (word[0] != '-' || !isalpha((unsigned char)word[1]) || word[2] != '=')
		return NULL;
	options_visit(command->argp, look_for_name, &sought);
	return sought.value ? error_new("%s: write -%c%s or --%s%s", word, word[1], word + 3,
					sought.value, word + 2)
			    : NULL;
}

/* ---- all of it ---- */

static void look_for_pid(void *context, const struct argp_option *option)
{
	if (option->key == 'p')
		*(bool *)context = true;
}

/* "gofuncgraph-c hunt 812 main.handle" */
static struct error *find_pid(const struct command *command, const char *word)
{
	bool has_pid = false;

	if (!*word || word[strspn(word, "0123456789")] || is_file(word))
		return NULL;
	options_visit(command->argp, look_for_pid, &has_pid);
	return has_pid ? error_new("there is no file '%s': a process is given by -p %s", word, word)
		       : NULL;
}

struct error *slips_find(const struct command *command, int argc, char **argv)
{
	int word = command_word(argc, argv);
	struct error *err = NULL;

	err = other_option_find(command, argc, argv);
	for (int i = 1; !err && i + 2 < argc && strcmp(argv[i], "--") != 0; i++)
		err = find_value(argv + i);
	for (int i = 1; !err && i < argc && strcmp(argv[i], "--") != 0; i++) {
		err = find_sign(command, argv[i]);
		i += command_option_takes_next(argv[i]);
	}
	if (!err && word)
		err = find_pid(command, argv[word]);
	if (!err && word && !command->name)
		err = find_command(argv[word]);
	return err;
}
