/* SPDX-License-Identifier: MIT */
/* test_id_labels.c - what labels of a goroutine say of its trace, by the BPF programs' code (bpf/id_labels.h) and by what
 * reads what that has captured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kernel_fetch.h"
#include "values/trace_ids.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN   "00f067aa0ba902b7"
#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

struct text {
	const char *address;
	uint64_t length;
};

struct label {
	struct text key, value;
};

#define LABEL(key, value)                                                                          \
	{                                                                                          \
		{key, sizeof(key) - 1},                                                            \
		{value, sizeof(value) - 1},                                                        \
	}

/* What was captured, and what is made of it. */
struct telling {
	struct value_list list;
	struct trace_told told;
	union kernel_room room;
};

static void tell(struct telling *telling, const struct label *labels, size_t count)
{
	telling->list = (struct value_list){.fetch.size = 24};
	memset(&telling->room, 0xee, sizeof(telling->room));
	assert_true(value_list_add_id_labels(&telling->list));
	telling->room.head.size = telling->list.fetch.size;
	telling->room.head.states[telling->list.fetch.id_labels_value] =
		kernel_id_labels(labels, count, &(struct kernel_thread){},
				 telling->room.head.bytes + telling->list.fetch.id_labels_at)
			? VALUE_WHOLE
			: VALUE_UNKNOWN;
	trace_read(&telling->list, &telling->room.head, &telling->told);
}

static void check(const struct label *labels, size_t count, const char *trace, const char *span)
{
	char text[TRACE_TEXT_SIZE];
	struct telling telling;
	struct trace_told *told = &telling.told;

	tell(&telling, labels, count);
	assert_int_equal(told->has_trace, trace != NULL);
	assert_int_equal(told->has_span, span != NULL);
	if (trace) {
		trace_put_id(told->ids.trace_id, sizeof(told->ids.trace_id), text);
		assert_string_equal(text, trace);
	}
	if (span) {
		trace_put_id(told->ids.span_id, sizeof(told->ids.span_id), text);
		assert_string_equal(text, span);
	}
}

static void test_ids(void **state)
{
	static const struct label both[] = {LABEL("user", "anna"), LABEL("span_id", SPAN),
					    LABEL("trace_id", TRACE)},
				  parent[] = {LABEL("traceparent", PARENT), LABEL("spanID", SPAN)};

	check(both, 3, TRACE, SPAN);
	check(both + 2, 1, TRACE, NULL);
	check(both, 2, NULL, NULL);
	check(both, 0, NULL, NULL);
	check(parent, 1, "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
	check(parent, 2, "0af7651916cd43dd8448eb211c80319c", SPAN);
}

/* Each of its bytes, whatever it is. */
static void test_bytes(void **state)
{
	char text[] = PARENT;
	struct label label = {{"traceparent", 11}, {text, strlen(text)}};

	for (size_t i = 0; i < strlen(PARENT); i++) {
		for (int c = 0; c < 256; c++) {
			bool is_right =
				PARENT[i] == '-' ? c == '-' : c && strchr("0123456789abcdef", c);
			struct telling telling;

			if (i < 2)
				is_right = c == '0';
			text[i] = (char)c;
			tell(&telling, &label, 1);
			/* Of flags no more is known than that they are there. */
			if (i < 53 || !strchr("ABCDEF", c))
				assert_int_equal(telling.told.has_trace, is_right);
			assert_int_equal(telling.told.num_labels, !telling.told.has_trace);
		}
		text[i] = PARENT[i];
	}
}

/* What is no id is a label like any other; nothing at all is none. */
static void test_others(void **state)
{
	static const struct label labels[] = {LABEL("trace_id", TRACE "0"), LABEL("span id", "12"),
					      LABEL("profile_id", SPAN)},
				  nothing[] = {LABEL("trace_id", ""), LABEL("span id", "0"),
					       LABEL("span_id", "0000000000000000")};
	struct telling telling;

	tell(&telling, labels, 3);
	assert_int_equal(telling.told.num_labels, 3);
	assert_false(telling.told.has_trace);
	for (size_t i = 0; i < 3; i++) {
		const struct id_label_found *found = &telling.told.labels[i];

		assert_string_equal(found->key, labels[i].key.address);
		assert_int_equal(found->value.state, VALUE_WHOLE);
		assert_int_equal(found->value.size, labels[i].value.length);
		assert_memory_equal(found->value.text, labels[i].value.address, found->value.size);
	}
	tell(&telling, nothing, 3);
	assert_int_equal(telling.told.num_labels, 0);
}

/* No more than there is room for, of as many labels as are looked at. */
static void test_bounds(void **state)
{
	char text[300];
	struct label labels[40] = {};
	struct telling telling;

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < 40; i++)
		labels[i] = (struct label){{"kind", 4}, {text, sizeof(text)}};
	labels[31].key = (struct text){"span_id", 7};
	labels[32].key = (struct text){"trace_id", 8};
	tell(&telling, labels, 40);
	assert_int_equal(telling.told.num_labels, 1);
	assert_int_equal(telling.told.labels[0].value.state, VALUE_TRUNCATED);
	assert_int_equal(telling.told.labels[0].value.size, ID_LABEL_SPAN_SIZE);
	/* Lengths that are none. */
	labels[31].value.length = 1ull << 62;
	labels[30].key.length = 1ull << 62;
	tell(&telling, labels, 40);
	assert_int_equal(telling.told.labels[0].value.size, ID_LABEL_SPAN_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
