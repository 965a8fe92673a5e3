/* SPDX-License-Identifier: MIT */
/* params.h - parameters of templates, which the command line gives as KEY=VALUE. */
#ifndef SCRIPT_PARAMS_H
#define SCRIPT_PARAMS_H

#include "script/directives.h"

/* Writes the value of {{param NAME DEFAULT}}. `out` NULL: only notes that there is such a one. */
struct error *params_expand(struct directives *directives, const char *argument, FILE *out);

/* Digits alone, and no more than 64 bits hold. */
bool params_is_number(const char *text);

#endif
