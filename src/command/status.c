/* SPDX-License-Identifier: MIT */
/* status.c - how commands end. */
#include "base/log.h"
#include "command/command.h"

int command_status(struct error *err)
{
	if (!err)
		return STATUS_OK;
	log_failure(err);
	error_free(err);
	return STATUS_FAILED;
}

int command_status_of_printed(struct error *err, const char *what)
{
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = error_new("cannot write %s to standard output", what);
	return command_status(err);
}
