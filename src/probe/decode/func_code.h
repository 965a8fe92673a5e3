/* SPDX-License-Identifier: MIT */
/* func_code.h - a function's bytes, as they are decoded. */
#ifndef PROBE_FUNC_CODE_H
#define PROBE_FUNC_CODE_H

#include "gofuncgraph/gobin.h"

/*
 * The function's code and the int3 padding behind it: `*size` bytes, at least func->size. NULL: it
 * is not in the file. Where a function's size is not known for certain, padding was taken off from
 * its end, which may have been part of its last instruction: `jmp` back by 50 bytes is eb cc.
 */
const uint8_t *func_code(struct gobin *bin, const struct gobin_func *func, size_t *size);

#endif
