/* SPDX-License-Identifier: MIT */
/* value_args.h - the options that ask for values of calls by name and type. */
#ifndef COMMAND_VALUE_ARGS_H
#define COMMAND_VALUE_ARGS_H

#include <argp.h>

#include "gofuncgraph/run_options.h"

/* For argp's `children`; its input is a struct run_options, whose args and results value_args_destroy() frees. */
extern const struct argp value_argp;

void value_args_destroy(struct run_options *run);

#endif
