/* SPDX-License-Identifier: MIT */
/* test_record.c - which bytes are a record, and what each kind has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facts.h"
#include "gofuncgraph/site.h"

/* Not inlined: the compiler would see that a short record is taken for others, and warn of it. */
static bool __attribute__((noinline)) is_valid(const struct record *record, size_t size)
{
	return record_is_valid(record, size);
}

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
	assert_int_equal(sizeof(struct record_go_hunt), 144 + 8);
	assert_int_equal(sizeof(struct record_entry_values), 56 + 80);
	assert_int_equal(sizeof(struct record_frame_values), 40 + 80);
	assert_int_equal(sizeof(struct captured_text), 16);
	assert_int_equal(sizeof(struct fetch_op), 24);
	assert_int_equal(sizeof(struct site), 56);
	assert_int_equal(sizeof(struct record_wait), 32 + 80);
	assert_int_equal(sizeof(struct record_wait_on), 112 + 184);
	assert_int_equal(sizeof(struct record_look_on), 56 + 184);
}

static void test_every_kind(void **state)
{
	for (unsigned kind = 0; kind < 256; kind++) {
		union any_record room = {.header.kind = (uint8_t)kind};
		struct record *record = &room.header;
		uint32_t size = record_min_size(record->kind);

		record->size = (uint16_t)size;
		if (!size) {
			record->size = sizeof(*record);
			assert_false(is_valid(record, 1024));
			continue;
		}
		assert_true(size >= sizeof(*record) && size % 8 == 0);
		assert_true(is_valid(record, size));
		assert_false(is_valid(record, size - 1));
		assert_true(is_valid(record, size + 8)); /* the next one lies behind it */
		record->size--;
		assert_false(is_valid(record, size));
		record->size += 9; /* of a newer version, which has more to say of it */
		assert_true(is_valid(record, size + 8));
		assert_false(is_valid(record, size));
	}
}

/* Of those that are as long as they have something to say. */
static void test_counts(void **state)
{
	struct record_stack stack = {
		.header = {.kind = RECORD_STACK, .size = 48 + 2 * sizeof(__u64)}, .count = 2};
	struct record_stack_copy copy = {.header = {.kind = RECORD_STACK_COPY, .size = 64 + 9},
					 .size = 9};

	assert_true(is_valid(&stack.header, sizeof(stack)));
	stack.count = 3;
	assert_false(is_valid(&stack.header, sizeof(stack)));
	stack.header.size = sizeof(stack);
	stack.count = STACK_DEPTH;
	assert_true(is_valid(&stack.header, sizeof(stack)));
	stack.count = STACK_DEPTH + 1;
	assert_false(is_valid(&stack.header, 2 * sizeof(stack)));
	assert_true(is_valid(&copy.header, sizeof(copy)));
	copy.size = 10;
	assert_false(is_valid(&copy.header, sizeof(copy)));
	copy.header.size = sizeof(copy);
	copy.size = COPY_SIZE + 1;
	assert_false(is_valid(&copy.header, 2 * sizeof(copy)));
}

static void test_stack_of_entry(void **state)
{
	union any_record room = {.entry_stack.stack = 7};
	struct record_entry_stack *entry = &room.entry_stack;

	entry->entry.at.header = (struct record){.kind = RECORD_ENTRY, .size = sizeof(*entry)};

	assert_int_equal(record_entry_stack(&entry->entry.at.header), 7);
	assert_int_equal(record_entry_g(&entry->entry.at.header), 0);
	entry->entry.at.header.size--;
	assert_int_equal(record_entry_stack(&entry->entry.at.header), 0);
	entry->entry.at.header = (struct record){.kind = RECORD_GO, .size = sizeof(*entry)};
	assert_int_equal(record_entry_stack(&entry->entry.at.header), 0);
}

static void test_g_of_entry(void **state)
{
	struct record_entry_hunt entry = {
		.entry.entry.at.header = {.kind = RECORD_ENTRY, .size = sizeof(entry)},
		.g = 0xc000123000};
	struct record *record = &entry.entry.entry.at.header;

	assert_true(is_valid(record, sizeof(entry)));
	assert_int_equal(record_entry_g(record), 0xc000123000);
	assert_int_equal(record_entry_stack(record), 0);
	assert_null(record_captured(record));
	record->size = sizeof(struct record_entry);
	assert_int_equal(record_entry_g(record), 0);
}

