/* SPDX-License-Identifier: MIT */
/*
 * fuzz_typed.c - any types, in themselves too, as what values are of, any bytes as what was captured of
 * them, and any memory as what the BPF programs fetch of them.
 *
 * What is to be fetched fits into what the BPF programs have room for; what is shown moves no cursor, and ends.
 * What the kernel says of a condition at a call's entry, what was captured of it there does not contradict.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/kernel_fetch.h"
#include "base/text.h"
#include "output/typed_json.h"
#include "output/typed_text.h"
#include "must.h"
#include "types/go_types.h"
#include "values/go_dictionary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NUM_TYPES  16
#define MAX_FIELDS 4
#define MAX_VALUES 4

/* What is left of the input. */
struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

static struct go_type *type_of(struct go_types *types, struct input *input, uint8_t number);

static bool complete(struct go_types *types, void *context, struct go_type *type)
{
	struct input *input = context;

	type->elem = type_of(types, input, take(input));
	type->key = type_of(types, input, take(input));
	if (type->kind == GO_ARRAY)
		type->length = type->elem->size ? type->size / type->elem->size : take(input);
	if (type->kind != GO_STRUCT)
		return true;
	type->num_fields = take(input) % MAX_FIELDS;
	type->fields = go_types_alloc(types, MAX_FIELDS * sizeof(*type->fields));
	must(type->fields);
	for (size_t i = 0; i < type->num_fields; i++)
		type->fields[i] = (struct go_field){.name = i % 2 ? "field" : "a\x1b\xff",
						    .type = type_of(types, input, take(input)),
						    .offset = take(input),
						    .is_embedded = i == 1};
	return true;
}

static const struct go_type_source source = {complete};

static struct go_type *type_of(struct go_types *types, struct input *input, uint8_t number)
{
	static const uint8_t sizes[] = {8, 1, 8, 4, 8, 16, 16, 24, 0, 0, 8, 8, 8, 8, 8, 16};
	static const char *const names[] = {"int",
					    "time.Time",
					    "*\x1bpath/x.T",
					    "uintptr",
					    "time.Duration",
					    "context.Context",
					    "context.timerCtx",
					    "context.cancelCtx",
					    "context.valueCtx"};
	bool is_new;
	struct go_type *type = go_types_get(types, &source, input, number % NUM_TYPES, &is_new);

	must(type);
	if (!is_new)
		return type;
	type->kind = take(input) % (GO_INTERFACE + 1);
	type->size = sizes[type->kind] ?: take(input);
	type->name = names[take(input) % (sizeof(names) / sizeof(*names))];
	type->has_methods = take(input) & 1;
	if (type->kind == GO_UINT && take(input) & 1)
		type->size = 1;
	return type;
}

static void check_list(const struct value_list *list)
{
	bool is_small = list->fetch.shape == VALUES_SMALL;
	size_t max_at = is_small ? VALUES_SMALL_MAX_AT : VALUES_LARGE_MAX_AT;
	size_t bytes = is_small ? VALUES_SMALL_BYTES : VALUES_LARGE_BYTES;
	size_t last = 0;

	must(list->typed->num_pieces <= VALUES_MAX && list->fetch.num_ops <= VALUES_MAX_OPS);
	must(list->fetch.size <= bytes);
	for (uint32_t i = 0; i < list->fetch.num_ops; i++) {
		const struct fetch_op *op = &list->fetch.ops[i];

		must(op->value >= last && op->value < list->typed->num_pieces);
		last = op->value;
		must(op->at <= max_at);
		must(op->from <= max_at);
		if (op->source >= FETCH_FROM_SAVED)
			must(op->parent < op->value);
		if (op->code >= FETCH_SAVE_WORD)
			must(op->at + op->size <= list->fetch.size &&
			     op->size <= bytes - max_at - sizeof(struct captured_text));
	}
}

static void put(void *context, const char *text, size_t size)
{
	size_t *total = context;

	must(text_is_clean(text, size));
	*total += size;
	must(*total < 1 << 20);
}

static void show(const struct value_list *list, const struct captured *captured)
{
	static struct writer writer;
	struct json_writer json = {.writer = &writer};
	size_t total = 0;

	if (!writer.file)
		writer.file = fopen("/dev/null", "w");
	must(writer.file);
	typed_text_put(&(struct text_sink){put, &total, 64}, list->typed, captured);
	typed_json_put(&json, list->typed, captured);
	must(!writer.errnum);
}

/* Bytes that are what was captured, whatever they are. */
static void show_any(const struct value_list *list, const struct input *input)
{
	/* Ends where its allocation does, for the sanitizer. */
	struct captured *captured = calloc(1, sizeof(*captured) + list->fetch.size);

	must(captured);
	captured->size = list->fetch.size;
	memcpy(captured->states, input->data, input->size < VALUES_MAX ? input->size : VALUES_MAX);
	memcpy(captured->bytes, input->data,
	       input->size < captured->size ? input->size : captured->size);
	show(list, captured);
	go_dictionary_set(list->typed, captured, (uint64_t)captured->states[0] << 3);
	show(list, captured);
	free(captured);
}

/* ---- what the BPF programs see ---- */

/* The input again and again, but in the upper half of all addresses, and where nil leads. */
static bool read_input(void *context, void *to, size_t size, uint64_t from)
{
	const struct input *input = context;

	if (from < 4096 || from > INT64_MAX)
		return false;
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = input->size ? input->data[(from + i) % input->size] : 0;
	return true;
}

