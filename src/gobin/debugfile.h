/* SPDX-License-Identifier: MIT */
/*
 * debugfile.h - the separate debug file of a stripped program, where distributions put it: by build
 * id below /usr/lib/debug/.build-id, or by the name and checksum in .gnu_debuglink. Never asks the
 * network.
 */
#ifndef GOFUNCGRAPH_GOBIN_DEBUGFILE_H
#define GOFUNCGRAPH_GOBIN_DEBUGFILE_H

#include "gobin/image.h"

/* Opens it. NULL: there is none, or none that belongs to the image. The caller closes it. */
struct image *debugfile_open(const struct image *image);

/*
 * Opens the one at `path`, if it belongs to the image: of the same build id, the linker's or Go's own. It
 * may also be the program as it was before it was stripped. The caller closes it.
 */
struct error *debugfile_open_given(const struct image *image, const char *path,
				   struct image **found);

#endif
