/* SPDX-License-Identifier: MIT */
/* test_calltree_values.c - the values of a call stay with it, in trees and their copies, and are bounded. */
#include "calltree_text.h"

#include "calltree/trees.h"
#include "gofuncgraph/filter.h"

static uint64_t value_of(const struct captured *captured)
{
	uint64_t value;

	assert_int_equal(captured->size, sizeof(value));
	memcpy(&value, captured->bytes, sizeof(value));
	return value;
}

static void add_value(struct fixture *f, const struct call *call)
{
	add(f, "%c", 'a' + call->entry_site / 2);
	if (call->values_left_out)
		add(f, "?");
	else if (call->captured)
		add(f, "%llu", (unsigned long long)value_of(call->captured));
	if (call->results_left_out)
		add(f, "=?");
	else if (call->results)
		add(f, "=%llu", (unsigned long long)value_of(call->results));
	add(f, " ");
}

static void began(void *context, const struct tree *tree, const struct call *call)
{
	add(context, "+");
	add_value(context, call);
}

static void ended(void *context, const struct tree *tree, const struct call *call)
{
	add_value(context, call);
}

static void tree_is_over(void *context, const struct tree *tree)
{
	for (uint32_t i = 0; i < tree->num_calls; i++)
		add_value(context, &tree->calls[i]);
	add(context, "| ");
}

static struct fixture *start(struct calltree_sink sink)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	sink.context = f;
	assert_null(calltree_new(&sink, &f->trees));
	return f;
}

static void stop(struct fixture *f)
{
	assert_int_equal(f->trees->total_captured, 0);
	calltree_free(f->trees);
	free(f);
}

static void feed_tree(struct fixture *f)
{
	ENTER(1, 'a', 100, OPENS, .value = 7);
	ENTER(2, 'b', 200);
	LEAVE(3, 'b', 200);
	ENTER(4, 'b', 200, .value = 8);
	LEAVE(5, 'b', 200);
	LEAVE(6, 'a', 100, CLOSES);
}

static void test_calls(void **state)
{
	struct fixture *f = start((struct calltree_sink){.call_began = began, .call_ended = ended});

	feed_tree(f);
	assert_string_equal(f->text, "+a7 +b b +b8 b8 a7 ");
	stop(f);
}

static void test_trees(void **state)
{
	struct fixture *f =
		start((struct calltree_sink){.tree_ended = tree_is_over, .keep_calls = true});

	feed_tree(f);
	feed_tree(f);
	assert_string_equal(f->text, "a7 b b8 | a7 b b8 | ");
	stop(f);
}

