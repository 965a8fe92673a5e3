/* SPDX-License-Identifier: MIT */
/* test_record.c - which bytes are a record, and what each kind has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facts.h"

/* Both sides, and recordings, depend on these. */
static void test_layout(void **state)
{
	assert_int_equal(sizeof(struct record), 32);
	assert_int_equal(sizeof(struct record_frame), 40);
	assert_int_equal(sizeof(struct record_entry), 48);
	assert_int_equal(sizeof(struct record_state), 48);
	assert_int_equal(sizeof(struct record_process), 48);
	assert_int_equal(sizeof(struct record_state_origin), 48 + 104);
	assert_int_equal(sizeof(struct record_go), 40 + 104);
}

static void test_every_kind(void **state)
{
	for (unsigned kind = 0; kind < 256; kind++) {
		struct record record = {.kind = (uint8_t)kind};
		uint32_t size = record_min_size(record.kind);

		record.size = (uint16_t)size;
		if (!size) {
			record.size = sizeof(record);
			assert_false(record_is_valid(&record, 1024));
			continue;
		}
		assert_true(size >= sizeof(record) && size % 8 == 0);
		assert_true(record_is_valid(&record, size));
		assert_false(record_is_valid(&record, size - 1));
		assert_true(record_is_valid(&record, size + 8)); /* the next one lies behind it */
		record.size--;
		assert_false(record_is_valid(&record, size));
		record.size += 9; /* of a newer version, which has more to say of it */
		assert_true(record_is_valid(&record, size + 8));
		assert_false(record_is_valid(&record, size));
	}
}

static void test_nothing(void **state)
{
	struct record record = {.kind = RECORD_EXEC, .size = 8};

	assert_false(record_is_valid(&record, 0));
	assert_false(record_is_valid(&record, sizeof(record) - 1));
	assert_false(record_is_valid(&record, sizeof(record)));
}

static void test_origin(void **state)
{
	struct facts facts = {.kind = RECORD_STATE, .by_goid = 5};
	union any_record room;

	assert_null(record_origin(facts_record(&facts, &room)));
	facts.has_origin = true;
	assert_int_equal(record_origin(facts_record(&facts, &room))->by_goid, 5);
	room.header.size--;
	assert_null(record_origin(&room.header));
	facts.kind = RECORD_GO;
	assert_int_equal(record_origin(facts_record(&facts, &room))->by_goid, 5);
	facts.kind = RECORD_ENTRY;
	assert_null(record_origin(facts_record(&facts, &room)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
