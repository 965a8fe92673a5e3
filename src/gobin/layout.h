/* SPDX-License-Identifier: MIT */
/* layout.h - where the runtime's structs keep what the tracer reads. */
#ifndef GOFUNCGRAPH_GOBIN_LAYOUT_H
#define GOFUNCGRAPH_GOBIN_LAYOUT_H

#include "gobin/dwarf.h"
#include "gofuncgraph/gobin.h"

/*
 * The offsets in the table for a minor version of at least 17; tls_g is left alone. True when they
 * are certain: the version is a release that the table knows. Newer ones, and development versions,
 * which may be older or newer than what their number stands for, get those of the nearest row, and
 * newer_than_known.
 */
bool layout_from_table(const char *version, unsigned minor, struct gobin_layout *layout);

/*
 * Replaces the offsets by those in DWARF. False: DWARF lacks some of them, or they make no sense;
 * then nothing is changed.
 */
bool layout_from_dwarf(struct dwarf *dwarf, struct gobin_layout *layout);

#endif