/* Calls that are open come again in each part, with their values. */
static void test_parts(void **state)
{
	struct fixture *f = start((struct calltree_sink){
		.tree_ended = tree_is_over, .tree_settled = tree_is_over, .keep_calls = true});

	ENTER(1, 'a', 100, OPENS, .value = 7);
	ENTER(2, 'b', 200, .value = 8);
	LEAVE(3, 'b', 200);
	feed_tick(f->trees, CALLTREE_SETTLE_NS + 2000);
	assert_string_equal(f->text, "a7 b8 | ");
	LEAVE(CALLTREE_SETTLE_NS + 3000, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a7 b8 | a7 | ");
	stop(f);
}

static void feed_results(struct fixture *f)
{
	ENTER(1, 'a', 100, OPENS, .value = 7);
	ENTER(2, 'b', 200);
	LEAVE(3, 'b', 200, .value = 3);
	ENTER(4, 'b', 200, .value = 8);
	LEAVE(5, 'b', 200, .value = 4);
	LEAVE(6, 'a', 100, CLOSES, .value = 5);
}

static void test_results(void **state)
{
	struct fixture *f = start((struct calltree_sink){.call_ended = ended});

	feed_results(f);
	assert_string_equal(f->text, "b=3 b8=4 a7=5 ");
	stop(f);
	f = start((struct calltree_sink){.tree_ended = tree_is_over, .keep_calls = true});
	feed_results(f);
	assert_string_equal(f->text, "a7=5 b=3 b8=4 | ");
	stop(f);
}

/* A call that ends in another way has none, and neither has one whose return was not seen. */
static void test_no_results(void **state)
{
	struct fixture *f = start((struct calltree_sink){
		.call_ended = ended, .tree_ended = tree_is_over, .keep_calls = true});

	ENTER(1, 'a', 100, OPENS);
	ENTER(2, 'b', 200);
	ENTER(3, 'c', 300);
	LEAVE(4, 'b', 200, .value = 3);
	ENTER(5, 'b', 200);
	EVENT(RECORD_UNWIND, 6, .frame = 150);
	LEAVE(7, 'a', 100, CLOSES, .value = 5);
	assert_string_equal(f->text, "c b=3 b a=5 a=5 b=3 c b | ");
	stop(f);
}

/* The function that a followed goroutine begins with, when that is traced itself. */
static void test_first_of_goroutine(void **state)
{
	struct fixture *f =
		start((struct calltree_sink){.tree_ended = tree_is_over, .keep_calls = true});

	ENTER(1, 'a', 100, OPENS);
	GO(2, 2, 1);
	ENTER(3, 'c', 16, GOID = 2, .value = 9);
	GOEXIT(4, GOID = 2);
	LEAVE(5, 'a', 100, CLOSES);
	feed_tick(f->trees, 1000 + 2 * CALLTREE_LINGER_NS);
	assert_non_null(strstr(f->text, "a | "));
	stop(f);
}

/* A loop back to the site is no entry: the values are those of the first hit. */
static void test_repeat(void **state)
{
	struct fixture *f =
		start((struct calltree_sink){.tree_ended = tree_is_over, .keep_calls = true});

	ENTER(1, 'a', 100, .value = 7, .flags = RECORD_OPENS_TREE | RECORD_MAY_REPEAT);
	ENTER(2, 'a', 100, .value = 8, .flags = RECORD_MAY_REPEAT);
	LEAVE(3, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a7 | ");
	stop(f);
}

/* What is dropped, or open when all ends, is freed: a sanitizer sees. */
static void test_dropped(void **state)
{
	for (int keep = 0; keep < 2; keep++) {
		struct fixture *f = start((struct calltree_sink){.keep_calls = keep});

		ENTER(1, 'a', 100, OPENS, .value = 7);
		ENTER(2, 'b', 200, .value = 8);
		calltree_free(f->trees);
		free(f);
	}
}

static void test_limit(void **state)
{
	struct fixture *f =
		start((struct calltree_sink){.tree_ended = tree_is_over, .keep_calls = true});
	size_t each = sizeof(struct captured) + sizeof(uint64_t);

	f->trees->total_captured = CALLTREE_MAX_CAPTURED - each;
	feed_tree(f);
	assert_string_equal(f->text, "a7 b b? | ");
	assert_int_equal(f->trees->total_captured, CALLTREE_MAX_CAPTURED - each);
	f->text[0] = '\0';
	feed_results(f);
	assert_string_equal(f->text, "a7=? b=? b?=? | ");
	f->trees->total_captured = 0;
	stop(f);
}

/* A filter keeps copies of trees until it knows which ones are shown. */
static void test_copies(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct calltree_sink next = {.context = f, .tree_ended = tree_is_over};
	struct filter_options options = {.slowest = 1};
	struct filter *filter;

	assert_non_null(f);
	assert_null(filter_new(&options, &next, &filter));
	struct calltree_sink sink = filter_sink(filter);
	assert_null(calltree_new(&sink, &f->trees));
	feed_results(f);
	assert_string_equal(f->text, "");
	filter_end(filter);
	assert_string_equal(f->text, "a7=5 b=3 b8=4 | ");
	filter_free(filter);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),   cmocka_unit_test(test_trees),
		cmocka_unit_test(test_results), cmocka_unit_test(test_no_results),
		cmocka_unit_test(test_parts),   cmocka_unit_test(test_first_of_goroutine),
		cmocka_unit_test(test_repeat),  cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_limit),   cmocka_unit_test(test_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
