/* SPDX-License-Identifier: MIT */
/*
 * choice.h - processes that are chosen by their cgroup or their name (--cgroup, --container, --pod, --comm), and
 * the program that runs there.
 */
#ifndef COMMAND_CHOICE_H
#define COMMAND_CHOICE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "process/cgroup.h"

struct process_choice {
	enum cgroup_kind kind;
	const char *word; /* the option's value; with CGROUP_ANY NULL */
	const char *comm; /* --comm; NULL: any */
	char *folder; /* of the cgroup, see choice_find(); owned; NULL: any */
};

/* One of the options was given. */
static inline bool choice_is_wanted(const struct process_choice *choice)
{
	return choice->kind || choice->comm;
}

/* Finds the cgroup. Errors: those of cgroup_find(). */
struct error *choice_find(struct process_choice *choice);

/* The first argument names a file, and is BINARY; it is a function's name otherwise. */
bool choice_is_file(const char *word);

/*
 * After choice_find(): one of the processes, of those that run the only Go program there; with --comm, where there are
 * several, that of the process that was started last, with a warning. Waits until there is one, and says so, and that
 * the run's timeout begins later if it `has_timeout`. Errors: there are several programs, or none is Go's, with a list;
 * told to stop by a signal.
 */
struct error *choice_program(const struct process_choice *choice, bool has_timeout, pid_t *pid);

/* The same, while none of the chosen processes runs the file any more: whether some run another Go program. */
bool choice_has_successor(const struct process_choice *choice, const struct stat *file, pid_t *pid);

void choice_destroy(struct process_choice *choice);

#endif
