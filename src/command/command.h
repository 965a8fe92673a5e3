/* SPDX-License-Identifier: MIT */
/*
 * command.h - the commands. Each takes the arguments from its own name on, and returns the exit
 * status.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <argp.h>
#include <stdbool.h>

#include "base/error.h"

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1, /* could not do it */
	STATUS_USAGE = 2, /* the command line is wrong */
};

struct command {
	const char *name; /* NULL: tracing, which needs none */
	const struct argp *argp;
	int (*run)(int argc, char **argv);
};

/*
 * Returns the command whose name is the first argument that is neither an option nor an option's
 * value. Options before the name mean the same as behind it, so they are moved behind it, to argv[2]
 * and so on. A binary that has the name of a command is written ./list.
 */
const struct command *command_choose(int argc, char **argv);

/* The first argument that is no option and no value of one; 0: none before the end or `--`. */
int command_word(int argc, char **argv);

/* True when the next argument is the value of this option of any command, as in `-u GLOB` or `--output FILE`. */
bool command_option_takes_next(const char *option);

/* All of them, in the order of --help, the unnamed one first; NULL beyond the last. */
const struct command *command_at(size_t index);

/* The exit status that a command ends with; tells why it failed, if it did. Takes err. */
int command_status(struct error *err);
/* The same of a command that prints through stdio: also if that, such as "the list", was not printed. */
int command_status_of_printed(struct error *err, const char *what);

extern const struct argp trace_argp, list_argp, hunt_argp, states_argp, goroutines_argp,
	record_argp, replay_argp, report_argp, export_argp, bpftrace_argp;

int command_trace(int argc, char **argv);
int command_list(int argc, char **argv);
int command_hunt(int argc, char **argv);
int command_states(int argc, char **argv);
int command_goroutines(int argc, char **argv);
int command_record(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_report(int argc, char **argv);
int command_export(int argc, char **argv);
int command_bpftrace(int argc, char **argv);

#endif
