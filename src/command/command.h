/* SPDX-License-Identifier: MIT */
/*
 * command.h - the subcommands: each takes the arguments from its own name on and returns the exit
 * status.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1, /* could not do it */
	STATUS_USAGE = 2,  /* the command line is wrong */
};

int command_trace(int argc, char **argv);
int command_list(int argc, char **argv);
int command_states(int argc, char **argv);
int command_bpftrace(int argc, char **argv);

#endif
