/* SPDX-License-Identifier: MIT */
/* value_args.h - the options that ask for values of calls by name and type. */
#ifndef COMMAND_VALUE_ARGS_H
#define COMMAND_VALUE_ARGS_H

#include <argp.h>

#include "values/wanted.h"

/* For argp's `children`; its input is a struct values_wanted, to be destroyed by value_args_destroy(). */
extern const struct argp value_argp;

void value_args_destroy(struct values_wanted *wanted);

#endif
