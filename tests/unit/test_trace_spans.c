/* SPDX-License-Identifier: MIT */
/* test_trace_spans.c - what the BPF programs find in contexts (bpf/trace.h), wherever spans have their ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kernel_fetch.h"

#define BIAS 0x10000

enum { VALUE_CONTEXT = 0x100, SPAN_CONTEXT = 0x140, WHOLE_SPAN = 0x180, POINTED_SPAN = 0x1c0 };

/* Ids that are apart, as Datadog's were. */
struct ids {
	uint8_t odd, trace_id[16];
	uint64_t span_id;
};

struct span {
	uint64_t before;
	const struct ids *ids;
};

struct context {
	uint64_t itab[2]; /* of its own type */
	uint64_t parent[2];
	uint64_t key[2];
	uint64_t value[2]; /* of a span context: a pointer to ids, before */
};

static const struct trace_types types = {
	.value_context = VALUE_CONTEXT,
	.value_at = offsetof(struct context, value) - offsetof(struct context, parent),
	.contexts = {VALUE_CONTEXT, SPAN_CONTEXT},
	.spans = {{.type = WHOLE_SPAN,
		   .at = 8,
		   .trace_id_at = offsetof(struct ids, trace_id),
		   .span_id_at = offsetof(struct ids, span_id)},
		  {.type = POINTED_SPAN,
		   .at = offsetof(struct span, ids),
		   .is_pointer = true,
		   .trace_id_at = offsetof(struct ids, trace_id),
		   .span_id_at = offsetof(struct ids, span_id),
		   .is_number = true},
		  {.type = SPAN_CONTEXT,
		   .at = 16,
		   .is_pointer = true,
		   .trace_id_at = offsetof(struct ids, trace_id),
		   .span_id_at = offsetof(struct ids, span_id),
		   .is_number = true}},
};

static const struct ids ids = {.trace_id = {1, [15] = 2}, .span_id = 0x0102030405060708};

static struct context context_of(uint64_t type)
{
	return (struct context){.itab = {0, BIAS + type}};
}

/* All but what lies behind nil. */
static bool read_all(void *context, void *to, size_t size, uint64_t from)
{
	if (from < 4096)
		return false;
	memcpy(to, (const void *)(uintptr_t)from, size);
	return true;
}

static bool find(const struct context *context, struct trace_ids *found)
{
	const uint64_t words[] = {(uintptr_t)context->itab, (uintptr_t)context->parent};
	const struct kernel_thread thread = {.bias = BIAS, .read = read_all};

	return kernel_trace(&types, words, &thread, found);
}

static void check(const struct context *context, uint8_t first)
{
	struct context around = context_of(VALUE_CONTEXT);
	struct trace_ids found;

	around.parent[0] = (uintptr_t)context->itab;
	around.parent[1] = (uintptr_t)context->parent;
	assert_true(find(&around, &found));
	assert_true(find(context, &found));
	assert_memory_equal(found.trace_id, ids.trace_id, sizeof(found.trace_id));
	assert_int_equal(found.span_id[0], first);
	assert_int_equal(found.span_id[7], 9 - first);
}

static void test_spans(void **state)
{
	const struct {
		uint64_t before;
		struct ids ids;
	} whole = {0, ids};
	const struct span pointed = {0, &ids};
	struct context context = context_of(VALUE_CONTEXT);

	context.value[0] = BIAS + WHOLE_SPAN;
	context.value[1] = (uintptr_t)&whole;
	check(&context, 8); /* as it is written */
	context.value[0] = BIAS + POINTED_SPAN;
	context.value[1] = (uintptr_t)&pointed;
	check(&context, 1);
	context = context_of(SPAN_CONTEXT);
	context.key[0] = (uintptr_t)&ids;
	check(&context, 1);
}

static void test_none(void **state)
{
	struct context context = context_of(VALUE_CONTEXT);
	struct trace_ids found;

	/* A value that is nil, and one of another type. */
	assert_false(find(&context, &found));
	context.value[0] = BIAS + WHOLE_SPAN + 1;
	assert_false(find(&context, &found));
	context = context_of(WHOLE_SPAN);
	assert_false(find(&context, &found));
	/* A span that has none yet. */
	context = context_of(SPAN_CONTEXT);
	assert_false(find(&context, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
