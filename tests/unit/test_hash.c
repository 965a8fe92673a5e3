/* SPDX-License-Identifier: MIT */
/* test_hash.c - a hash table against an array, by the same steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/hash.h"

#define NUM_ITEMS 3000

struct item {
	struct hash_key key;
	bool is_in, was_seen;
};

static struct item items[NUM_ITEMS];

static void assert_same(const struct hash *hash)
{
	size_t count = 0;
	struct item *item;

	for (size_t i = 0; i < NUM_ITEMS; i++) {
		count += items[i].is_in;
		assert_ptr_equal(hash_find(hash, items[i].key), items[i].is_in ? &items[i] : NULL);
	}
	assert_int_equal(hash->count, count);
	for (size_t at = 0; (item = hash_next(hash, &at)); count--) {
		assert_true(item->is_in && !item->was_seen);
		item->was_seen = true;
	}
	assert_int_equal(count, 0);
	for (size_t i = 0; i < NUM_ITEMS; i++)
		items[i].was_seen = false;
}

/* Keys that differ in either number only, by little and by much. */
static void make_items(void)
{
	for (size_t i = 0; i < NUM_ITEMS; i++) {
		items[i] = (struct item){.key = {.first = i / 3, .second = i % 3}};
		if (i % 2)
			items[i].key.first <<= 52;
	}
}

static void test_like_an_array(void **state)
{
	struct hash hash = {0};

	srandom(1);
	make_items();
	assert_same(&hash);
	for (size_t i = 0; i < 200000; i++) {
		struct item *item = &items[(size_t)random() % NUM_ITEMS];
		/* Nearly full, then nearly empty. */
		bool add = random() % 10 < (i / 20000 % 2 ? 2 : 8);
		if (add && !item->is_in)
			assert_true(hash_add(&hash, &item->key));
		else if (!add && item->is_in)
			hash_remove(&hash, &item->key);
		item->is_in = add;
		if (i % 10000 == 0)
			assert_same(&hash);
	}
	assert_same(&hash);
	hash_clear(&hash);
	for (size_t i = 0; i < NUM_ITEMS; i++)
		items[i].is_in = false;
	assert_same(&hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_like_an_array)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
