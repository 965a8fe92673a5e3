/* SPDX-License-Identifier: MIT */
/* runtime_methods.c - methods by the address of their code, and types by name: what is found by going
 * through all descriptors once. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "gobin/runtime_types_internal.h"

/* Large programs have some 100,000. */
#define MAX_METHODS (1u << 20)
/* Parameters and results. */
#define MAX_VARIABLES 256

struct index {
	struct runtime_types *runtime;
	size_t methods_capacity, pointers_capacity;
};

/* ---- the index ---- */

static bool add_method(struct index *index, uint64_t receiver_va, const struct method *method)
{
	struct runtime_types *runtime = index->runtime;
	uint64_t type_va = descriptor_va(runtime, method->type);

	if (!type_va || method->code <= 0 || runtime->num_methods == MAX_METHODS)
		return true;
	if (!array_reserve(&runtime->methods, &index->methods_capacity, runtime->num_methods + 1,
			   sizeof(*runtime->methods)))
		return false;
	runtime->methods[runtime->num_methods++] = (struct known_method){
		.code_va = runtime->text_va + (uint32_t)method->code,
		.receiver_va = receiver_va,
		.type_va = type_va,
	};
	return true;
}

static bool add_methods(struct index *index, const struct descriptor *descriptor)
{
	struct uncommon uncommon;
	struct method method;

	if (!descriptor_uncommon(index->runtime, descriptor, &uncommon))
		return true;
	for (uint32_t i = 0; i < uncommon.num_methods; i++)
		if (!descriptor_method(index->runtime, &uncommon, i, &method) ||
		    !add_method(index, descriptor->va, &method))
			break;
	return true;
}

/* Types with a name are found by the pointers to them, which are without one. */
static bool add_pointer(struct index *index, const struct descriptor *descriptor)
{
	struct runtime_types *runtime = index->runtime;
	struct descriptor elem;
	struct go_type *type;
	uint64_t elem_va;

	if (!descriptor_elem(runtime, descriptor, &elem_va) ||
	    !descriptor_read(runtime, elem_va, &elem) || !(elem.flags & DESCRIPTOR_NAMED) ||
	    !(type = runtime_types_at(runtime, elem_va)))
		return true;
	if (!array_reserve(&runtime->pointers, &index->pointers_capacity, runtime->num_pointers + 1,
			   sizeof(*runtime->pointers)))
		return false;
	runtime->pointers[runtime->num_pointers++] = (struct known_pointer){
		.key = hash_key_of_text(type->name),
		.va = descriptor->va,
	};
	return add_methods(index, descriptor) && add_methods(index, &elem);
}

static bool add_descriptor(struct index *index, const struct descriptor *descriptor)
{
	return descriptor->kind != RUNTIME_POINTER || add_pointer(index, descriptor);
}

static bool add_linked(struct index *index)
{
	struct runtime_types *runtime = index->runtime;
	uint64_t most = (runtime->end_va - runtime->start_va) / DESCRIPTOR_SIZE;
	struct descriptor descriptor;

	for (uint64_t i = 0; i < runtime->num_links && i < most; i++) {
		uint32_t offset;

		if (!image_read_u32(runtime->image, runtime->links_va + i * sizeof(offset),
				    &offset))
			break;
		if (descriptor_read(runtime, runtime->start_va + offset, &descriptor) &&
		    !add_descriptor(index, &descriptor))
			return false;
	}
	return true;
}

/* One behind the other, the first one behind a word (src/runtime/type.go, moduleTypelinks()). */
static bool add_all(struct index *index)
{
	struct runtime_types *runtime = index->runtime;
	struct descriptor descriptor;

	for (uint64_t va = (runtime->start_va + 15) & ~7ull; va < runtime->walk_end_va;) {
		uint64_t length = 0;

		if (descriptor_read(runtime, va, &descriptor)) {
			if (!add_descriptor(index, &descriptor))
				return false;
			length = descriptor_length(runtime, &descriptor);
		}
		va += length ? (length + 7) & ~7ull : 8;
	}
	return true;
}

