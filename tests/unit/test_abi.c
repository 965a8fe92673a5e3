/* SPDX-License-Identifier: MIT */
/* test_abi.c - where parameters and results are, by Go's internal ABI, and what types may look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_types.h"

/* "ax bx | x0 | +8": all variables' places; registers by their numbers. */
static char *places(const struct arch *arch, bool in_registers, struct go_signature *signature)
{
	static char text[512];
	FILE *to = fmemopen(text, sizeof(text), "w");

	assert_null(go_signature_place(types, arch, in_registers, signature));
	for (size_t i = 0; i < signature->num_variables; i++) {
		const struct go_variable *variable = &signature->variables[i];

		if (i)
			fputs(variable->is_result && !signature->variables[i - 1].is_result ? " -> "
											    : ", ",
			      to);
		if (!variable->is_placed)
			fputs("?", to);
		for (size_t n = 0; n < variable->num_pieces; n++) {
			const struct go_piece *piece = &variable->pieces[n];

			if (n)
				fputs(" ", to);
			if (piece->place == GO_ON_STACK)
				fprintf(to, "%+d", piece->stack);
			else
				fprintf(to, "%s%u", piece->place == GO_IN_REGISTER ? "r" : "f",
					piece->reg);
			fprintf(to, ":%u@%u", piece->size, piece->offset);
		}
	}
	fclose(to);
	return text;
}

/* Parameters, NULL, results, NULL. */
static char *place(const struct arch *arch, int in_registers, ...)
{
	struct go_variable variables[32] = {};
	struct go_signature signature = {.variables = variables};
	va_list list;

	va_start(list, in_registers);
	for (int is_result = 0; is_result < 2; is_result++) {
		struct go_type *type;

		while ((type = va_arg(list, struct go_type *)))
			variables[signature.num_variables++] = (struct go_variable){
				.name = "v", .type = type, .is_result = is_result};
	}
	va_end(list);
	return places(arch, in_registers, &signature);
}

static void test_registers(void **state)
{
	assert_string_equal(
		place(&arch_x86_64, true, word(), make(GO_UINT, 1), make(GO_STRING, 16), NULL,
		      make(GO_SLICE, 24), make(GO_INTERFACE, 16), NULL),
		"r0:8@0, r3:1@0, r1:8@0 r7:8@8 -> r0:8@0 r3:8@8 r1:8@16, r7:8@0 r6:8@8");
	assert_string_equal(place(&arch_arm64, true, word(), make(GO_STRING, 16), NULL,
				  make(GO_POINTER, 8), NULL),
			    "r0:8@0, r1:8@0 r2:8@8 -> r0:8@0");
	assert_string_equal(place(&arch_x86_64, true, make(GO_FLOAT, 8), word(),
				  make(GO_COMPLEX, 16), NULL, make(GO_FLOAT, 4), NULL),
			    "f0:8@0, r0:8@0, f1:8@0 f2:8@8 -> f0:4@0");
}

static void test_structs(void **state)
{
	struct go_type *small = structure(make(GO_UINT, 1), make(GO_INT, 4), make(GO_STRING, 16),
					  make(GO_FLOAT, 4), NULL);

	assert_string_equal(place(&arch_x86_64, true, small, word(), NULL, NULL),
			    "r0:1@0 r3:4@4 r1:8@8 r7:8@16 f0:4@24, r6:8@0");
	/* An array of one element is in registers, of more on the stack. */
	assert_string_equal(place(&arch_x86_64, true, array(word(), 1), array(word(), 2),
				  structure(array(make(GO_UINT, 2), 2), NULL), word(), NULL, NULL),
			    "r0:8@0, +8:16@0, +24:4@0, r3:8@0");
	/* What does not fit leaves its registers to the next. */
	assert_string_equal(
		place(&arch_x86_64, true, structure(word(), word(), word(), word(), NULL),
		      structure(word(), word(), word(), word(), NULL), make(GO_STRING, 16), word(),
		      NULL, NULL),
		"r0:8@0 r3:8@8 r1:8@16 r7:8@24, r6:8@0 r8:8@8 r9:8@16 r10:8@24, +8:16@0, r11:8@0");
}

static void test_stack(void **state)
{
	/* Stack places are aligned; results are behind parameters. */
	assert_string_equal(place(&arch_x86_64, false, make(GO_UINT, 1), make(GO_UINT, 2), word(),
				  make(GO_BOOL, 1), NULL, make(GO_UINT, 4), make(GO_FLOAT, 8),
				  NULL),
			    "+8:1@0, +10:2@0, +16:8@0, +24:1@0 -> +32:4@0, +40:8@0");
	/* What has no size has no place, but an alignment. */
	assert_string_equal(place(&arch_x86_64, true, structure(NULL), array(word(), 0),
				  array(make(GO_UINT, 1), 3), array(word(), 0),
				  array(make(GO_UINT, 1), 2), NULL, NULL),
			    ", , +8:3@0, , +16:2@0");
}

/* What is not known hides all parameters behind it, but not where results are in registers. */
static void test_unknown(void **state)
{
	struct go_type *endless = make(GO_STRUCT, 8), *odd = make(GO_INT, 3);

	endless->fields = go_types_alloc(types, 2 * sizeof(*endless->fields));
	endless->fields[0] = endless->fields[1] = (struct go_field){.name = "f", .type = endless};
	endless->num_fields = 2;
	assert_string_equal(
		place(&arch_x86_64, true, word(), make(GO_OPAQUE, 8), word(), NULL, word(), NULL),
		"r0:8@0, ?, ? -> r0:8@0");
	assert_string_equal(place(&arch_x86_64, true, odd, NULL, NULL), "?");
	assert_string_equal(place(&arch_x86_64, true, endless, NULL, NULL), "?");
	assert_string_equal(place(&arch_x86_64, false, endless, NULL, NULL), "?");
	assert_int_equal(go_type_align(endless), 0);
}

static void test_unsound(void **state)
{
	struct go_type *type = array(word(), 2);

	type->size = 15;
	assert_false(go_type_complete(type));
	type = array(word(), 2);
	type->length = UINT64_MAX / 4;
	assert_false(go_type_complete(type));
	type = structure(word(), NULL);
	type->fields[0].offset = 1;
	assert_false(go_type_complete(type));
	type = structure(word(), NULL);
	type->fields[0].offset = UINT64_MAX - 1;
	assert_false(go_type_complete(type));
	type = structure(word(), word(), NULL);
	type->fields[1].offset = 7;
	assert_false(go_type_complete(type));
	type = structure(word(), word(), NULL);
	type->fields[0].offset = 8;
	type->fields[1].offset = 0;
	assert_false(go_type_complete(type));
	assert_false(go_type_complete(make(GO_SLICE, 24)));
	assert_true(go_type_complete(make(GO_POINTER, 8)));
}

static void test_same(void **state)
{
	bool is_new;
	int context;
	struct go_type *type = go_types_get(types, &made_source, &context, 7, &is_new);

	assert_true(type && is_new);
	assert_ptr_equal(go_types_get(types, &made_source, &context, 7, &is_new), type);
	assert_false(is_new);
	assert_ptr_not_equal(go_types_get(types, &made_source, NULL, 7, &is_new), type);
	assert_null(go_types_alloc(types, SIZE_MAX));
	assert_null(go_types_alloc(types, 65u << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers), cmocka_unit_test(test_structs),
		cmocka_unit_test(test_stack),     cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_unsound),   cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, make_types, free_types);
}
