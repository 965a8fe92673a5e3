/* SPDX-License-Identifier: MIT */
/* test_typed_dynamic.c - what only the program knows of values by type: what is in an interface, which function a
 * value is, what a generic function was called for, and what two words may be of which nothing says what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "typed_call.h"
#include "values/go_dictionary.h"

/* Where the file is: nothing can be read there. */
#define BIAS (NOWHERE + UINT64_C(0x10000000))

/* Types of the program, at these addresses of the file; an itab for the first one. */
enum {
	NUMBER_VA = 0x1000,
	KIND_VA = 0x1008,
	TEXT_VA = 0x1010,
	POINT_VA = 0x1018,
	TO_POINT_VA = 0x1020,
	ITAB_VA = 0x2000,
	CODE_VA = 0x3000,
	DICTIONARY_VA = 0x4000
};

struct point {
	int64_t x, y;
};

static struct go_type *type_at(void *context, uint64_t va)
{
	struct go_type *point;

	switch (va) {
	case NUMBER_VA:
		return word();
	case KIND_VA:
		return named("main.kind", make(GO_UINT, 1));
	case TEXT_VA:
		return make(GO_STRING, 16);
	case POINT_VA:
	case TO_POINT_VA:
		point = named("path/main.point", make(GO_STRUCT, 0));
		add_field(point, "X", word());
		add_field(point, "Y", word());
		return va == POINT_VA ? point : made_of(GO_POINTER, 8, point);
	}
	return NULL;
}

static struct go_type *interface_type(void *context, uint64_t va)
{
	return type_at(context, va == ITAB_VA ? NUMBER_VA : va);
}

/* Words of a dictionary that are of these types, from 1. */
static struct go_type *type_in(void *context, uint64_t va, struct go_type *shape)
{
	static const uint64_t types_va[] = {KIND_VA, POINT_VA, TO_POINT_VA};
	uint64_t word = (va - DICTIONARY_VA) / 8;
	struct go_type *type = word < 3 ? type_at(context, types_va[word]) : NULL;

	return type && go_type_has_shape(type, shape) ? type : NULL;
}

static const char *function(void *context, uint64_t va)
{
	return va == CODE_VA ? "main.f" : NULL;
}

static const char *show(struct go_variable variable, const void *bytes, uint8_t depth)
{
	struct typed_call *call = call_new();
	struct value_list *list;
	const char *text;

	call->limits.depth = depth;
	call->thread.bias = BIAS;
	*call_add(call, "v", variable.type) = variable;
	call_place(call);
	call_give(call, 0, bytes);
	list = call_list_all(call);
	list->typed->source =
		(struct typed_source){NULL, type_at, interface_type, function, type_in};
	text = call_show(list, call_capture(call, list));
	call_free(call);
	return text;
}

#define VALUE(go_type) ((struct go_variable){.name = "v", .type = (go_type)})
#define shows(type, bytes, text)                                                                   \
	assert_string_equal(show(VALUE(type), bytes, VALUE_DEFAULT_DEPTH), "v = " text)

static void test_any(void **state)
{
	struct go_type *any = named("interface {}", make(GO_INTERFACE, 16));
	int64_t number = -7;
	uint8_t kind = 5;
	struct point point = {1, 2};
	struct {
		const char *bytes;
		uint64_t length;
	} text = {"text", 4};

	shows(any, ((void *[]){NULL, NULL}), "nil");
	shows(any, ((uint64_t[]){BIAS + NUMBER_VA, (uintptr_t)&number}), "-7");
	/* What has a name of its own says so. */
	shows(any, ((uint64_t[]){BIAS + KIND_VA, (uintptr_t)&kind}), "main.kind(5)");
	shows(any, ((uint64_t[]){BIAS + TEXT_VA, (uintptr_t)&text}), "\"text\"");
	shows(any, ((uint64_t[]){BIAS + POINT_VA, (uintptr_t)&point}), "main.point{X: 1, Y: 2}");
	shows(any, ((uint64_t[]){BIAS + NUMBER_VA, NOWHERE}), "unreadable");
	/* A pointer is the data word itself. */
	shows(any, ((uint64_t[]){BIAS + TO_POINT_VA, (uintptr_t)&point}),
	      "&main.point{X: 1, Y: 2}");
	shows(any, ((uint64_t[]){BIAS + TO_POINT_VA, 0}), "nil");
	/* An address that is no type's; and one without the file's place in memory. */
	shows(any, ((uint64_t[]){BIAS + 0x1001, (uintptr_t)&number}), "?");
	shows(any, ((uint64_t[]){NUMBER_VA, (uintptr_t)&number}), "?");
}

