/* SPDX-License-Identifier: MIT */
/* gobin_types.c - types of variables, from whatever source knows them. */
#include "gobin/gobin_internal.h"
#include "gobin/stripped.h"

/* The internal ABI came to arm64 with this Go. */
#define REGISTERS_MINOR_ARM64 18

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

static struct dwarf *open_values(struct gobin *bin)
{
	if (!bin->values_are_open && gobin_dwarf_image(bin))
		bin->values = dwarf_open(gobin_dwarf_image(bin), DWARF_FOR_VALUES);
	bin->values_are_open = true;
	return bin->values;
}

bool gobin_has_registers(const struct gobin *bin)
{
	return gobin_arch(bin) == &arch_x86_64 || bin->minor >= REGISTERS_MINOR_ARM64;
}

/* Assembly has the old ABI. */
static bool is_in_registers(struct gobin *bin, const struct gobin_func *func)
{
	return !gobin_func_is_abi0(bin, func) && gobin_has_registers(bin);
}

/* Takes err. */
static struct error *describe(const struct gobin_func *func, struct error *err)
{
	return err ? error_prefix(err, "which parameters %s has is unknown", func->name) : NULL;
}

struct error *gobin_signature(struct gobin *bin, const struct gobin_func *func,
			      struct go_signature *signature)
{
	struct go_types *types = gobin_types(bin);
	struct dwarf *dwarf = open_values(bin);
	struct dwarf_function_id id = {.va = func->va,
				       .arch = gobin_arch(bin),
				       .minor = gobin_minor_version(bin),
				       .in_registers = is_in_registers(bin, func)};
	struct error *err;

	*signature = (struct go_signature){};
	if (!types)
		return error_out_of_memory();
	if (dwarf)
		return describe(func, dwarf_signature(dwarf, types, &id, signature));
	if (stripped_signature(bin, func, signature, &err))
		return err;
	return describe(func, error_new("the binary has no DWARF"));
}

struct go_type *gobin_type_at(struct gobin *bin, uint64_t va)
{
	struct runtime_types *runtime = gobin_runtime_types(bin);

	return runtime ? runtime_types_at(runtime, va) : NULL;
}

struct go_type *gobin_type_in(struct gobin *bin, uint64_t va)
{
	uint64_t type_va;

	return !(va % 8) && image_read_pointer(bin->image, va, &type_va)
		       ? gobin_type_at(bin, type_va)
		       : NULL;
}

/* A type, or an itab: the interface's type and that of the value (src/internal/abi/iface.go). */
struct go_type *gobin_interface_type(struct gobin *bin, uint64_t va)
{
	struct go_type *type = gobin_type_at(bin, va), *interface;
	uint64_t type_va, interface_va;

	if (type || va % 8 || va > UINT64_MAX - 16 ||
	    !image_read_pointer(bin->image, va, &interface_va) ||
	    !image_read_pointer(bin->image, va + 8, &type_va))
		return type;
	interface = gobin_type_at(bin, interface_va);
	return interface && interface->kind == GO_INTERFACE ? gobin_type_at(bin, type_va) : NULL;
}

bool gobin_type_named(struct gobin *bin, const char *name, struct gobin_named *named)
{
	struct runtime_types *runtime = gobin_runtime_types(bin);
	struct go_type *pointer = runtime ? runtime_types_pointer_to(runtime, name) : NULL;

	if (!pointer || !go_type_complete(pointer) || !pointer->elem)
		return false;
	*named = (struct gobin_named){pointer->elem, pointer->elem->id, pointer->id};
	return true;
}

enum go_map_layout gobin_map_layout(const struct gobin *bin)
{
	return gobin_minor_version(bin) < 24 ? GO_MAP_BUCKETS : GO_MAP_SWISS;
}
