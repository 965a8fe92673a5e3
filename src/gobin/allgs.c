/* SPDX-License-Identifier: MIT */
/*
 * allgs.c - where the variable runtime.allgs is (src/runtime/proc.go).
 *
 * A stripped program has no symbol for it. But runtime.forEachG, which the garbage collector needs,
 * goes through it: the only slice in a variable whose pointer and length it loads.
 */
#include "gobin/allgs.h"

#include "gobin/gobin_internal.h"

/* It is 150 bytes long. */
#define MAX_FUNC_BYTES 1024
#define MAX_LOADS      32

bool allgs_find_in_code(const struct image *image, const struct gobin_func *func, uint64_t *va)
{
	struct code code = {.arch = image_arch(image),
			    .va = func->va,
			    .size = func->size < MAX_FUNC_BYTES ? func->size : MAX_FUNC_BYTES};
	struct code_constants constants;
	int64_t loads[MAX_LOADS];
	size_t count = 0;

	code.bytes = image_at_va(image, func->va, code.size);
	if (!code.bytes)
		return false;
	for (uint32_t at = 0; count < MAX_LOADS && code.arch->constants(&code, at, &constants);
	     at += constants.length) {
		if (!constants.loads)
			continue;
		if (constants.loads == 16) {
			*va = func->va + (uint64_t)constants.load;
			return true;
		}
		loads[count++] = constants.load;
		for (size_t i = 0; i < count; i++) {
			if (loads[i] == constants.load - 8) {
				*va = func->va + (uint64_t)loads[i];
				return true;
			}
		}
	}
	return false;
}

bool gobin_allgs(const struct gobin *bin, uint64_t *va)
{
	const struct gobin_func *func;
	uint64_t size;

	if (symbols_find_object(bin->image, "runtime.allgs", va, &size))
		return true;
	func = gobin_func_named(bin, "runtime.forEachG");
	return func && allgs_find_in_code(bin->image, func, va);
}
