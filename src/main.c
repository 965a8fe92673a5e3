/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"list", command_list},
	{"states", command_states},
	{"bpftrace", command_bpftrace},
};

const char *argp_program_version = "gofuncgraph-c " VERSION;

int main(int argc, char **argv)
{
	argp_err_exit_status = STATUS_USAGE;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return command_trace(argc, argv);
}
