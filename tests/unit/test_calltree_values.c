/* SPDX-License-Identifier: MIT */
/* test_calltree_values.c - the values of a call stay with it, in trees and their copies, and are bounded. */
#include "calltree_text.h"

#include "calltree/trees.h"
#include "gofuncgraph/filter.h"
#include "values/go_dictionary.h"

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

/* ---- dictionaries of types ---- */

/* Of a generic function's arguments and results, in both of which there is a place for the dictionary alone. */
static struct typed_list with_dictionary = {.pieces = {{.role = TYPED_DICTIONARY, .size = 8}},
					    .num_pieces = 1};
static struct value_list lists_with_dictionary[] = {
	{.typed = &with_dictionary}, {.typed = &with_dictionary}, {}};
static const struct value_lists generic_lists = {.items = lists_with_dictionary, .count = 3};

enum { ARGS, RESULTS, WRITTEN };

/* An entry or a return with what was captured; `dictionary`: 0: it is not known. */
static void feed_captured(struct fixture *f, struct facts facts, uint16_t list, uint64_t dictionary)
{
	union {
		union any_record any;
		struct record_entry_values entry;
		struct record_frame_values exit;
		char room[sizeof(union any_record) + 16];
	} record;
	bool is_entry = facts.kind == RECORD_ENTRY;
	struct captured *captured = is_entry ? &record.entry.values : &record.exit.values;
	size_t begin = is_entry ? sizeof(record.entry) : sizeof(record.exit);

	facts.goid = 1;
	facts.pid = PID;
	facts.tid = PID + 1;
	memset(&record, 0, sizeof(record));
	facts_record(&facts, &record.any);
	captured->list = list;
	captured->size = 16;
	captured->states[0] = dictionary ? VALUE_WHOLE : VALUE_UNKNOWN;
	memcpy(record.room + begin, &dictionary, sizeof(dictionary));
	record.any.header.size = (uint16_t)(begin + captured->size);
	assert_null(calltree_feed(f->trees, &record.any.header));
}

#define ENTER_WITH(dictionary, ...)                                                                \
	feed_captured(f, (struct facts){__VA_ARGS__, .time_ns = 1000}, ARGS, dictionary)
#define LEAVE_WITH(list, ...)                                                                      \
	feed_captured(f, (struct facts){__VA_ARGS__, .time_ns = 2000}, list, 0)

static void tell_dictionary(void *context, const struct tree *tree, const struct call *call)
{
	add(context, "%c%llu ", 'a' + call->entry_site / 2,
	    call->results ? (unsigned long long)go_dictionary(&with_dictionary, call->results)
			  : 999);
}

static struct fixture *start_generic(void)
{
	return start((struct calltree_sink){.call_ended = tell_dictionary,
					    .func_of_site = func_of_site,
					    .values = &generic_lists});
}

/* Each call's results get its own: also of calls of one function inside of each other. */
static void test_dictionaries(void **state)
{
	struct fixture *f = start_generic();

	ENTER_WITH(5, ENTRY_OF('a', 100), OPENS);
	ENTER_WITH(6, ENTRY_OF('a', 200));
	ENTER_WITH(0, ENTRY_OF('b', 300));
	LEAVE_WITH(RESULTS, RETURN_OF('b', 300));
	LEAVE_WITH(RESULTS, RETURN_OF('a', 200));
	ENTER_WITH(7, ENTRY_OF('b', 200));
	LEAVE_WITH(WRITTEN, RETURN_OF('b', 200));
	LEAVE_WITH(RESULTS, RETURN_OF('a', 100), CLOSES);
	assert_string_equal(f->text, "b0 a6 b0 a5 ");
	stop(f);
	f = start((struct calltree_sink){.call_ended = tell_dictionary});
	ENTER_WITH(5, ENTRY_OF('a', 100), OPENS);
	LEAVE_WITH(RESULTS, RETURN_OF('a', 100), CLOSES);
	assert_string_equal(f->text, "a0 ");
	stop(f);
}

/* The return may be another call's, whose entry was lost: nobody knows with which dictionary that was called. */
static void test_lost_dictionary(void **state)
{
	struct fixture *f = start_generic();

	ENTER_WITH(5, ENTRY_OF('a', 100), OPENS);
	ENTER_WITH(6, ENTRY_OF('b', 200));
	LEAVE_WITH(RESULTS, RETURN_OF('b', 200), LOST = 2);
	ENTER_WITH(7, ENTRY_OF('b', 200));
	LEAVE_WITH(RESULTS, RETURN_OF('b', 200));
	LEAVE_WITH(RESULTS, RETURN_OF('c', 150));
	LEAVE_WITH(RESULTS, RETURN_OF('a', 100), CLOSES);
	assert_string_equal(f->text, "b0 b7 a0 ");
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),        cmocka_unit_test(test_trees),
		cmocka_unit_test(test_results),      cmocka_unit_test(test_no_results),
		cmocka_unit_test(test_parts),        cmocka_unit_test(test_first_of_goroutine),
		cmocka_unit_test(test_repeat),       cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_limit),        cmocka_unit_test(test_copies),
		cmocka_unit_test(test_dictionaries), cmocka_unit_test(test_lost_dictionary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
