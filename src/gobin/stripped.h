/* SPDX-License-Identifier: MIT */
/*
 * stripped.h - parameters and results of functions of a binary that has no DWARF: of methods that are
 * in its type information, their types; of others the words that they are made of, of which the first may
 * be a receiver of a type that is known.
 */
#ifndef GOFUNCGRAPH_GOBIN_STRIPPED_H
#define GOFUNCGRAPH_GOBIN_STRIPPED_H

#include "gofuncgraph/gobin.h"

/* False: nothing is known of them. True: the signature is set, or *err. */
bool stripped_signature(struct gobin *bin, const struct gobin_func *func,
			struct go_signature *signature, struct error **err);

#endif