static int compare_methods(const void *a, const void *b)
{
	const struct known_method *x = a, *y = b;

	return x->code_va < y->code_va ? -1 : x->code_va > y->code_va;
}

static int compare_pointers(const void *a, const void *b)
{
	const struct hash_key x = ((const struct known_pointer *)a)->key;
	const struct hash_key y = ((const struct known_pointer *)b)->key;

	if (x.first != y.first)
		return x.first < y.first ? -1 : 1;
	return x.second < y.second ? -1 : x.second > y.second;
}

/* Without memory it knows less. */
static void make_index(struct runtime_types *runtime)
{
	struct index index = {.runtime = runtime};

	if (runtime->is_indexed)
		return;
	runtime->is_indexed = true;
	if (add_linked(&index))
		add_all(&index);
	if (runtime->num_methods)
		qsort(runtime->methods, runtime->num_methods, sizeof(*runtime->methods),
		      compare_methods);
	if (runtime->num_pointers)
		qsort(runtime->pointers, runtime->num_pointers, sizeof(*runtime->pointers),
		      compare_pointers);
}

/* ---- types by name ---- */

struct go_type *runtime_types_pointer_to(struct runtime_types *runtime, const char *name)
{
	struct known_pointer key = {.key = hash_key_of_text(name)}, *found;
	struct go_type *type;

	make_index(runtime);
	found = runtime->num_pointers ? bsearch(&key, runtime->pointers, runtime->num_pointers,
						sizeof(key), compare_pointers)
				      : NULL;
	type = found ? runtime_types_at(runtime, found->va) : NULL;
	return type && *type->name == '*' && !strcmp(type->name + 1, name) ? type : NULL;
}

/* ---- methods ---- */

/* A function's type: how many parameters and results, and where their types are. */
struct function {
	uint64_t types_va;
	size_t num_in, num_all;
};

static bool read_function(const struct runtime_types *runtime, uint64_t va,
			  struct function *function)
{
	struct descriptor descriptor;
	uint32_t counts;

	if (!descriptor_read(runtime, va, &descriptor) || descriptor.kind != RUNTIME_FUNC ||
	    !image_read_u32(runtime->image, va + DESCRIPTOR_SIZE, &counts))
		return false;
	function->num_in = counts & 0xffff;
	/* Bit 15 says that the last parameter is variadic. */
	function->num_all = function->num_in + (counts >> 16 & 0x7fff);
	function->types_va = va + 56 + (descriptor.flags & DESCRIPTOR_UNCOMMON ? 16 : 0);
	return function->num_all <= MAX_VARIABLES;
}

static bool set_variable(struct runtime_types *runtime, uint64_t type_va, bool is_result,
			 struct go_variable *variable)
{
	*variable = (struct go_variable){
		.name = "",
		.type = runtime_types_at(runtime, type_va),
		.is_result = is_result,
	};
	return variable->type;
}

bool runtime_types_method(struct runtime_types *runtime, uint64_t func_va,
			  struct go_signature *signature)
{
	struct known_method key = {.code_va = func_va}, *found;
	struct function function;
	struct go_variable *variables;
	uint64_t type_va;

	make_index(runtime);
	found = runtime->num_methods ? bsearch(&key, runtime->methods, runtime->num_methods,
					       sizeof(key), compare_methods)
				     : NULL;
	if (!found || !read_function(runtime, found->type_va, &function))
		return false;
	variables = go_types_alloc(runtime->types, (function.num_all + 1) * sizeof(*variables));
	if (!variables || !set_variable(runtime, found->receiver_va, false, &variables[0]))
		return false;
	for (size_t i = 0; i < function.num_all; i++)
		if (!image_read_pointer(runtime->image, function.types_va + i * 8, &type_va) ||
		    !set_variable(runtime, type_va, i >= function.num_in, &variables[i + 1]))
			return false;
	*signature = (struct go_signature){.variables = variables,
					   .num_variables = function.num_all + 1};
	return true;
}