static void check_condition(const char *text, const struct value_lists *lists,
			    const struct kernel_thread *thread, const struct captured *captured)
{
	enum where_answer answer, early;
	struct condition condition;
	struct where *where;
	bool has_any, is_whole;
	struct error *err = where_parse(text, &where);

	must(!err);
	err = where_look_up(where, "main.f", &lists->items[0], NULL, &has_any);
	if (!err) {
		is_whole = where_compile(where, &lists->items[0], NULL, &condition);
		early = kernel_decide(&condition, &(struct site){0}, thread);
		answer = where_judge(where, lists, captured, NULL);
		must(early != WHERE_NO || answer != WHERE_YES);
		must(!is_whole || early != WHERE_YES || answer != WHERE_NO);
	}
	error_free(err);
	where_free(where);
}

static void capture(const struct value_lists *lists, struct input *input)
{
	static const char *const conditions[] = {
		"a == 7",        "a < 300 || b > -5", "a == nil", "a != nil && c != nil",
		"a == \"abc\"",  "b ~ \"b*\"",        "a",        "b !~ \"*c\" || c",
		"c >= 1.5 || !a"};
	const struct fetch_list *fetch = &lists->items[0].fetch;
	struct input memory;
	struct kernel_thread thread = {.read = read_input, .context = &memory};
	union kernel_room room;

	for (size_t i = 0; i < KERNEL_REGISTERS; i++)
		thread.registers[i] = (uint64_t)take(input) << 8 * (i & 7);
	memory = *input;
	kernel_capture(fetch, &(struct site){0}, &thread, &room);
	must(room.head.size == fetch->size);
	show(&lists->items[0], &room.head);
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
		check_condition(conditions[i], lists, &thread, &room.head);
}

/* ---- what addresses lead to ---- */

struct addresses {
	struct go_types *types;
	struct input *input;
};

static struct go_type *find_type(void *context, uint64_t va)
{
	struct addresses *addresses = context;

	return va % 3 ? type_of(addresses->types, addresses->input, (uint8_t)va) : NULL;
}

static struct go_type *find_type_in(void *context, uint64_t va, struct go_type *shape)
{
	struct go_type *type = find_type(context, va);

	return type && go_type_has_shape(type, shape) ? type : NULL;
}

static const char *find_function(void *context, uint64_t va)
{
	return va & 1 ? "main.f\x1b" : NULL;
}

/* What --arg names, put together from what there is, and is not. */
static void make_path(struct input *input, char path[64])
{
	static const char *const words[] = {"a", "b", ".", "field", "a\x1b\xff", "0", "r0", "_"};

	*path = '\0';
	for (uint8_t count = take(input) % 8; count; count--)
		strcat(path, words[take(input) % 8]);
}

static void use(struct go_types *types, struct input *input)
{
	static const char *const names[MAX_VALUES] = {"a", "b", "c", "v\x1b"};
	struct go_variable variables[MAX_VALUES] = {};
	struct go_signature signature = {.variables = variables,
					 .num_variables = 1 + take(input) % MAX_VALUES};
	const struct arch *arch = take(input) & 1 ? &arch_arm64 : &arch_x86_64;
	struct typed_value *values = calloc(MAX_VALUES, sizeof(*values));
	uint32_t changed_registers = take(input);
	uint8_t kind = take(input);
	struct typed_site site = {.changed_registers = changed_registers,
				  .is_repeated = kind == 1,
				  .is_return = kind == 2,
				  .is_for_results = kind == 3};
	struct value_limits limits = {.size = (uint16_t)(1 + take(input) * 4),
				      .depth = take(input) % 8};
	struct value_list list = {};
	struct value_lists lists = {&list, 1, 1};
	struct addresses addresses = {types, input};
	size_t num_values = 0;
	bool has_variable;
	char path[64];

	must(values);
	for (size_t i = 0; i < signature.num_variables; i++) {
		variables[i] = (struct go_variable){.name = names[i],
						    .type = type_of(types, input, (uint8_t)i)};
		variables[i].is_inferred = variables[i].type->kind == GO_STRING && take(input) & 1;
		variables[i].dictionary_word = take(input) % 4;
	}
	error_free(go_signature_place(types, arch, take(input) & 1, &signature));
	site.dictionary = (struct go_dictionary){.variable = &variables[take(input) % MAX_VALUES],
						 .is_in_closure = take(input) & 1,
						 .closure_at = take(input)};
	if (!site.dictionary.variable->type)
		site.dictionary.variable = NULL;
	make_path(input, path);
	if (typed_find(&signature, false, path, &values[num_values], &has_variable))
		num_values++;
	for (size_t i = 0; i < signature.num_variables && num_values < MAX_VALUES; i++) {
		values[num_values++] = (struct typed_value){.name = strdup(names[i]),
							    .type = variables[i].type,
							    .variable = &variables[i]};
	}
	must(!typed_list_make(values, num_values, NULL, &site, &limits, &list));
	check_list(&list);
	list.typed->source = (struct typed_source){&addresses, find_type, find_type, find_function,
						   find_type_in};
	show_any(&list, input);
	/* A processor's registers that the other one has not. */
	if (arch == &arch_x86_64)
		capture(&lists, input);
	typed_list_free(list.typed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct go_types *types = go_types_new();

	must(types);
	use(types, &input);
	go_types_free(types);
	return 0;
}
