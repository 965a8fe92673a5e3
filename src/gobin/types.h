/* SPDX-License-Identifier: MIT */
/* types.h - where structs keep their fields. */
#ifndef GOFUNCGRAPH_GOBIN_TYPES_H
#define GOFUNCGRAPH_GOBIN_TYPES_H

#include "base/error.h"
#include "gobin/dwarf.h"

/* See gobin_struct_offset(). `dwarf` may be NULL; `minor` is that of Go's version. */
struct error *types_find_offset(struct dwarf *dwarf, unsigned minor, const char *type,
				const char *field, uint32_t *offset);

#endif
