/* SPDX-License-Identifier: MIT */
/* test_recording_goroutines.c - blocks of goroutines as a hostile file may have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "recording/goroutines.h"
#include "recording/goroutines_notes.h"

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* The last of so many fails; 0: none. */
static unsigned reallocs_left;

void *__wrap_realloc(void *old, size_t size)
{
	if (reallocs_left && !--reallocs_left)
		return NULL;
	return __real_realloc(old, size);
}

static void put_numbers(struct bytes *bytes, const uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes_put_number(bytes, numbers[i]);
}

#define PUT(bytes, ...)                                                                            \
	put_numbers(bytes, (const uint64_t[]){__VA_ARGS__},                                        \
		    sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* A process with one goroutine, which waits for what is of this kind; locks are to follow. */
static struct bytes begin(enum awaited_kind kind)
{
	struct bytes bytes = {};

	PUT(&bytes, 1, 0, false);
	bytes_put_sized(&bytes, "", 0);
	PUT(&bytes, PLACE_END);
	PUT(&bytes, 0, false, 1);
	PUT(&bytes, 1, 0, 0, 0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0);
	return bytes;
}

/* And frees the bytes. */
static bool is_read(struct bytes *bytes, struct recorded_goroutines *goroutines)
{
	struct cursor cursor = cursor_of(bytes->data, bytes->size);
	bool is_good = goroutines_read(&cursor, goroutines);

	assert_false(bytes->failed);
	bytes_destroy(bytes);
	return is_good;
}

/* Behind so many goroutines of a circle, each the first one of the process, and no locks. */
static struct bytes begin_circle(uint64_t circle_len)
{
	struct bytes bytes = begin(AWAITED_SELECT);

	bytes_put_number(&bytes, circle_len);
	for (uint64_t i = 0; i < circle_len && i < LOCKS_MAX_CIRCLE; i++)
		bytes_put_number(&bytes, 0);
	bytes_put_number(&bytes, 0);
	return bytes;
}

/* In memory of its own, so that what is written behind it is seen. */
static void test_circle(void **state)
{
	for (uint64_t circle_len = 0; circle_len <= LOCKS_MAX_CIRCLE + 1; circle_len++) {
		struct recorded_goroutines *goroutines = calloc(1, sizeof(*goroutines));
		struct bytes bytes = begin_circle(circle_len);
		bool is_valid = circle_len <= LOCKS_MAX_CIRCLE;

		assert_non_null(goroutines);
		for (uint64_t i = 0; i < circle_len; i++)
			bytes_put_number(&bytes, UINT64_MAX - i);
		bytes_put_number(&bytes, 0);
		assert_int_equal(is_read(&bytes, goroutines), is_valid);
		assert_true(goroutines->locks.circle_len <= LOCKS_MAX_CIRCLE);
		for (uint64_t i = 0; is_valid && i < circle_len; i++)
			assert_int_equal(goroutines->locks.circle_channels[i], UINT64_MAX - i);
		goroutines_release(goroutines);
		free(goroutines);
	}
}

/* Of a select alone. */
static void test_channels(void **state)
{
	for (enum awaited_kind kind = AWAITED_UNKNOWN; kind <= AWAITED_CONDITION; kind++) {
		struct recorded_goroutines goroutines = {};
		struct bytes bytes = begin(kind);

		PUT(&bytes, 0, 0);
		PUT(&bytes, 2, 0, 0x1000, 0x2000, 0);
		assert_int_equal(is_read(&bytes, &goroutines), kind == AWAITED_SELECT);
		if (kind == AWAITED_SELECT)
			assert_int_equal(goroutines.snapshot.goroutines[0].awaited.num_channels, 2);
		goroutines_release(&goroutines);
	}
}

/* Whichever of the arrays cannot grow: the file is not to blame. */
static void test_no_memory(void **state)
{
	bool is_good = false;

	for (unsigned fails = 1; !is_good; fails++) {
		struct recorded_goroutines goroutines = {};
		struct bytes bytes = begin(AWAITED_SELECT);
		struct cursor cursor;

		PUT(&bytes, 0, 0);
		PUT(&bytes, 2, 0, 0x1000, 0x2000, 0);
		cursor = cursor_of(bytes.data, bytes.size);
		reallocs_left = fails;
		is_good = goroutines_read(&cursor, &goroutines);
		assert_int_equal(cursor.lacks_memory, !is_good);
		assert_true(is_good == (reallocs_left > 0));
		reallocs_left = 0;
		bytes_destroy(&bytes);
		goroutines_release(&goroutines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
