/* SPDX-License-Identifier: MIT */
/* gobin_abi0.c - which functions do not have the goroutine in its register. */
#include <string.h>

#include "gobin/gobin_internal.h"
#include "gobin/tls.h"

/* An ABI0 wrapper sets the goroutine's register before its call; both are near its begin. */
#define MAX_WRAPPER_BYTES 1024

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	return len >= suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

/* Calls a function in the code before `end`. */
static bool calls_before(const struct gobin *bin, const struct gobin_func *func, size_t end)
{
	struct code code = {.arch = gobin_arch(bin),
			    .bytes = image_at_va(bin->image, func->va, end),
			    .size = end};
	struct insn insn;

	if (!code.bytes)
		return false;
	for (uint32_t offset = 0; code.arch->decode(&code, offset, NULL, &insn);
	     offset += insn.length) {
		if (insn.kind != INSN_CALL || !insn.has_target)
			continue;
		uint64_t target_va = func->va + (uint64_t)insn.target;
		size_t found = funcs_search(bin->funcs.items, bin->funcs.count, target_va);
		if (found < bin->funcs.count && bin->funcs.items[found].va == target_va)
			return true;
	}
	return false;
}

/*
 * Wrappers of both directions load the goroutine's register from thread-local storage
 * (src/cmd/compile/internal/ssagen/abi.go and amd64/ssa.go): one that is called by ABI0 code before
 * it calls the function, one that calls ABI0 code afterwards.
 */
static bool loads_g_before_calling(const struct gobin *bin, const struct gobin_func *func)
{
	size_t max = func->size < MAX_WRAPPER_BYTES ? func->size : MAX_WRAPPER_BYTES;
	struct tls_access access;

	if (!tls_find_access(bin->image, func->va, max, &access) || !access.loads)
		return false;
	/* The stack check of ABI0 code is the first thing it does. */
	if (access.at == 0)
		return true;
	if (access.reg != gobin_arch(bin)->goroutine_register)
		return false;
	return !calls_before(bin, func, access.at);
}

bool gobin_func_is_abi0(struct gobin *bin, const struct gobin_func *func)
{
	struct gobin_line line;

	if (has_suffix(func->name, ".abi0"))
		return true;
	/* The function table knows the file for less than DWARF does. */
	line = gobin_line_from_table(bin, func->va);
	if (!line.file)
		line = gobin_line_from_dwarf(bin, func->va);
	/* What has no file is C, linked in by cgo: its register holds no goroutine either. */
	if (!line.file || has_suffix(line.file, ".s"))
		return true;
	return loads_g_before_calling(bin, func);
}