static void test_values_of_entry(void **state)
{
	struct facts facts = {.kind = RECORD_ENTRY, .value = 7, .stack = 9};
	union any_record room;
	const struct record *record = facts_record(&facts, &room);

	assert_true(is_valid(record, sizeof(room.entry_value)));
	assert_int_equal(*(const uint64_t *)record_captured(record)->bytes, 7);
	assert_int_equal(record_entry_stack(record), 9);
	/* it says that there is more than there is */
	room.entry_values.values.size++;
	assert_false(is_valid(record, sizeof(room)));
	room.entry_values.values.size = 0;
	assert_true(is_valid(record, sizeof(room)));
	/* not long enough for any: an entry without */
	room.header.size = sizeof(struct record_entry_values) - 1;
	assert_true(is_valid(record, sizeof(room)));
	assert_null(record_captured(record));
	facts = (struct facts){.kind = RECORD_GO};
	assert_null(record_captured(facts_record(&facts, &room)));
}

static void test_results_of_return(void **state)
{
	struct facts facts = {.kind = RECORD_RETURN, .value = 7};
	union any_record room;
	const struct record *record = facts_record(&facts, &room);

	assert_true(is_valid(record, sizeof(room.frame_value)));
	assert_int_equal(*(const uint64_t *)record_captured(record)->bytes, 7);
	room.frame_values.values.size++;
	assert_false(is_valid(record, sizeof(room)));
	room.frame_values.values.size = 0;
	assert_true(is_valid(record, sizeof(room)));
	room.header.size = sizeof(struct record_frame_values) - 1;
	assert_true(is_valid(record, sizeof(room)));
	assert_null(record_captured(record));
	/* no other end of a call has any */
	room.header.size = sizeof(room.frame_value);
	room.header.kind = RECORD_TAIL_CALL;
	assert_null(record_captured(record));
}

static void test_on_of_wait(void **state)
{
	union any_record room = {.wait_on.on.port = 7};

	room.header.kind = RECORD_WAIT;
	room.header.size = sizeof(room.wait_on);
	assert_true(is_valid(&room.header, sizeof(room.wait_on)));
	assert_int_equal(record_waited_on(&room.header)->port, 7);
	room.header.size--;
	assert_true(is_valid(&room.header, sizeof(room)));
	assert_null(record_waited_on(&room.header));
	room = (union any_record){.look_on.on.port = 8};
	room.header.kind = RECORD_LOOK;
	room.header.size = sizeof(room.look_on);
	assert_int_equal(record_waited_on(&room.header)->port, 8);
	room.header.size--;
	assert_null(record_waited_on(&room.header));
}

/* As many as it says, as many as there may be, and as many as it has room for. */
static void test_leads_of_stuck(void **state)
{
	union any_record room = {.stuck_leads = {.num_leads = 2}};
	struct record_stuck *stuck = &room.stuck;
	const struct stuck_lead *leads = NULL;

	room.header.kind = RECORD_STUCK;
	room.header.size = sizeof(room.stuck);
	assert_int_equal(record_stuck_leads(stuck, &leads), 0);
	room.header.size = sizeof(room.stuck_leads);
	assert_true(is_valid(&room.header, sizeof(room.stuck_leads)));
	assert_false(is_valid(&room.header, sizeof(room.stuck_leads) - 1));
	assert_int_equal(record_stuck_leads(stuck, &leads), 2);
	assert_ptr_equal(leads, room.stuck_leads.leads);
	room.header.size -= sizeof(room.stuck_leads.leads[0]) + 1;
	assert_int_equal(record_stuck_leads(stuck, &leads), 1);
	room.header.size = offsetof(struct record_stuck_leads, leads);
	assert_int_equal(record_stuck_leads(stuck, &leads), 0);
	room.header.size--;
	assert_int_equal(record_stuck_leads(stuck, &leads), 0);
	/* a newer version has more */
	room.header.size = UINT16_MAX;
	room.stuck_leads.num_leads = UINT64_MAX;
	assert_int_equal(record_stuck_leads(stuck, &leads), LEADS_MAX);
	room.stuck_leads.num_leads = 0;
	assert_int_equal(record_stuck_leads(stuck, &leads), 0);
}

static void test_nothing(void **state)
{
	struct record record = {.kind = RECORD_EXEC, .size = 8};

	assert_false(is_valid(&record, 0));
	assert_false(is_valid(&record, sizeof(record) - 1));
	assert_false(is_valid(&record, sizeof(record)));
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
		cmocka_unit_test(test_layout),          cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_counts),          cmocka_unit_test(test_stack_of_entry),
		cmocka_unit_test(test_values_of_entry), cmocka_unit_test(test_results_of_return),
		cmocka_unit_test(test_nothing),         cmocka_unit_test(test_origin),
		cmocka_unit_test(test_leads_of_stuck),  cmocka_unit_test(test_on_of_wait),
		cmocka_unit_test(test_g_of_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
