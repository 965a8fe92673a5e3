/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
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

/*
 * A standard file that is closed stays so, to us and to a program that we start, but no file of
 * ours gets its number: what is written to it would be written there.
 */
static void reserve_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/", O_PATH | O_CLOEXEC) < 0)
			return;
}

int main(int argc, char **argv)
{
	reserve_standard_files();
	argp_err_exit_status = STATUS_USAGE;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return command_trace(argc, argv);
}
