/* SPDX-License-Identifier: MIT */
/* layout.h - where the runtime's structs keep what the tracer reads. */
#ifndef GOFUNCGRAPH_GOBIN_LAYOUT_H
#define GOFUNCGRAPH_GOBIN_LAYOUT_H

#include "gobin/dwarf.h"
#include "gofuncgraph/gobin.h"

/* The offsets in the table for a minor version of at least 17; tls_g is left alone. Newer ones than
 * the table knows get those of the newest, and newer_than_known. */
void layout_from_table(unsigned minor, struct gobin_layout *layout);

/* Replaces them by those in DWARF. False when not all are there or make sense: nothing is changed
 * then. */
bool layout_from_dwarf(struct dwarf *dwarf, struct gobin_layout *layout);

#endif
