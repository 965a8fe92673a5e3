/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/log.h"
#include "base/stack.h"
#include "command/command.h"
#include "command/slips.h"

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
	const struct command *command;
	_cleanup_error_ struct error *err = NULL;
	int status, first;

	reserve_standard_files();
	argp_err_exit_status = STATUS_USAGE;
	command = command_choose(argc, argv);
	first = command->name ? 1 : 0;
	err = slips_find(command, argc - first, argv + first);
	if (err) {
		log_failure(err);
		return STATUS_USAGE;
	}
	err = stack_run(command->run, argc - first, argv + first, &status);
	if (!err)
		return status;
	log_failure(err);
	return STATUS_FAILED;
}
