/* SPDX-License-Identifier: MIT */
/* running.h - which processes run a binary, and from which file. */
#ifndef COMMAND_RUNNING_H
#define COMMAND_RUNNING_H

#include "gofuncgraph/gobin.h"

/*
 * Warns of processes that were started from a file of this name which was replaced since: probes
 * belong to the file, so they are not traced.
 */
void running_warn_of_replaced(const struct gobin *bin);

#endif
