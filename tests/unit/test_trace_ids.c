/* SPDX-License-Identifier: MIT */
/* test_trace_ids.c - what was captured of a trace, whatever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "values/trace_ids.h"

#define AT 16

struct found {
	struct value_list list;
	struct captured *captured;
};

static void found_start(struct found *found)
{
	size_t size = AT + sizeof(struct captured_trace);
	struct captured_trace trace = {.ids = {.trace_id = {1, [15] = 0xfe}, .span_id = {[7] = 3}}};

	memset(found, 0, sizeof(*found));
	found->list.fetch.has_trace = true;
	found->list.fetch.trace_at = AT;
	found->list.fetch.trace_value = 2;
	found->captured = calloc(1, sizeof(struct captured) + size);
	assert_non_null(found->captured);
	found->captured->size = (uint16_t)size;
	found->captured->states[2] = VALUE_WHOLE;
	memcpy(found->captured->bytes + AT, &trace, sizeof(trace));
}

static bool found_read(const struct found *found)
{
	struct trace_told told;

	trace_read(&found->list, found->captured, &told);
	assert_int_equal(told.has_trace, told.has_span);
	return told.has_trace;
}

static void test_read(void **state)
{
	char text[TRACE_TEXT_SIZE];
	struct trace_told told;
	struct found found;

	found_start(&found);
	trace_read(&found.list, found.captured, &told);
	assert_true(told.has_trace && told.has_span);
	trace_put_id(told.ids.trace_id, sizeof(told.ids.trace_id), text);
	assert_string_equal(text, "010000000000000000000000000000fe");
	trace_put_id(told.ids.span_id, sizeof(told.ids.span_id), text);
	assert_string_equal(text, "0000000000000003");
	free(found.captured);
}

static void test_none(void **state)
{
	struct found found;
	struct trace_told told;

	found_start(&found);
	trace_read(NULL, found.captured, &told);
	assert_false(told.has_trace || told.num_labels);
	trace_read(&found.list, NULL, &told);
	assert_false(told.has_trace || told.num_labels);
	found.captured->size--;
	assert_false(found_read(&found));
	found.captured->size++;
	for (int value = 0; value < 256; value++) {
		found.captured->states[2] = (uint8_t)value;
		assert_int_equal(found_read(&found), value == VALUE_WHOLE);
	}
	found.captured->states[2] = VALUE_WHOLE;
	found.list.fetch.has_trace = false;
	assert_false(found_read(&found));
	free(found.captured);
}

/* All zero is no trace, and no span. */
static void test_not_valid(void **state)
{
	struct found found;
	uint8_t *ids;

	found_start(&found);
	ids = found.captured->bytes + AT + offsetof(struct captured_trace, ids);
	ids[sizeof(struct trace_ids) - 1] = 0;
	assert_false(found_read(&found));
	ids[sizeof(struct trace_ids) - 1] = 1;
	assert_true(found_read(&found));
	memset(ids, 0, 16);
	assert_false(found_read(&found));
	free(found.captured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