/* src/internal/abi/iface.go, ITab: the type is its second word. */
static void test_methods(void **state)
{
	struct go_type *error = named("error", make(GO_INTERFACE, 16));
	const uint64_t itab[] = {0x1234, BIAS + NUMBER_VA}, other[] = {0, 0x1234};
	int64_t number = 7;

	error->has_methods = true;
	shows(error, ((const void *[]){NULL, NULL}), "nil");
	shows(error, ((const void *[]){itab, &number}), "7");
	shows(error, ((const void *[]){other, &number}), "?");
	shows(error, ((uint64_t[]){NOWHERE, (uintptr_t)&number}), "unreadable");
}

/* Deeper than is looked at, the type alone is known: most itabs are in the file. */
static void test_depth(void **state)
{
	struct go_type *error = named("error", make(GO_INTERFACE, 16));
	struct point point = {1, 2};

	error->has_methods = true;
	assert_string_equal(show(VALUE(named("interface {}", make(GO_INTERFACE, 16))),
				 (uint64_t[]){BIAS + TO_POINT_VA, (uintptr_t)&point}, 0),
			    "v = &main.point{...}");
	assert_string_equal(show(VALUE(named("interface {}", make(GO_INTERFACE, 16))),
				 (uint64_t[]){BIAS + NUMBER_VA, (uintptr_t)&point}, 0),
			    "v = ...");
}

static void test_functions(void **state)
{
	struct go_type *type = make(GO_FUNC, 8);
	uint64_t closure = BIAS + CODE_VA, other = CODE_VA;

	shows(type, &(void *){&closure}, "main.f");
	shows(type, &(void *){&other}, "?");
	shows(type, &(uint64_t){NOWHERE}, "unreadable");
	shows(type, &(void *){NULL}, "nil");
}

/* Two words that can only be a string, an interface, or no more than words: marked as what may be wrong. */
static void test_inferred(void **state)
{
	struct go_variable pair = {.name = "v", .type = make(GO_STRING, 16), .is_inferred = true};
	char longer[256] = "abc";
	uint64_t number = 7;

	assert_string_equal(show(pair, (uint64_t[]){(uintptr_t)"a\tb", 3}, 3), "v = \"a\\tb\"?");
	/* Not UTF-8, too long, without a length: no text. */
	assert_non_null(strstr(show(pair, (uint64_t[]){(uintptr_t)"a\xff", 2}, 3), ", 0x2}"));
	assert_non_null(strstr(show(pair, (uint64_t[]){(uintptr_t)"abc", 0}, 3), ", 0x0}"));
	assert_non_null(
		strstr(show(pair, (uint64_t[]){(uintptr_t)longer, 2 << 20}, 3), ", 0x200000}"));
	assert_string_equal(show(pair, (uint64_t[]){5, 6}, 3), "v = {0x5, 0x6}");
	assert_non_null(strstr(show(pair, (uint64_t[]){BIAS + KIND_VA, (uintptr_t)&number}, 3),
			       "main.kind(0x"));
	assert_non_null(strstr(show(pair, (uint64_t[]){BIAS + ITAB_VA, 7}, 3), "(0x7)?"));
}

