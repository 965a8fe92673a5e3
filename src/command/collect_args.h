/* SPDX-License-Identifier: MIT */
/* collect_args.h - the options of what is told of calls inside trees, and of which trees. */
#ifndef COMMAND_COLLECT_ARGS_H
#define COMMAND_COLLECT_ARGS_H

#include <argp.h>

#include "gofuncgraph/run_options.h"

/* For argp's `children`; its input is a struct run_options. */
extern const struct argp collect_argp;

#endif
