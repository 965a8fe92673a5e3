/* SPDX-License-Identifier: MIT */
/* test_typed_dynamic.c - what only the program knows of values by type: what is in an interface, which function a
 * value is, and what two words may be of which nothing says what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "typed_call.h"

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
	CODE_VA = 0x3000
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
	list->typed->source = (struct typed_source){NULL, type_at, interface_type, function};
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any),      cmocka_unit_test(test_methods),
		cmocka_unit_test(test_depth),    cmocka_unit_test(test_functions),
		cmocka_unit_test(test_inferred),
	};

	return cmocka_run_group_tests(tests, make_types, free_types);
}
