/* SPDX-License-Identifier: MIT */
/*
 * abi.c - which registers, and which places on the stack, hold a function's parameters and results
 * (src/cmd/compile/abi-internal.md; src/cmd/compile/internal/abi/abiutils.go).
 */
#include <string.h>

#include "types/go_types.h"

#define WORD 8
/* Of the return address, or of the place that is left for it: what the first parameter lies behind. */
#define FIXED_FRAME WORD
/* No type that has more parts inside than that, fields without a size among them, is asked for. */
#define MAX_STEPS 1000

enum assigned { ASSIGNED, TOO_LARGE, NOT_KNOWN };

/* Registers that are in use, and what the variable in hand would take of them. */
struct assignment {
	const struct arch *arch;
	size_t num_words, num_floats;
	struct go_piece pieces[GO_MAX_PIECES];
	size_t num_pieces;
	size_t steps;
};

static enum assigned take(struct assignment *now, uint64_t offset, uint64_t size, bool is_float)
{
	const struct arch *arch = now->arch;
	size_t *used = is_float ? &now->num_floats : &now->num_words;
	size_t all = is_float ? arch->num_float_arguments : arch->num_arguments;

	if (*used == all || now->num_pieces == GO_MAX_PIECES)
		return TOO_LARGE;
	now->pieces[now->num_pieces++] = (struct go_piece){
		.offset = (uint32_t)offset,
		.size = (uint32_t)size,
		.place = is_float ? GO_IN_FLOAT_REGISTER : GO_IN_REGISTER,
		.reg = is_float ? (uint8_t)*used : arch->arguments[*used],
	};
	++*used;
	return ASSIGNED;
}

static enum assigned take_words(struct assignment *now, uint64_t offset, size_t count)
{
	enum assigned done = ASSIGNED;

	for (size_t i = 0; i < count && done == ASSIGNED; i++)
		done = take(now, offset + i * WORD, WORD, false);
	return done;
}

static enum assigned assign(struct assignment *now, struct go_type *type, uint64_t offset);

static enum assigned assign_fields(struct assignment *now, struct go_type *type, uint64_t offset)
{
	enum assigned done = ASSIGNED;

	for (size_t i = 0; i < type->num_fields && done == ASSIGNED; i++)
		done = assign(now, type->fields[i].type, offset + type->fields[i].offset);
	return done;
}

static enum assigned assign(struct assignment *now, struct go_type *type, uint64_t offset)
{
	enum assigned done;

	if (!now->steps || !go_type_has_size(type))
		return NOT_KNOWN;
	now->steps--;
	switch (type->kind) {
	case GO_BOOL:
	case GO_INT:
	case GO_UINT:
		return take(now, offset, type->size, false);
	case GO_FLOAT:
		return take(now, offset, type->size, true);
	case GO_COMPLEX:
		done = take(now, offset, type->size / 2, true);
		return done == ASSIGNED ? take(now, offset + type->size / 2, type->size / 2, true)
					: done;
	case GO_STRING:
	case GO_INTERFACE:
		return take_words(now, offset, 2);
	case GO_SLICE:
		return take_words(now, offset, 3);
	case GO_ARRAY:
		if (!go_type_complete(type))
			return NOT_KNOWN;
		if (!type->length)
			return ASSIGNED;
		return type->length == 1 ? assign(now, type->elem, offset) : TOO_LARGE;
	case GO_STRUCT:
		return go_type_complete(type) ? assign_fields(now, type, offset) : NOT_KNOWN;
	default:
		return take_words(now, offset, 1);
	}
}

/* On the stack, behind what was put there before. */
static enum assigned assign_stack(struct assignment *now, struct go_type *type, uint64_t *stack)
{
	unsigned align = go_type_align(type);

	if (!align || type->size > INT32_MAX / 2 || *stack > INT32_MAX / 2)
		return NOT_KNOWN;
	*stack = (*stack + align - 1) & ~(uint64_t)(align - 1);
	if (type->size)
		now->pieces[now->num_pieces++] = (struct go_piece){
			.size = (uint32_t)type->size,
			.place = GO_ON_STACK,
			.stack = (int32_t)(FIXED_FRAME + *stack),
		};
	*stack += type->size;
	return ASSIGNED;
}

static enum assigned assign_variable(struct assignment *now, struct go_type *type,
				     bool in_registers, uint64_t *stack)
{
	size_t num_words = now->num_words, num_floats = now->num_floats;
	enum assigned done = TOO_LARGE;

	now->num_pieces = 0;
	now->steps = MAX_STEPS;
	if (in_registers && type->size)
		done = assign(now, type, 0);
	if (done != TOO_LARGE)
		return done;
	now->num_pieces = 0;
	now->num_words = num_words;
	now->num_floats = num_floats;
	return assign_stack(now, type, stack);
}

/* ---- hints ---- */

