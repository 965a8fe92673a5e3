/* SPDX-License-Identifier: MIT */
/*
 * dwarf_signature.c - parameters and results of a function out of DWARF, and where it says that they are
 * at the function's first instruction.
 *
 * At later instructions, and of builds without optimization, it names places on the stack that are written
 * only later: those count for what cannot be in registers alone (go_signature_place_by()).
 */
#include <dwarf.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "gobin/arguments.h"
#include "gobin/dwarf_internal.h"

#define MAX_FUNCTIONS (1 << 20) /* of a unit */
#define MAX_VARIABLES 256
/* DWARF of older versions leaves out parameters without a name. */
#define ALL_PARAMETERS_MINOR 22

/* ---- functions of a unit ---- */

struct function {
	uint64_t va;
	Dwarf_Off die_off;
};

struct dwarf_functions {
	Dwarf_Off unit_off;
	struct function *items; /* by rising va */
	size_t count, capacity;
};

static int compare_functions(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

static void read_functions(struct dwarf_functions *functions, Dwarf_Die *unit)
{
	Dwarf_Die die;
	Dwarf_Addr va;

	functions->count = 0;
	functions->unit_off = dwarf_dieoffset(unit);
	if (dwarf_child(unit, &die) != 0)
		return;
	do {
		if (dwarf_tag(&die) != DW_TAG_subprogram || dwarf_lowpc(&die, &va) != 0)
			continue;
		if (functions->count == MAX_FUNCTIONS ||
		    !array_reserve(&functions->items, &functions->capacity, functions->count + 1,
				   sizeof(*functions->items)))
			break;
		functions->items[functions->count++] = (struct function){va, dwarf_dieoffset(&die)};
	} while (dwarf_step(&die));
	if (functions->count)
		qsort(functions->items, functions->count, sizeof(*functions->items),
		      compare_functions);
}

/* Functions are asked for by rising address, and so unit by unit. */
static bool find_function(struct dwarf *dwarf, uint64_t va, Dwarf_Die *function)
{
	struct dwarf_functions *functions = dwarf->functions;
	const struct function wanted = {.va = va}, *found = NULL;
	Dwarf_Die unit;

	if (!dwarf_unit_at(dwarf, va, &unit))
		return false;
	if (!functions)
		functions = dwarf->functions = calloc(1, sizeof(*functions));
	if (!functions)
		return false;
	if (!functions->items || functions->unit_off != dwarf_dieoffset(&unit))
		read_functions(functions, &unit);
	if (functions->count)
		found = bsearch(&wanted, functions->items, functions->count,
				sizeof(*functions->items), compare_functions);
	return found && dwarf_offdie(dwarf->dw, found->die_off, function);
}

void dwarf_functions_free(struct dwarf_functions *functions)
{
	if (functions)
		free(functions->items);
	free(functions);
}

/* ---- places ---- */

static bool add_register(const struct arch *arch, uint64_t number, struct go_hint *hint)
{
	uint64_t floats = arch->dwarf_float_registers;
	uint8_t reg;

	if (hint->num_registers == GO_MAX_PIECES)
		return false;
	if (number >= floats && number - floats < GO_HINT_FLOAT)
		reg = (uint8_t)(GO_HINT_FLOAT | (number - floats));
	else if (number < arch->num_dwarf_registers)
		reg = arch->dwarf_registers[number];
	else
		return false;
	hint->registers[hint->num_registers++] = reg;
	return true;
}

/* Registers, each followed by how much of the value it holds; what is between is padding, whose size Go before
 * 1.22 has wrong at times. False: it is something else. */
static bool read_registers(const struct arch *arch, const Dwarf_Op *ops, size_t count,
			   struct go_hint *hint)
{
	for (size_t i = 0; i < count; i++) {
		const Dwarf_Op *op = &ops[i];
		bool is_known = false;

		if (op->atom == DW_OP_piece)
			continue;
		if (op->atom == DW_OP_regx)
			is_known = add_register(arch, op->number, hint);
		else if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31)
			is_known = add_register(arch, op->atom - DW_OP_reg0, hint);
		if (!is_known)
			return false;
	}
	return hint->num_registers;
}

/* A place in the frame of the caller, from where `offset` is known. */
static bool set_stack(const struct arch *arch, int64_t offset, struct go_hint *hint)
{
	if (offset < 0 || offset > INT32_MAX / 2)
		return false;
	hint->stack = (int32_t)offset + arch->dwarf_frame;
	return true;
}

