/* SPDX-License-Identifier: MIT */
/*
 * waker.h - where a goroutine was when it ended another one's wait.
 */
#ifndef GOFUNCGRAPH_OUTPUT_WAKER_H
#define GOFUNCGRAPH_OUTPUT_WAKER_H

#include <stdint.h>

#include "gofuncgraph/calltree.h"
#include "output/names.h"

/*
 * The return address on the waker's stack that tells its reader most: the first that is in none of
 * the runtime's own packages; if all are, the outermost. 0: unknown.
 */
uint64_t waker_va(struct names *names, const struct wait *wait);

#endif
