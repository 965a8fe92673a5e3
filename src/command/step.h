/* SPDX-License-Identifier: MIT */
/* step.h - what is done before there is anything to print, on the line that tells what goes on (base/status_line.h). */
#ifndef COMMAND_STEP_H
#define COMMAND_STEP_H

/* "reading", "./server", which takes seconds if it is large. `what` may hold anything. */
void step_show(const char *doing, const char *what);

#endif
