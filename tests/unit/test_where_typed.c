/* SPDX-License-Identifier: MIT */
/* test_where_typed.c - which value a path names, "r.URL.Path", and conditions on such values, of arguments and of
 * results: what the kernel's own code says of them at a call's entry, and what is true of what was captured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "typed_call.h"

struct url {
	uint64_t port;
	struct {
		const char *bytes;
		uint64_t length;
	} path;
};

struct request {
	int32_t status;
	struct url *url;
};

/* func f(r *request, n int8, x unnamed) (ok bool, ~r1 error) */
static struct typed_call *make_call(void)
{
	struct typed_call *call = call_new();
	struct go_type *url = named("main.url", make(GO_STRUCT, 0));
	struct go_type *request = named("main.request", make(GO_STRUCT, 0));
	struct go_type *outer = named("main.outer", make(GO_STRUCT, 0));

	add_field(url, "Port", make(GO_UINT, 8));
	add_field(url, "Path", make(GO_STRING, 16));
	add_field(request, "Status", make(GO_INT, 4));
	add_field(request, "URL", named("*main.url", made_of(GO_POINTER, 8, url)));
	add_field(outer, "Status", word());
	add_field(outer, "request", named("*main.request", made_of(GO_POINTER, 8, request)));
	outer->fields[1].is_embedded = true;
	call_add(call, ".dict", word())->is_hidden = true;
	call_add(call, "r", named("*main.request", made_of(GO_POINTER, 8, request)));
	call_add(call, "n", named("int8", make(GO_INT, 1)));
	call_add(call, "o", named("*main.outer", made_of(GO_POINTER, 8, outer)));
	call_place(call);
	return call;
}

static struct typed_value *find(struct typed_call *call, bool results, const char *path)
{
	struct typed_value *value = calloc(1, sizeof(*value));
	bool has_variable;

	assert_non_null(value);
	if (typed_find(&call->signature, results, path, value, &has_variable))
		return value;
	free(value);
	return NULL;
}

/* The variable, the offset in it, and those of words on the way: "r+0>8>8 string". */
static void finds(const char *path, const char *wanted)
{
	struct typed_call *call = make_call();
	struct typed_value *value = find(call, false, path);
	char text[128] = "none";

	if (value) {
		int length =
			snprintf(text, sizeof(text), "%s+%u", value->variable->name, value->offset);

		for (size_t i = 0; i < value->num_loads; i++)
			length += snprintf(text + length, sizeof(text) - (size_t)length, ">%u",
					   value->loads[i]);
		assert_string_equal(value->name, path);
		typed_values_free(value, 1);
	}
	assert_string_equal(text, wanted);
	call_free(call);
}

static void test_find(void **state)
{
	finds("r", "r+0");
	finds("n", "n+0");
	/* By number, without those that the compiler adds. */
	finds("0", "r+0");
	finds("2.Status", "o+0>0");
	finds("3", "none");
	finds("r.Status", "r+0>0");
	finds("r.URL", "r+0>8");
	finds("r.URL.Path", "r+0>8>8");
	finds("r.URL.Port", "r+0>8>0");
	/* Of an embedded pointer, but where the struct has a field of that name itself. */
	finds("o.URL.Path", "o+0>8>8>8");
	finds("o.request.Status", "o+0>8>0");
	finds("r.url", "none");
	finds("r.", "none");
	finds("", "none");
	finds(".", "none");
	finds("n.x", "none");
	finds("r.URL.Path.x", "none");
	finds(".dict", "none");
	finds("R", "none");
}

static void test_find_results(void **state)
{
	struct typed_call *call = call_new();
	struct typed_value *value;

	call_add(call, "a", word());
	call_add(call, "ok", make(GO_BOOL, 1))->is_result = true;
	call_add(call, "~r1", make(GO_INTERFACE, 16))->is_result = true;
	call_place(call);
	assert_null(find(call, true, "a"));
	assert_null(find(call, false, "ok"));
	assert_null(find(call, true, "r0"));
	for (size_t i = 0; i < 2; i++) {
		value = find(call, true, i ? "r1" : "1");
		assert_non_null(value);
		assert_ptr_equal(value->variable, &call->variables[2]);
		typed_values_free(value, 1);
	}
	call_free(call);
}

