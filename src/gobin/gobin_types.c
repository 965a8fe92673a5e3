/* SPDX-License-Identifier: MIT */
/* gobin_types.c - types of variables, from whatever source knows them. */
#include "gobin/gobin_internal.h"
#include "gobin/stripped.h"

struct go_types *gobin_types(struct gobin *bin)
{
	if (!bin->go_types)
		bin->go_types = go_types_new();
	return bin->go_types;
}

struct runtime_types *gobin_runtime_types(struct gobin *bin)
{
	const struct moduledata *module = bin->table ? pclntab_module(bin->table) : NULL;

	if (!bin->runtime_types_are_open && module && gobin_types(bin))
		bin->runtime_types =
			runtime_types_open(bin->image, module, bin->minor, bin->go_types);
	bin->runtime_types_are_open = true;
	return bin->runtime_types;
}

struct error *gobin_signature(struct gobin *bin, const struct gobin_func *func,
			      struct go_signature *signature)
{
	struct error *err;

	*signature = (struct go_signature){};
	if (stripped_signature(bin, func, signature, &err))
		return err;
	return error_new("what parameters %s has is unknown: %s has no DWARF", func->name,
			 gobin_path(bin));
}

struct go_type *gobin_type_at(struct gobin *bin, uint64_t va)
{
	struct runtime_types *runtime = gobin_runtime_types(bin);

	return runtime ? runtime_types_at(runtime, va) : NULL;
}

enum go_map_layout gobin_map_layout(const struct gobin *bin)
{
	return gobin_minor_version(bin) < 24 ? GO_MAP_BUCKETS : GO_MAP_SWISS;
}
