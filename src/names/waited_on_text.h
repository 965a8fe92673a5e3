/* SPDX-License-Identifier: MIT */
/* waited_on_text.h - what a wait was on, as people read it: "10.0.0.5:443", "/var/lib/db". */
#ifndef NAMES_WAITED_ON_TEXT_H
#define NAMES_WAITED_ON_TEXT_H

#include <stdbool.h>

#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/waited_on.h"

/* The longest there is: a path, each byte of it escaped, each name cut off. */
#define WAITED_ON_TEXT_SIZE (8 * ON_TEXT_SIZE)

/* "file", "peer", "listener". */
const char *waited_on_kind_name(enum hunt_object_kind kind);

/* False: there is nothing to be told. */
bool waited_on_text(const struct waited_on *on, enum hunt_object_kind *kind,
		    char text[WAITED_ON_TEXT_SIZE]);

#endif
