/* SPDX-License-Identifier: MIT */
/* buildinfo.h - which Go made an executable: the linker's build info (src/debug/buildinfo). */
#ifndef GOFUNCGRAPH_GOBIN_BUILDINFO_H
#define GOFUNCGRAPH_GOBIN_BUILDINFO_H

#include "base/error.h"
#include "gobin/image.h"

/*
 * Sets *version to "go1.22.3" or the like, which the caller frees; NULL when there is no build
 * info, as in programs that are not Go. The only error is out of memory.
 */
struct error *buildinfo_read_version(const struct image *image, char **version);

/* The Go string (pointer and length) at va, as a new C string: how runtime.buildVersion is kept.
 * NULL when it makes no sense as a version. */
char *buildinfo_string_at(const struct image *image, uint64_t va);

/* The 22 of "go1.22.3", "devel go1.22-abcdef" and "go1.22-20240109-RC01 cl/..". UINT_MAX where no
 * number is named. */
unsigned buildinfo_minor_version(const char *version);

/* The path of the main module, "example.com/shop", which the caller frees. NULL: there is none, or it is
 * not known where, as in programs before Go 1.18. */
char *buildinfo_read_module(const struct image *image);

/* The linker's build id in hexadecimal digits, and Go's own; the caller frees them. NULL: there is none,
 * or out of memory. */
char *buildinfo_read_gnu_id(const struct image *image);
char *buildinfo_read_go_id(const struct image *image);
/* What gobin_build_id() returns. */
char *buildinfo_read_id(const struct image *image);

#endif