/* One place, or words next to each other, each followed by how much of the value it holds. */
static bool read_stack(const struct arch *arch, const Dwarf_Op *ops, size_t count,
		       struct go_hint *hint)
{
	bool is_first = true;
	int64_t begin = 0, end = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t offset = ops[i].atom == DW_OP_fbreg ? (int64_t)ops[i].number : 0;

		if (ops[i].atom == DW_OP_piece)
			continue;
		if (ops[i].atom != DW_OP_fbreg && ops[i].atom != DW_OP_call_frame_cfa)
			return false;
		if (is_first)
			begin = end = offset;
		is_first = false;
		/* Parts are aligned. */
		if (offset < end || offset - end >= (int64_t)sizeof(uint64_t))
			return false;
		end = offset;
		if (i + 1 < count && ops[i + 1].atom == DW_OP_piece &&
		    ops[i + 1].number <= INT32_MAX)
			end += (int64_t)ops[i + 1].number;
	}
	return !is_first && set_stack(arch, begin, hint);
}

/* As DWARF 4 has it, of Go before 1.25: libdw takes it for no location then. */
static bool read_block(const struct arch *arch, const Dwarf_Block *block, struct go_hint *hint)
{
	int64_t offset = 0;
	unsigned shift = 0;

	if (block->length == 1 && *block->data == DW_OP_call_frame_cfa)
		return set_stack(arch, 0, hint);
	if (block->length < 2 || block->length > 6 || *block->data != DW_OP_fbreg)
		return false;
	for (size_t i = 1; i < block->length; i++, shift += 7)
		offset |= (int64_t)(block->data[i] & 0x7f) << shift;
	if (block->data[block->length - 1] & 0xc0)
		return false; /* negative, or not the end */
	return set_stack(arch, offset, hint);
}

static bool is_block(const Dwarf_Attribute *attribute)
{
	return attribute->form == DW_FORM_block1 || attribute->form == DW_FORM_block;
}

static struct go_hint read_hint(const struct arch *arch, Dwarf_Die *parameter, uint64_t va)
{
	struct go_hint hint = {.kind = GO_HINT_NONE};
	Dwarf_Attribute attribute;
	Dwarf_Block block;
	Dwarf_Op *ops;
	size_t count;

	if (!dwarf_attr(parameter, DW_AT_location, &attribute))
		return hint;
	if (is_block(&attribute)) {
		if (dwarf_formblock(&attribute, &block) == 0 && read_block(arch, &block, &hint))
			hint.kind = GO_HINT_STACK;
		return hint;
	}
	if (dwarf_getlocation_addr(&attribute, va, &ops, &count, 1) != 1)
		return hint;
	if (read_registers(arch, ops, count, &hint))
		hint.kind = GO_HINT_REGISTERS;
	else if (read_stack(arch, ops, count, &hint))
		hint.kind = GO_HINT_STACK;
	return hint;
}

/* ---- variables ---- */

struct signature {
	struct go_variable variables[MAX_VARIABLES];
	struct go_hint hints[MAX_VARIABLES];
	const char *names[MAX_VARIABLES]; /* as they are in DWARF */
	size_t count;
	size_t dictionary; /* which of them is one, from 1; 0: none */
};

/* As the compiler calls those without a name: "~p0", "~r1", "~b0". */
static const char *shown_name(const char *name)
{
	return !name || *name == '~' ? "" : name;
}

static bool is_result(Dwarf_Die *parameter)
{
	Dwarf_Attribute attribute;
	bool flag;

	return dwarf_attr_integrate(parameter, DW_AT_variable_parameter, &attribute) &&
	       dwarf_formflag(&attribute, &flag) == 0 && flag;
}

static bool read_variable(struct dwarf *dwarf, struct go_types *types, Dwarf_Die *parameter,
			  struct go_variable *variable)
{
	const char *name = dwarf_diename(parameter);
	Dwarf_Attribute attribute;
	Dwarf_Die type;

	*variable = (struct go_variable){.name = shown_name(name),
					 .is_result = is_result(parameter),
					 .is_hidden = name && *name == '.'};
	if (!dwarf_attr_integrate(parameter, DW_AT_type, &attribute) ||
	    !dwarf_formref_die(&attribute, &type))
		return false;
	variable->dictionary_word = dwarf_dictionary_word(&type);
	variable->type = dwarf_go_type(dwarf, types, &type);
	return variable->type;
}