/* Its registers begin where the hint says, whatever was before it. */
static void begin_at(struct assignment *now, const struct go_hint *hint)
{
	bool has_word = false, has_float = false;

	for (size_t i = 0; i < hint->num_registers; i++) {
		uint8_t reg = hint->registers[i];

		if (reg & GO_HINT_FLOAT) {
			if (!has_float)
				now->num_floats = reg & ~GO_HINT_FLOAT;
			has_float = true;
			continue;
		}
		for (size_t n = 0; !has_word && n < now->arch->num_arguments; n++)
			if (now->arch->arguments[n] == reg)
				now->num_words = n;
		has_word = true;
	}
}

static bool is_in(const struct assignment *now, const struct go_hint *hint)
{
	if (hint->num_registers != now->num_pieces)
		return false;
	for (size_t i = 0; i < now->num_pieces; i++) {
		const struct go_piece *piece = &now->pieces[i];
		uint8_t reg = piece->reg;

		if (piece->place == GO_ON_STACK)
			return false;
		if (piece->place == GO_IN_FLOAT_REGISTER)
			reg |= GO_HINT_FLOAT;
		if (reg != hint->registers[i])
			return false;
	}
	return true;
}

/* Behind what the list lacks. */
static bool move_to(struct assignment *now, const struct go_hint *hint, bool is_complete,
		    uint64_t *stack)
{
	struct go_piece *piece = &now->pieces[0];

	if (piece->place != GO_ON_STACK || hint->stack == piece->stack)
		return piece->place == GO_ON_STACK || is_complete;
	if (is_complete || hint->stack < piece->stack)
		return false;
	*stack += (uint64_t)(hint->stack - piece->stack);
	piece->stack = hint->stack;
	return true;
}

/* ---- signatures ---- */

struct placing {
	struct assignment now;
	uint64_t stack; /* bytes of it that are in use */
	bool in_registers;
	bool is_complete;
	bool is_stack_known, are_registers_known;
};

static bool place_parameter(struct placing *placing, const struct go_variable *variable,
			    const struct go_hint *hint)
{
	struct assignment *now = &placing->now;

	if (hint->kind == GO_HINT_REGISTERS)
		begin_at(now, hint);
	else if (!placing->are_registers_known)
		return false;
	if (assign_variable(now, variable->type, placing->in_registers, &placing->stack) !=
	    ASSIGNED) {
		placing->are_registers_known = placing->is_stack_known = false;
		return false;
	}
	if (!now->num_pieces)
		return true;
	if (now->pieces[0].place == GO_ON_STACK && !placing->is_stack_known)
		return false;
	if (hint->kind == GO_HINT_REGISTERS) {
		placing->are_registers_known = is_in(now, hint);
		return placing->are_registers_known;
	}
	if (hint->kind == GO_HINT_STACK)
		return move_to(now, hint, placing->is_complete, &placing->stack);
	/* What is missing comes behind the compiler's own. */
	return placing->is_complete || variable->is_hidden;
}

static bool place_result(struct placing *placing, const struct go_variable *variable)
{
	struct assignment *now = &placing->now;

	if (!placing->are_registers_known)
		return false;
	if (assign_variable(now, variable->type, placing->in_registers, &placing->stack) !=
	    ASSIGNED) {
		placing->are_registers_known = false;
		return false;
	}
	return !now->num_pieces || now->pieces[0].place != GO_ON_STACK ||
	       (placing->is_stack_known && placing->is_complete);
}

static void begin_results(struct placing *placing)
{
	placing->now.num_words = placing->now.num_floats = 0;
	placing->stack = (placing->stack + WORD - 1) & ~(uint64_t)(WORD - 1);
	placing->are_registers_known = true;
}

static bool keep_pieces(struct go_types *types, const struct assignment *now,
			struct go_variable *variable)
{
	size_t size = now->num_pieces * sizeof(*variable->pieces);

	variable->pieces = go_types_alloc(types, size);
	if (!variable->pieces)
		return false;
	memcpy(variable->pieces, now->pieces, size);
	variable->num_pieces = now->num_pieces;
	variable->is_placed = true;
	return true;
}

struct error *go_signature_place_by(struct go_types *types, const struct arch *arch,
				    bool in_registers, struct go_signature *signature,
				    const struct go_hint *hints, bool is_complete)
{
	static const struct go_hint no_hint = {.kind = GO_HINT_NONE};
	struct placing placing = {.now.arch = arch,
				  .in_registers = in_registers,
				  .is_complete = is_complete,
				  .is_stack_known = true,
				  .are_registers_known = true};
	bool is_result = false;

	for (size_t i = 0; i < signature->num_variables; i++) {
		struct go_variable *variable = &signature->variables[i];

		if (variable->is_result && !is_result)
			begin_results(&placing);
		is_result = variable->is_result;
		if (is_result ? !place_result(&placing, variable)
			      : !place_parameter(&placing, variable, hints ? &hints[i] : &no_hint))
			continue;
		if (!keep_pieces(types, &placing.now, variable))
			return error_out_of_memory();
	}
	return NULL;
}

struct error *go_signature_place(struct go_types *types, const struct arch *arch, bool in_registers,
				 struct go_signature *signature)
{
	return go_signature_place_by(types, arch, in_registers, signature, NULL, true);
}
