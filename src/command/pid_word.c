/* SPDX-License-Identifier: MIT */
#include "command/pid_word.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char ids[] = "0123456789 \t\n";

struct error *pid_word_several(pid_t first)
{
	return error_new(
		"that is more than one process: for all that run the program, give BINARY in place of -p, such as /proc/%d/exe",
		first);
}

struct error *pid_word_parse(const char *word, pid_t *pid)
{
	uint64_t number = 0;
	_cleanup_error_ struct error *err = text_parse_count(word, INT32_MAX, &number);

	*pid = (pid_t)number;
	if (!err)
		return NULL;
	if (*word && !word[strspn(word, ids)] && strpbrk(word, " \t\n") && atoi(word))
		return pid_word_several(atoi(word));
	return error_new(
		"'%s' is no process id: when `pidof NAME` prints nothing, no such process runs; to trace the next one, give --comm NAME in place of -p",
		word);
}