/* A value of a generic function, whose dictionary has its type in this word, and is at this address. */
static const char *show_generic(struct go_type *shape, uint16_t dictionary_word, const void *bytes,
				uint64_t dictionary, bool is_in_closure)
{
	struct typed_call *call = call_new();
	struct value_list *list;
	struct typed_value *value = calloc(1, sizeof(*value));
	const uint64_t closure[2] = {0, dictionary};
	uint64_t first = is_in_closure ? (uintptr_t)closure : dictionary;
	const char *text;

	assert_non_null(value);
	call->thread.bias = BIAS;
	call_add(call, ".dict", word())->is_hidden = true;
	call_add(call, "v", shape)->dictionary_word = dictionary_word;
	call_place(call);
	call_give(call, 0, &first);
	call_give(call, 1, bytes);
	call->site.dictionary = (struct go_dictionary){&call->variables[0], is_in_closure, 8};
	*value = (struct typed_value){
		.name = strdup("v"), .type = shape, .variable = &call->variables[1]};
	list = call_list(call, value, 1);
	list->typed->source =
		(struct typed_source){NULL, type_at, interface_type, function, type_in};
	text = call_show(list, call_capture(call, list));
	call_free(call);
	return text;
}

static void test_generic(void **state)
{
	struct point point = {1, 2};
	const struct point *to = &point;
	struct go_type *any_pointer = make(GO_UNSAFE_POINTER, 8);
	struct go_type *shape = named("struct", make(GO_STRUCT, 0));
	const uint64_t at = BIAS + DICTIONARY_VA;

	any_pointer->is_any_pointer = true;
	add_field(shape, "X", word());
	add_field(shape, "Y", word());
	assert_string_equal(show_generic(any_pointer, 3, &to, at, false),
			    "v = &main.point{X: 1, Y: 2}");
	assert_string_equal(show_generic(shape, 2, &point, at, false),
			    "v = main.point{X: 1, Y: 2}");
	assert_string_equal(show_generic(shape, 2, &point, at, true), "v = main.point{X: 1, Y: 2}");
	/* Words that are of no type, or of one that cannot be it; a dictionary that is none, or cannot be read. */
	assert_string_equal(show_generic(shape, 4, &point, at, false), "v = struct{X: 1, Y: 2}");
	assert_string_equal(show_generic(shape, 1, &point, at, false), "v = struct{X: 1, Y: 2}");
	assert_string_equal(show_generic(shape, 3, &point, at, false), "v = struct{X: 1, Y: 2}");
	assert_string_equal(show_generic(shape, 2, &point, 0, false), "v = struct{X: 1, Y: 2}");
	assert_string_equal(show_generic(shape, 2, &point, NOWHERE, true),
			    "v = struct{X: 1, Y: 2}");
	/* And one whose type is its own. */
	assert_string_equal(show_generic(shape, 0, &point, at, false), "v = struct{X: 1, Y: 2}");
	assert_memory_equal(show_generic(any_pointer, 0, &to, at, false), "v = 0x", 6);
}

/* A result of one, of a call with this dictionary; 0: it is not known. */
static const char *show_result(struct go_type *shape, const void *bytes, uint64_t dictionary)
{
	struct typed_call *call = call_new();
	struct typed_value *value = calloc(1, sizeof(*value));
	union kernel_room args;
	const struct typed_list *at_entry;
	struct value_list *list;
	const char *text;

	assert_non_null(value);
	call->thread.bias = BIAS;
	call_add(call, ".dict", word())->is_hidden = true;
	call_add(call, "r", shape)->dictionary_word = 2;
	call_place(call);
	call_give(call, 0, &dictionary);
	call_give(call, 1, bytes);
	call->site.dictionary = (struct go_dictionary){.variable = &call->variables[0]};
	call->site.is_for_results = true;
	list = call_list(call, NULL, 0);
	at_entry = list->typed;
	assert_false(value_list_has_values(list));
	assert_int_equal(at_entry->num_pieces, 1);
	memcpy(&args, call_capture(call, list), sizeof(args));
	assert_int_equal(go_dictionary(at_entry, &args.head), dictionary);
	call->site.is_for_results = false;
	call->site.is_return = true;
	*value = (struct typed_value){
		.name = strdup("r"), .type = shape, .variable = &call->variables[1]};
	list = call_list(call, value, 1);
	list->typed->source =
		(struct typed_source){NULL, type_at, interface_type, function, type_in};
	assert_true(value_list_has_values(list));
	call_capture(call, list);
	assert_int_equal(go_dictionary(list->typed, &call->room.head), 0);
	call->room.head.list = 1;
	go_dictionary_hand_on(&call->lists, &args.head, &call->room.head);
	text = call_show(list, &call->room.head);
	call_free(call);
	return text;
}

