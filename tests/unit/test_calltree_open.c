/* SPDX-License-Identifier: MIT */
/* test_calltree_open.c - very many trees that are open at once: what each takes, and what the end of
 * another process costs. */
#include "calltree_text.h"

#include <malloc.h>

#include "calltree/trees.h"

#define NUM_TREES 100000

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
/* Of <sanitizer/allocator_interface.h>, which gcc does not bring along. */
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

static size_t allocated(void)
{
#ifdef __SANITIZE_ADDRESS__
	return __sanitizer_get_current_allocated_bytes();
#else
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#endif
}

/* Bytes that each of many open trees takes, whose calls are so deep. */
static size_t bytes_of_tree(bool keep_calls, uint32_t depth)
{
	struct fixture fixture = {0}, *f = &fixture;
	struct calltree_sink sink = {.context = f, .keep_calls = keep_calls, .states = true};
	size_t before = allocated();

	assert_null(calltree_new(&sink, &f->trees));
	for (uint64_t goid = 1; goid <= NUM_TREES; goid++) {
		ENTER(1, 'a', 100, GOID = goid, OPENS);
		for (uint32_t i = 1; i < depth; i++)
			ENTER(2, 'b', 100 + i, GOID = goid);
		STATE(3, STATE_RUNNING, STATE_WAITING, GOID = goid, REASON = 2);
	}
	assert_int_equal(calltree_num_open(f->trees), NUM_TREES);
	size_t bytes = (allocated() - before) / NUM_TREES;

	calltree_free(f->trees);
	return bytes;
}

static void test_bytes(void **state)
{
	assert_in_range(bytes_of_tree(true, 1), 400, 800);
	assert_in_range(bytes_of_tree(true, 3), 400, 1290);
	assert_in_range(bytes_of_tree(false, 1), 400, 720);
	assert_in_range(bytes_of_tree(false, 3), 400, 1210);
}

static size_t num_of_process(struct calltree *trees, uint32_t pid)
{
	const struct owner *owner = table_first_of(&trees->table, pid);
	size_t count = 0;

	for (; owner; owner = table_next_of(owner), count++)
		assert_int_equal(owner->key.pid, pid);
	return count;
}

/* What happens to one process concerns its trees alone. */
static void test_processes(void **state)
{
	struct fixture *f = *state;
	struct facts end = {.kind = RECORD_PROCESS_EXIT, .pid = 4, .time_ns = 2000};

	for (uint64_t goid = 1; goid <= 1000; goid++)
		ENTER(1, 'a', 100, GOID = goid, OPENS);
	for (uint32_t tid = 7; tid <= 8; tid++) {
		struct facts thread = {.kind = RECORD_ENTRY,
				       .pid = 4,
				       .tid = tid,
				       .flags = RECORD_OPENS_TREE,
				       .time_ns = 1000};
		assert_null(calltree_feed(f->trees, FACTS_RECORD(&thread)));
	}
	for (uint64_t goid = 1; goid <= 2; goid++) {
		struct facts entry = {.kind = RECORD_ENTRY,
				      .pid = 4,
				      .tid = 4,
				      .goid = goid,
				      .flags = RECORD_OPENS_TREE,
				      .time_ns = 1000};
		assert_null(calltree_feed(f->trees, FACTS_RECORD(&entry)));
	}
	assert_int_equal(num_of_process(f->trees, PID), 1000);
	assert_int_equal(num_of_process(f->trees, 4), 4);
	assert_int_equal(num_of_process(f->trees, 5), 0);
	feed_lost_end(f->trees, 5, 2, 0, 3, 2000);
	assert_string_equal(f->text, "");
	feed_lost_end(f->trees, 4, 0, 7, 3, 2000);
	feed_lost_end(f->trees, 4, 2, 0, 3, 2000);
	feed_lost(f->trees, 4, 1, 0, 2);
	assert_string_equal(f->text, "a()L? lost 3|a()L? lost 3|");
	assert_int_equal(num_of_process(f->trees, 4), 2);
	f->text[0] = '\0';
	assert_null(calltree_feed(f->trees, FACTS_RECORD(&end)));
	assert_string_equal(f->text, "a()X|a()X? lost 2|");
	assert_int_equal(num_of_process(f->trees, 4), 0);
	assert_int_equal(num_of_process(f->trees, PID), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test_setup_teardown(test_processes, setup_without_states, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
