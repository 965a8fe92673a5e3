/* SPDX-License-Identifier: MIT */
/* gobin_funcs.c - functions and symbols by address, and which of them the program itself checks. */
#include <string.h>

#include "base/log.h"
#include "gobin/gobin_internal.h"

const struct gobin_func *gobin_funcs(const struct gobin *bin, size_t *count)
{
	*count = bin->funcs.count;
	return bin->funcs.items;
}

const struct gobin_func *gobin_func_at(const struct gobin *bin, uint64_t va)
{
	size_t i = funcs_search(bin->funcs.items, bin->funcs.count, va);

	if (i == bin->funcs.count || va - bin->funcs.items[i].va >= bin->funcs.items[i].size)
		return NULL;
	return &bin->funcs.items[i];
}

const char *gobin_symbol_at(struct gobin *bin, uint64_t va)
{
	size_t low = 0, high;

	if (!bin->symbols_are_read) {
		_cleanup_error_ struct error *err = symbols_read_functions(
			bin->image, bin->image, &bin->symbols, &bin->num_symbols);

		bin->symbols_are_read = true;
		if (err)
			log_verbose("%s", error_message(err));
	}
	for (high = bin->num_symbols; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (bin->symbols[middle].va < va)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == bin->num_symbols || bin->symbols[low].va != va || !bin->symbols[low].size)
		return NULL;
	/* Of several the function's own name, not an alias. */
	const struct gobin_func *func = gobin_func_at(bin, va);
	for (size_t i = low; func && i < bin->num_symbols && bin->symbols[i].va == va; i++) {
		if (bin->symbols[i].size && strcmp(bin->symbols[i].name, func->name) == 0)
			return bin->symbols[i].name;
	}
	return bin->symbols[low].name;
}

const char *gobin_self_check(struct gobin *bin, uint64_t va, uint64_t size)
{
	if (!bin->selfcheck_is_found)
		selfcheck_find(bin->image, bin->table, bin->funcs.items, bin->funcs.count,
			       &bin->selfcheck);
	bin->selfcheck_is_found = true;
	return selfcheck_reason(&bin->selfcheck, va, size);
}
