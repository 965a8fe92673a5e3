/* SPDX-License-Identifier: MIT */
/*
 * typed_call.h - a call with values of types made by hand, for tests: where they are by Go's ABI, what the BPF
 * programs fetch of them (kernel_fetch.h), and how that is shown.
 */
#ifndef TESTS_TYPED_CALL_H
#define TESTS_TYPED_CALL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_fetch.h"
#include "made_types.h"
#include "output/typed_text.h"

#define STACK_REGISTER 4
#define MAX_VARIABLES  4

/* Nothing can be read from here on, and near 0. */
#define NOWHERE UINT64_C(0xdead00000000)

struct typed_call {
	struct go_variable variables[MAX_VARIABLES];
	struct go_signature signature;
	struct typed_site site;
	struct value_limits limits;
	struct kernel_thread thread;
	uint64_t stack[512];
	struct value_lists lists; /* one, of all of them */
	union kernel_room room;
};

/* The memory of this process, but where nothing is. As the kernel, it reads beyond what anything is in. */
__attribute__((no_sanitize("address"))) static bool read_memory(void *context, void *to,
								size_t size, uint64_t from)
{
	if (from < 1 << 16 || from >= NOWHERE)
		return false;
	for (size_t i = 0; i < size; i++)
		((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)(uintptr_t)from)[i];
	return true;
}

static inline struct typed_call *call_new(void)
{
	struct typed_call *call = calloc(1, sizeof(*call));

	assert_non_null(call);
	call->signature.variables = call->variables;
	call->limits = (struct value_limits){VALUE_DEFAULT_SIZE, VALUE_DEFAULT_DEPTH};
	call->thread.read = read_memory;
	return call;
}

static inline struct go_variable *call_add(struct typed_call *call, const char *name,
					   struct go_type *type)
{
	struct go_variable *variable = &call->variables[call->signature.num_variables++];

	assert_true(call->signature.num_variables <= MAX_VARIABLES);
	*variable = (struct go_variable){.name = name, .type = type};
	return variable;
}

/* All variables have been added. */
static inline void call_place(struct typed_call *call)
{
	assert_null(go_signature_place(types, &arch_x86_64, true, &call->signature));
	call->thread.registers[STACK_REGISTER] = (uintptr_t)call->stack;
}

/* The variable is this. */
static inline void call_give(struct typed_call *call, size_t index, const void *bytes)
{
	const struct go_variable *variable = &call->variables[index];

	for (size_t i = 0; i < variable->num_pieces; i++) {
		const struct go_piece *piece = &variable->pieces[i];
		void *to = piece->place == GO_ON_STACK
				   ? (uint8_t *)call->stack + piece->stack
				   : (void *)&call->thread.registers[piece->reg];

		if (piece->place == GO_IN_FLOAT_REGISTER)
			continue;
		assert_true(piece->place == GO_IN_REGISTER ||
			    (size_t)piece->stack + piece->size <= sizeof(call->stack));
		memcpy(to, (const uint8_t *)bytes + piece->offset, piece->size);
	}
}

/* The list of these values; takes them over. */
static inline struct value_list *call_list(struct typed_call *call, struct typed_value *values,
					   size_t num_values)
{
	struct value_list *list;

	assert_null(value_lists_next(&call->lists, &list));
	assert_null(typed_list_make(values, num_values, NULL, &call->site, &call->limits, list));
	return list;
}

/* Of all variables. */
static inline struct value_list *call_list_all(struct typed_call *call)
{
	size_t count = call->signature.num_variables;
	struct typed_value *values = calloc(count, sizeof(*values));

	assert_non_null(values);
	for (size_t i = 0; i < count; i++)
		values[i] = (struct typed_value){.name = strdup(call->variables[i].name),
						 .type = call->variables[i].type,
						 .variable = &call->variables[i]};
	return call_list(call, values, count);
}

static inline const struct captured *call_capture(struct typed_call *call,
						  const struct value_list *list)
{
	const struct site site = {0};

	kernel_capture(&list->fetch, &site, &call->thread, &call->room);
	return &call->room.head;
}

static void put_shown(void *context, const char *text, size_t size)
{
	fwrite(text, 1, size, context);
}

/* What is shown of the values that were captured; good until the next one. */
static inline const char *call_show(const struct value_list *list, const struct captured *captured)
{
	static char text[4096];
	FILE *to = fmemopen(text, sizeof(text), "w");

	assert_non_null(to);
	typed_text_put(&(struct text_sink){put_shown, to, VALUE_MAX_SIZE}, list->typed, captured);
	fclose(to);
	return text;
}

static inline void call_free(struct typed_call *call)
{
	value_lists_destroy(&call->lists);
	free(call);
}

#endif
