/* SPDX-License-Identifier: MIT */
/*
 * pid_word.h - the process id that -p is given. It often comes from `pidof`, which prints nothing when there is no
 * such process, and several ids when there are several.
 */
#ifndef COMMAND_PID_WORD_H
#define COMMAND_PID_WORD_H

#include <sys/types.h>

#include "base/error.h"

struct error *pid_word_parse(const char *word, pid_t *pid);

/* That -p was given more than one, of which this is the first. */
struct error *pid_word_several(pid_t first);

#endif
