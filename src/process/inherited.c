/* SPDX-License-Identifier: MIT */
#include "process/inherited.h"

#include <stddef.h>

void inherited_save(struct inherited *inherited)
{
	struct sigaction action;

	sigemptyset(&inherited->ignored);
	for (int number = 1; number < NSIG; number++)
		if (!sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN)
			sigaddset(&inherited->ignored, number);
	sigprocmask(SIG_BLOCK, NULL, &inherited->blocked);
	for (int resource = 0; resource < RLIM_NLIMITS; resource++)
		getrlimit(resource, &inherited->limits[resource]);
}

void inherited_restore(const struct inherited *inherited)
{
	struct sigaction action = {};

	for (int resource = 0; resource < RLIM_NLIMITS; resource++)
		setrlimit(resource, &inherited->limits[resource]);
	for (int number = 1; number < NSIG; number++) {
		action.sa_handler = sigismember(&inherited->ignored, number) ? SIG_IGN : SIG_DFL;
		sigaction(number, &action, NULL);
	}
	sigprocmask(SIG_SETMASK, &inherited->blocked, NULL);
}
