/* SPDX-License-Identifier: MIT */
/*
 * open_dictionaries.h - dictionaries of types of generic functions' calls that are open, for their results.
 *
 * A recorder has no call tree. A call is found again by its goroutine, and by where its frame is. What is remembered has
 * one size: of two calls that fall on one place, the later one stays, and of the other nothing is known. One whose return
 * was lost may be found in place of another, so that this serves for what to look at, and not for what is told.
 */
#ifndef RECORDING_OPEN_DICTIONARIES_H
#define RECORDING_OPEN_DICTIONARIES_H

#include <stdint.h>

#include "gofuncgraph/record.h"

struct open_dictionaries;

/* NULL: out of memory. free() frees it. */
struct open_dictionaries *open_dictionaries_new(void);

/* Of a record of an entry: the address of the call's dictionary. */
void open_dictionaries_put(struct open_dictionaries *open, const struct record_frame *at,
			   uint64_t dictionary);
/* Of a record of a return; 0: it is not known. */
uint64_t open_dictionaries_find(const struct open_dictionaries *open,
				const struct record_frame *at);

#endif