/* Results of functions with `defer` are there twice, before Go 1.25: as variables of the function, and as what is
 * returned. */
static bool is_there(const struct signature *signature, const char *name)
{
	for (size_t i = 0; name && strcmp(name, "_") && i < signature->count; i++)
		if (signature->names[i] && !strcmp(signature->names[i], name))
			return true;
	return false;
}

/* Those that are results, or those that are not. */
static bool read_variables(struct dwarf *dwarf, struct go_types *types, const struct arch *arch,
			   Dwarf_Die *function, uint64_t va, bool results,
			   struct signature *signature)
{
	Dwarf_Die die;

	if (dwarf_child(function, &die) != 0)
		return true;
	do {
		struct go_variable *variable = &signature->variables[signature->count];

		if (dwarf_tag(&die) != DW_TAG_formal_parameter || is_result(&die) != results ||
		    (results && is_there(signature, dwarf_diename(&die))))
			continue;
		if (signature->count == MAX_VARIABLES ||
		    !read_variable(dwarf, types, &die, variable))
			return false;
		signature->names[signature->count] = dwarf_diename(&die);
		signature->hints[signature->count++] = read_hint(arch, &die, va);
		if (variable->is_hidden && !strcmp(variable->name, ".dict"))
			signature->dictionary = signature->count;
	} while (dwarf_step(&die));
	return true;
}

/* Optimized functions' dictionaries are often left out. False: where it was is not known. */
static bool add_dictionary(struct go_types *types, const char *function, unsigned minor,
			   struct signature *signature)
{
	struct function_name name = function_name_split(function);
	enum takes_dictionary takes = function_name_takes_dictionary(&name, function, minor);
	struct go_variable *variables = signature->variables;
	size_t at = takes == DICTIONARY_SECOND, behind = signature->count - at;

	if (takes == DICTIONARY_NONE || signature->dictionary)
		return true;
	if (signature->count < at || signature->count == MAX_VARIABLES)
		return false;
	memmove(variables + at + 1, variables + at, behind * sizeof(*variables));
	memmove(signature->hints + at + 1, signature->hints + at,
		behind * sizeof(*signature->hints));
	variables[at] = (struct go_variable){
		.name = ".dict", .type = dwarf_address_type(types), .is_hidden = true};
	signature->hints[at] = (struct go_hint){.kind = GO_HINT_NONE};
	signature->count++;
	signature->dictionary = at + 1;
	return variables[at].type;
}

static struct error *keep(struct go_types *types, const struct signature *from,
			  struct go_signature *to)
{
	size_t size = from->count * sizeof(*to->variables);

	to->variables = go_types_alloc(types, size);
	if (!to->variables)
		return error_out_of_memory();
	memcpy(to->variables, from->variables, size);
	to->num_variables = from->count;
	if (from->dictionary)
		to->dictionary.variable = &to->variables[from->dictionary - 1];
	return NULL;
}

/* `*is_complete`: no parameter is missing. */
static struct error *read_all(struct dwarf *dwarf, struct go_types *types,
			      const struct dwarf_function_id *id, Dwarf_Die *function,
			      struct signature *signature, bool *is_complete)
{
	const char *name = dwarf_diename(function);

	if (!read_variables(dwarf, types, id->arch, function, id->va, false, signature) ||
	    !read_variables(dwarf, types, id->arch, function, id->va, true, signature))
		return error_new("the DWARF of its parameters cannot be read");
	*is_complete = name && add_dictionary(types, name, id->minor, signature) &&
		       id->minor >= ALL_PARAMETERS_MINOR;
	return NULL;
}

struct error *dwarf_signature(struct dwarf *dwarf, struct go_types *types,
			      const struct dwarf_function_id *id, struct go_signature *to)
{
	_cleanup_free_ struct signature *signature = calloc(1, sizeof(*signature));
	bool is_complete = false;
	Dwarf_Die function;
	struct error *err;

	if (!signature)
		return error_out_of_memory();
	if (!find_function(dwarf, id->va, &function))
		return error_new("there is no such function in the DWARF");
	err = read_all(dwarf, types, id, &function, signature, &is_complete)
		      ?: keep(types, signature, to);
	if (err)
		return err;
	if (!signature->dictionary)
		to->dictionary = dwarf_closure_dictionary(types, id->arch, &function);
	return go_signature_place_by(types, id->arch, id->in_registers, to, signature->hints,
				     is_complete);
}