/* ---- conditions ---- */

/* What the kernel says at the entry, and what is true: '+', '-', '?' each. */
static const char *judge(struct typed_call *call, const char *path, const char *condition)
{
	struct typed_value *value = find(call, false, path);
	static char answers[3];
	struct condition compiled;
	struct where *where;
	bool has_any;

	assert_non_null(value);
	const struct value_list *list = call_list(call, value, 1);
	const struct captured *captured = call_capture(call, list);

	assert_null(where_parse(condition, &where));
	assert_null(where_look_up(where, "main.f", list, NULL, &has_any));
	assert_true(has_any);
	where_compile(where, list, NULL, &compiled);
	answers[0] = "-+?"[kernel_decide(&compiled, &(struct site){0}, &call->thread)];
	answers[1] = "-+?"[where_judge(where, &call->lists, captured, NULL)];
	where_free(where);
	value_lists_destroy(&call->lists);
	return answers;
}

static void test_conditions(void **state)
{
	struct typed_call *call = make_call();
	struct url url = {.port = 80, .path = {"/bar", 4}};
	struct request request = {.status = -5, .url = &url}, *given = &request;
	static const struct {
		const char *path, *condition, *answers;
	} rows[] = {
		{"n", "n == -7", "++"},
		{"n", "n < -7", "--"},
		{"n", "n == 249", "--"},
		{"r", "r != nil", "++"},
		{"r.Status", "r.Status == -5", "++"},
		{"r.Status", "r.Status > 0", "--"},
		{"r.Status", "r.Status == 4294967291", "--"},
		{"r.URL.Port", "r.URL.Port >= 80", "++"},
		{"r.URL.Path", "r.URL.Path == \"/bar\"", "++"},
		{"r.URL.Path", "r.URL.Path == \"/ba\"", "--"},
		{"r.URL.Path", "r.URL.Path ~ \"/b*\"", "++"},
		{"r.URL.Path", "r.URL.Path ~ \"*r\"", "++"},
		{"r.URL.Path", "r.URL.Path ~ \"*x\"", "+-"},
		{"r.URL", "r.URL == nil", "--"},
		/* Nobody knows what is behind nil, not even that it is different. */
		{"o.Status", "o.Status == 0", "??"},
		{"o.Status", "o.Status != 0", "??"},
		{"o.URL", "o.URL == nil", "++"},
	};

	call_give(call, 1, &given);
	call_give(call, 2, &(int8_t){-7});
	call_give(call, 3, &(void *){NULL});
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(judge(call, rows[i].path, rows[i].condition), rows[i].answers);
	/* What cannot be read is not known. */
	request.url = (struct url *)NOWHERE;
	assert_string_equal(judge(call, "r.URL.Port", "r.URL.Port == 80"), "??");
	assert_string_equal(judge(call, "r.URL.Path", "r.URL.Path == \"/bar\""), "??");
	/* A pointer on the way is nil; a text is itself. */
	request.url = NULL;
	assert_string_equal(judge(call, "r.URL.Path", "r.URL.Path == nil"), "++");
	assert_string_equal(judge(call, "r.URL.Path", "r.URL.Path == \"\""), "??");
	request.url = &url;
	url.path.bytes = NULL;
	assert_string_equal(judge(call, "r.URL.Path", "r.URL.Path == nil"), "++");
	url.path.length = 0;
	assert_string_equal(judge(call, "r.URL.Path", "r.URL.Path == \"\""), "++");
	call_free(call);
}

