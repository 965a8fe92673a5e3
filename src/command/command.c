/* SPDX-License-Identifier: MIT */
/* command.c - finds the command's name among options and their values; see command.h. */
#include "command/command.h"
#include "command/options.h"

#include <string.h>

static const struct command commands[] = {
	{NULL, &trace_argp, command_trace},
	{"list", &list_argp, command_list},
	{"hunt", &hunt_argp, command_hunt},
	{"states", &states_argp, command_states},
	{"goroutines", &goroutines_argp, command_goroutines},
	{"record", &record_argp, command_record},
	{"replay", &replay_argp, command_replay},
	{"report", &report_argp, command_report},
	{"export", &export_argp, command_export},
	{"bpftrace", &bpftrace_argp, command_bpftrace},
};

#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_at(size_t index)
{
	return index < NUM_COMMANDS ? &commands[index] : NULL;
}

/* ---- which options have values ---- */

/* `name`: a long option, or a beginning of one. */
static bool is_option(const struct argp_option *option, char key, const char *name, size_t length)
{
	if (!name)
		return option->key == key;
	return option->name && !strncmp(option->name, name, length);
}

static bool has_value(const struct argp *argp, char key, const char *name, size_t length)
{
	for (const struct argp_option *option = argp->options; option; option++) {
		if (!option->name && !option->key && !option->doc)
			break;
		if (option_takes_value(option) && is_option(option, key, name, length))
			return true;
	}
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		if (has_value(child->argp, key, name, length))
			return true;
	return false;
}

/* In any command: which one it is, is not known yet. */
static bool any_has_value(char key, const char *name, size_t length)
{
	for (size_t i = 0; i < NUM_COMMANDS; i++)
		if (has_value(commands[i].argp, key, name, length))
			return true;
	return false;
}

bool command_option_takes_next(const char *option)
{
	if (option[1] == '-')
		return !strchr(option, '=') && any_has_value(0, option + 2, strlen(option + 2));
	for (const char *key = option + 1; *key; key++)
		if (any_has_value(*key, NULL, 0))
			return !key[1]; /* else it is what follows, as in -uGLOB */
	return false;
}

/* ---- choosing ---- */

int command_word(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (argv[i][0] != '-' || !argv[i][1])
			return i;
		if (command_option_takes_next(argv[i]))
			i++;
	}
	return 0;
}

const struct command *command_choose(int argc, char **argv)
{
	int word = command_word(argc, argv);
	char *name = argv[word];

	for (size_t i = 1; word && i < NUM_COMMANDS; i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		memmove(argv + 2, argv + 1, (size_t)(word - 1) * sizeof(*argv));
		argv[1] = name;
		return &commands[i];
	}
	return &commands[0];
}