static void test_results(void **state)
{
	struct point point = {1, 2};
	struct go_type *shape = named("struct", make(GO_STRUCT, 0));

	add_field(shape, "X", word());
	add_field(shape, "Y", word());
	assert_string_equal(show_result(shape, &point, BIAS + DICTIONARY_VA),
			    "r = main.point{X: 1, Y: 2}");
	assert_string_equal(show_result(shape, &point, 0), "r = struct{X: 1, Y: 2}");
	/* Its word is of a type that cannot be it. */
	assert_string_equal(show_result(shape, &point, BIAS + DICTIONARY_VA + 8),
			    "r = struct{X: 1, Y: 2}");
}

/* What came of results has no place for it, or is not all there. */
static void test_no_place(void **state)
{
	struct typed_list typed = {.pieces = {{.role = TYPED_DICTIONARY, .size = 8}},
				   .num_pieces = 1};
	union kernel_room room = {.head.size = 7};

	go_dictionary_set(&typed, &room.head, 5);
	assert_int_equal(room.head.states[0], VALUE_UNKNOWN);
	room.head.size = 16;
	typed.pieces[0].size = 16;
	go_dictionary_set(&typed, &room.head, 5);
	typed.pieces[0].size = 8;
	typed.dictionary.piece = TYPED_NONE;
	go_dictionary_set(&typed, &room.head, 5);
	assert_int_equal(room.head.states[0], VALUE_UNKNOWN);
	typed.dictionary.piece = 0;
	go_dictionary_set(&typed, &room.head, 5);
	assert_int_equal(go_dictionary(&typed, &room.head), 5);
}

static void test_shapes(void **state)
{
	struct go_type *number = make(GO_INT, 8), *node = named("main.node", make(GO_STRUCT, 0));
	struct go_type *other = named("main.other", make(GO_STRUCT, 0));
	struct go_type *any_pointer = make(GO_UNSAFE_POINTER, 8),
		       *to_node = made_of(GO_POINTER, 8, node);

	any_pointer->is_any_pointer = true;
	add_field(node, "value", number);
	add_field(node, "next", to_node);
	add_field(other, "value", number);
	add_field(other, "next", made_of(GO_POINTER, 8, other));
	assert_true(go_type_has_shape(node, node));
	/* Types inside of themselves. */
	assert_true(go_type_has_shape(node, other));
	assert_true(go_type_has_shape(to_node, any_pointer));
	assert_false(go_type_has_shape(number, any_pointer));
	assert_false(go_type_has_shape(make(GO_UINT, 8), number));
	assert_false(go_type_has_shape(make(GO_INT, 4), number));
	assert_true(go_type_has_shape(array(to_node, 2), array(any_pointer, 2)));
	assert_false(go_type_has_shape(array(number, 2), array(any_pointer, 2)));
	assert_false(go_type_has_shape(array(number, 3), array(number, 2)));
	assert_true(go_type_has_shape(made_of(GO_SLICE, 24, to_node),
				      made_of(GO_SLICE, 24, any_pointer)));
	assert_false(go_type_has_shape(made_of(GO_SLICE, 24, number),
				       made_of(GO_SLICE, 24, any_pointer)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any),      cmocka_unit_test(test_methods),
		cmocka_unit_test(test_depth),    cmocka_unit_test(test_functions),
		cmocka_unit_test(test_inferred), cmocka_unit_test(test_generic),
		cmocka_unit_test(test_shapes),   cmocka_unit_test(test_results),
		cmocka_unit_test(test_no_place),
	};

	return cmocka_run_group_tests(tests, make_types, free_types);
}