/* Where a register that leads there holds something else by then. */
static void test_changed(void **state)
{
	struct typed_call *call = make_call();
	struct request request = {.status = 7}, *given = &request;

	call_give(call, 1, &given);
	/* bx, the second register of arguments: r is behind what the compiler adds */
	call->site.changed_registers = 1 << 3;
	assert_string_equal(judge(call, "r.Status", "r.Status == 7"), "+?");
	call->site.changed_registers = 0;
	call->site.is_repeated = true;
	assert_string_equal(judge(call, "r.Status", "r.Status == 8"), "+?");
	call_free(call);
}

/* Results are known at the end alone: until then, whether the condition holds is not. */
static void test_results(void **state)
{
	struct typed_call *call = call_new();
	struct value_list *args, *results;
	struct condition compiled;
	struct captured *captured_args;
	struct where *where;
	bool has_any;

	call_add(call, "n", word());
	call_add(call, "~r0", word())->is_result = true;
	call_place(call);
	args = call_list(call, find(call, false, "n"), 1);
	call_give(call, 0, &(int64_t){7});
	captured_args = calloc(1, sizeof(call->room));
	assert_non_null(captured_args);
	memcpy(captured_args, call_capture(call, args), sizeof(call->room));
	results = call_list(call, find(call, true, "r0"), 1);
	args = &call->lists.items[0];
	call_give(call, 1, &(int64_t){-1});
	call_capture(call, results);
	call->room.head.list = 1;
	assert_null(where_parse("n == 7 && r0 < 0", &where));
	assert_null(where_look_up(where, "main.f", args, results, &has_any));
	assert_null(where_check_names(where));
	assert_int_equal(where_judge(where, &call->lists, captured_args, NULL), WHERE_UNKNOWN);
	assert_int_equal(where_judge(where, &call->lists, captured_args, &call->room.head),
			 WHERE_YES);
	/* The kernel decides what it can, and takes the rest for true: it is the same register. */
	where_compile(where, args, results, &compiled);
	call_give(call, 0, &(int64_t){8});
	assert_int_equal(kernel_decide(&compiled, &(struct site){0}, &call->thread), WHERE_NO);
	call_give(call, 0, &(int64_t){7});
	assert_int_equal(kernel_decide(&compiled, &(struct site){0}, &call->thread), WHERE_YES);
	where_free(where);
	free(captured_args);
	call_free(call);
}

/* What has no first word that is compared. */
static void test_refused(void **state)
{
	static const struct {
		enum go_kind kind;
		uint64_t size;
		const char *condition; /* NULL: to nothing */
	} rows[] = {
		{GO_STRUCT, 8, NULL},          {GO_ARRAY, 8, NULL},
		{GO_COMPLEX, 16, NULL},        {GO_OPAQUE, 8, NULL},
		{GO_BOOL, 1, "v > true"},      {GO_FLOAT, 8, "v == nil"},
		{GO_STRING, 16, "v < \"a\""},  {GO_STRING, 16, "v == 1"},
		{GO_INT, 8, "v ~ \"1*\""},     {GO_INTERFACE, 16, "v < nil"},
		{GO_POINTER, 8, "v == \"a\""}, {GO_INT, 8, "v"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct typed_call *call = call_new();
		struct value_list *list;
		struct error *err;
		struct where *where;
		size_t num_unfit;
		bool has_any;

		call_add(call, "v", make(rows[i].kind, rows[i].size));
		call_place(call);
		list = call_list_all(call);
		assert_null(where_parse(rows[i].condition ?: "v == 1", &where));
		assert_null(where_look_up(where, "main.f", list, NULL, &has_any));
		assert_false(has_any);
		assert_non_null(where_unfit(where, &num_unfit));
		assert_int_equal(num_unfit, 1);
		err = where_check_names(where);
		assert_non_null(err);
		error_free(err);
		where_free(where);
		call_free(call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),       cmocka_unit_test(test_find_results),
		cmocka_unit_test(test_conditions), cmocka_unit_test(test_changed),
		cmocka_unit_test(test_results),    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, make_types, free_types);
}
