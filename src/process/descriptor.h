/* SPDX-License-Identifier: MIT */
/*
 * descriptor.h - what a descriptor of another process is, by its name in /proc. Of sockets alone a copy is held for a
 * moment (pidfd_getfd(2), Linux 5.6): to ask about a file, or to close one, may take as long as the program's own call.
 */
#ifndef PROCESS_DESCRIPTOR_H
#define PROCESS_DESCRIPTOR_H

#include <sys/types.h>

#include "gofuncgraph/waited_on.h"

/* Stays as it is where that is not known: ON_NOTHING, mostly. */
void descriptor_tell(pid_t pid, int fd, struct waited_on *on);

#endif
