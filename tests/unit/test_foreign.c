/* SPDX-License-Identifier: MIT */
/* test_foreign.c - addresses in other files get numbers, and nothing else of a record changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "facts.h"
#include "source/foreign.h"

static void test_entries(void **state)
{
	struct modules *modules;
	union foreign_room room;
	union any_record before;

	assert_null(modules_new(&modules));
	for (int values = 0; values < 2; values++) {
		struct facts facts = {.kind = RECORD_ENTRY,
				      .caller_va = 0x1000,
				      .site = 7,
				      .frame = 16,
				      .value = values ? 42 : 0};
		const struct record *record = facts_record(&facts, &before), *after;

		/* none is in another file */
		assert_ptr_equal(foreign_number(modules, record, &room), record);

		facts.caller_va |= FOREIGN_ADDRESS;
		record = facts_record(&facts, &before);
		after = foreign_number(modules, record, &room);
		assert_ptr_equal(after, &room.header);
		assert_int_equal(after->size, record->size);
		assert_true(record_is_valid(after, after->size));
		assert_int_not_equal(room.entry.caller_va, facts.caller_va);
		assert_int_equal(room.entry.at.site, 7);
		if (values)
			assert_int_equal(*(const uint64_t *)record_captured(after)->bytes, 42);
		else
			assert_null(record_captured(after));
	}
	modules_free(modules);
}

/* As many as there can be. */
static void test_all_values(void **state)
{
	static union {
		struct record_entry_values entry;
		uint8_t room[sizeof(struct record_entry_values) + VALUES_LARGE_BYTES];
	} large = {.entry.entry.entry = {.at.header = {.kind = RECORD_ENTRY, .size = sizeof(large)},
					 .caller_va = FOREIGN_ADDRESS | 0x1000},
		   .entry.values.size = VALUES_LARGE_BYTES};
	const struct record *after;
	union foreign_room room;
	struct modules *modules;

	assert_null(modules_new(&modules));
	memset(large.entry.values.bytes, 0x5a, VALUES_LARGE_BYTES);
	after = foreign_number(modules, &large.entry.entry.entry.at.header, &room);
	assert_int_equal(after->size, sizeof(large));
	assert_true(record_is_valid(after, sizeof(room)));
	assert_memory_equal(record_captured(after)->bytes, large.entry.values.bytes,
			    VALUES_LARGE_BYTES);
	modules_free(modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_all_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
