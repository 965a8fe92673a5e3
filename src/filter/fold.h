/* SPDX-License-Identifier: MIT */
/* fold.h - calls inside a tree that are of no interest: told by number instead. */
#ifndef GOFUNCGRAPH_FILTER_FOLD_H
#define GOFUNCGRAPH_FILTER_FOLD_H

#include "gofuncgraph/filter.h"

/*
 * Takes the steps of calls out of a tree that the options do not want, and of all inside them, and
 * adds them to struct call's `folded` of the call that they were made by. The first calls stay. A
 * goroutine that was started in them stays, too, as if that call had started it; its own tree is
 * folded like any other.
 *
 * A call that was open at the end of a part stays in the next ones, however long it took: it has
 * been shown. False: out of memory; some are not folded.
 */
bool fold_calls(const struct filter_options *options, struct tree *tree);

#endif
