/* SPDX-License-Identifier: MIT */
/* stdlib.h - parameters and results of functions of the standard library, by Go's version. */
#ifndef GOFUNCGRAPH_GOBIN_STDLIB_H
#define GOFUNCGRAPH_GOBIN_STDLIB_H

#include "gobin/runtime_types.h"

/*
 * Without places. What structs hold is in the binary's own type information; `runtime` may be NULL.
 * False: the function is not known, or one of its types is not.
 */
bool stdlib_signature(struct go_types *types, struct runtime_types *runtime, unsigned minor,
		      const char *function, struct go_signature *signature);

/* Names the parameters of the function, if it is known, and they are as many; the results as well. */
void stdlib_name(struct go_types *types, unsigned minor, const char *function,
		 struct go_signature *signature);

#endif
