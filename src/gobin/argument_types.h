/* SPDX-License-Identifier: MIT */
/*
 * argument_types.h - a function's parameters where only the words that they are made of are known
 * (gobin/arguments.h), as if they were types: none has a name.
 *
 * A word is GO_OPAQUE of its size, or of none if that is not known; one of no size named "..." stands for
 * all that is left out. Aggregates are GO_STRUCT with such fields. Two words of 8 bytes in one may be a
 * string: they are GO_STRING, inferred, which only a look at what they hold decides.
 */
#ifndef GOFUNCGRAPH_GOBIN_ARGUMENT_TYPES_H
#define GOFUNCGRAPH_GOBIN_ARGUMENT_TYPES_H

#include "gofuncgraph/gobin.h"

/* False: nothing is known of them. True: the signature is set, or *err. */
bool argument_types(struct gobin *bin, const struct gobin_func *func,
		    struct go_signature *signature, struct error **err);

#endif
