/* SPDX-License-Identifier: MIT */
/* progress.h - what goes on while nothing is printed, in one line that fits (base/status_line.h). Pure. */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include "base/status_line.h"
#include "guard/guard.h"

/* What a command has counted so far. */
struct progress_count {
	uint64_t count;
	const char *one,
		*many; /* "call of a target", "calls of targets"; NULL: it counts nothing */
	bool are_chosen; /* not all are shown: */
	uint64_t num_shown;
};

struct progress {
	size_t num_funcs; /* 0: goroutines are traced */
	size_t num_probes;
	bool is_attaching; /* carefully: nothing is counted yet */
	bool are_processes_chosen; /* not all that run the file are traced: they are not counted */
	struct guard_now guard;
	struct progress_count counted;
};

/* In at most `columns` of them: what matters least is left out first. "": not even the rest fits. */
void progress_text(const struct progress *progress, size_t columns, char text[STATUS_LINE_SIZE]);

#endif
