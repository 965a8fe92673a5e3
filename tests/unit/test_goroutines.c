/* SPDX-License-Identifier: MIT */
/* test_goroutines.c - goroutines out of a memory that is made up: unwinding, moving, groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_goroutines.h"
#include "goroutines/groups.h"

static enum unwind_end walk(bool is_arm, const uint64_t *words, size_t count, uint64_t va,
			    uint64_t frames[UNWIND_MAX_FRAMES], size_t *num)
{
	const struct unwind_code code = {
		.at = code_at, .load_bias = BIAS, .has_link_register = is_arm};
	const struct stack_bytes stack = {0x7000, (const uint8_t *)words, count * 8};

	return unwind(&code, &stack, va + BIAS, frames, num);
}

static void test_return_addresses_above_frames(void **state)
{
	const uint64_t words[] = {
		1, 2, FRAME_32 + BIAS + 0x20, 3, 4, 5, 6, FRAMELESS + BIAS + 8, BOTTOM + BIAS + 1};
	uint64_t frames[UNWIND_MAX_FRAMES];
	size_t num;

	assert_int_equal(walk(false, words, 9, FRAME_16 + 5, frames, &num), UNWIND_WHOLE);
	assert_int_equal(num, 3);
	assert_int_equal(frames[0], FRAME_16 + 4);
	assert_int_equal(frames[1], FRAME_32 + 0x1f);
	assert_int_equal(frames[2], FRAMELESS + 7);
	/* The bytes end before the stack does. */
	assert_int_equal(walk(false, words, 7, FRAME_16 + 5, frames, &num), UNWIND_SHORT_OF_BYTES);
	assert_int_equal(num, 2);
	/* A goroutine that has not begun is at its function's first byte, and not before. */
	assert_int_equal(walk(false, words + 8, 1, FRAMELESS, frames, &num), UNWIND_WHOLE);
	assert_int_equal(num, 1);
	assert_int_equal(frames[0], FRAMELESS);
}

static void test_return_addresses_below_frames(void **state)
{
	const uint64_t words[] = {FRAME_32 + BIAS + 0x20, 0, BOTTOM + BIAS + 4, 0, 0, 0};
	uint64_t frames[UNWIND_MAX_FRAMES];
	size_t num;

	assert_int_equal(walk(true, words, 6, FRAME_16 + 8, frames, &num), UNWIND_WHOLE);
	assert_int_equal(num, 2);
	assert_int_equal(frames[1], FRAME_32 + 0x1f);
	assert_int_equal(walk(true, words, 6, FRAMELESS, frames, &num), UNWIND_WHOLE);
	assert_int_equal(num, 1);
}

/* What a signal interrupted was not calling: its line is that of the instruction itself. */
static void test_interrupted(void **state)
{
	const uint64_t words[] = {0, 0, FRAME_16 + BIAS + 8, 0, 0, BOTTOM + BIAS + 1};
	/* On arm64 the frame's link register is kept below it. */
	const uint64_t arm_words[] = {FRAMELESS + BIAS + 8, 0, FRAME_16 + BIAS + 12, 0,
				      BOTTOM + BIAS + 4,    0};
	uint64_t frames[UNWIND_MAX_FRAMES];
	size_t num;

	assert_int_equal(walk(false, words, 6, INJECTED + 5, frames, &num), UNWIND_WHOLE);
	assert_int_equal(num, 2);
	assert_int_equal(frames[1], FRAME_16 + 8);
	assert_int_equal(walk(true, arm_words, 6, INJECTED + 8, frames, &num), UNWIND_WHOLE);
	assert_int_equal(num, 3);
	assert_int_equal(frames[1], FRAMELESS + 8);
	assert_int_equal(frames[2], FRAME_16 + 11);
}

static void test_stacks_that_end_elsewhere(void **state)
{
	uint64_t words[3 * 200], frames[UNWIND_MAX_FRAMES];
	size_t num;

	for (size_t i = 0; i < 600; i++)
		words[i] = FRAME_16 + BIAS + 8;
	assert_int_equal(walk(false, words, 600, FRAME_16 + 8, frames, &num), UNWIND_LONG);
	assert_int_equal(num, UNWIND_MAX_FRAMES);
	words[2] = 0x4242;
	assert_int_equal(walk(false, words, 600, FRAME_16 + 8, frames, &num), UNWIND_LOST);
	assert_int_equal(num, 1);
	assert_int_equal(walk(false, words, 600, 0x4242, frames, &num), UNWIND_LOST);
	assert_int_equal(num, 0);
}

static struct snapshot_source source_of(struct fake *fake)
{
	return (struct snapshot_source){.memory = {fake, read_fake},
					.layout = fake->layout,
					.code = {.at = code_at, .load_bias = BIAS},
					.allgs = ALLGS};
}

static struct error *take(struct fake *fake, struct snapshot *snapshot)
{
	const struct snapshot_source source = source_of(fake);

	return snapshot_take(&source, snapshot);
}

static const struct goroutine *find(const struct snapshot *snapshot, uint64_t goid)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->goroutines[i].goid == goid)
			return &snapshot->goroutines[i];
	fail_msg("no goroutine %d", (int)goid);
	return NULL;
}

static void test_snapshot(void **state)
{
	struct fake *fake = new_fake();
	struct snapshot snapshot;
	struct groups groups;

	assert_null(take(fake, &snapshot));
	assert_int_equal(snapshot.count, 3); /* one has ended */
	assert_int_equal(find(&snapshot, 1)->num_frames, 1);
	assert_int_equal(find(&snapshot, 9)->num_frames, 0);
	assert_int_equal(find(&snapshot, 9)->state, STATE_RUNNING);
	assert_null(groups_make(&snapshot, NULL, NULL, &groups));
	assert_int_equal(groups.count, 2);
	assert_int_equal(groups.items[0].count, 2);
	assert_int_equal(groups.items[0].members[0]->goid, 1);
	assert_int_equal(groups.items[0].members[1]->goid, 7);
	groups_release(&groups);
	snapshot_release(&snapshot);
	free(fake);
}

/* By their addresses; what is no goroutine is left out. */
static void test_some(void **state)
{
	const uint64_t addresses[] = {FIRST_G + 3 * G_STEP, 0xdead0000, FIRST_G + G_STEP,
				      FIRST_G + 2 * G_STEP};
	struct fake *fake = new_fake();
	const struct snapshot_source source = source_of(fake);
	struct snapshot snapshot;

	assert_null(snapshot_take_some(&source, addresses, 4, &snapshot));
	assert_int_equal(snapshot.count, 2);
	assert_int_equal(find(&snapshot, 9)->state, STATE_RUNNING);
	assert_int_equal(find(&snapshot, 7)->num_frames, 1);
	snapshot_release(&snapshot);
	assert_null(snapshot_take_some(&source, addresses, 0, &snapshot));
	assert_int_equal(snapshot.count, 0);
	snapshot_release(&snapshot);
	free(fake);
}

/* One that moves is read again, and when it goes on moving, that is told and no stack. */
static void test_moving(void **state)
{
	struct fake *fake = new_fake();
	struct snapshot snapshot;

	fake->num_moves = 3;
	assert_null(take(fake, &snapshot));
	assert_false(find(&snapshot, 7)->has_moved);
	assert_int_equal(find(&snapshot, 7)->num_frames, 1);
	assert_int_equal(find(&snapshot, 7)->reason, 3);
	snapshot_release(&snapshot);
	fake->num_moves = 1000;
	assert_null(take(fake, &snapshot));
	assert_true(find(&snapshot, 7)->has_moved);
	assert_int_equal(find(&snapshot, 7)->num_frames, 0);
	assert_false(find(&snapshot, 1)->has_moved);
	snapshot_release(&snapshot);
	free(fake);
}

static void test_memory_that_lies(void **state)
{
	struct fake *fake = new_fake();
	struct snapshot snapshot;
	struct error *err;

	put(fake, LIST, 0xdead0000);
	put(fake, FIRST_G + G_STEP + fake->layout.g_sched_sp, 0x42);
	assert_null(take(fake, &snapshot));
	assert_int_equal(snapshot.num_unreadable, 1);
	assert_int_equal(find(&snapshot, 7)->num_frames, 0);
	snapshot_release(&snapshot);
	put(fake, ALLGS + 8, UINT64_MAX);
	err = take(fake, &snapshot);
	assert_non_null(err);
	error_free(err);
	snapshot_release(&snapshot);
	put(fake, ALLGS, 0);
	err = take(fake, &snapshot);
	assert_non_null(err);
	error_free(err);
	snapshot_release(&snapshot);
	free(fake);
}

/* ---- labels ---- */

#define LABELS 0x18000
#define TEXTS  0x18800

static void put_string(struct fake *fake, uint64_t at, const char *text, uint64_t text_at)
{
	put(fake, at, text_at);
	put(fake, at + 8, strlen(text));
	memcpy(fake->bytes + (text_at - MEMORY), text, strlen(text));
}

static void put_label(struct fake *fake, uint64_t at, uint64_t value_at, unsigned number,
		      const char *key, const char *value)
{
	put_string(fake, at, key, TEXTS + number * 64);
	put_string(fake, value_at, value, TEXTS + number * 64 + 32);
}

static const struct label_set *labels_of_first(struct fake *fake, struct label_sets *sets)
{
	const struct memory memory = {fake, read_fake};

	put(fake, FIRST_G + fake->layout.g_labels, LABELS);
	return label_sets_read(sets, &memory, &fake->layout, FIRST_G, LABELS);
}

static void assert_label(const struct label *label, const char *key, const char *value)
{
	assert_int_equal(label->key_len, strlen(key));
	assert_memory_equal(label->key, key, strlen(key));
	assert_int_equal(label->value_len, strlen(value));
	assert_memory_equal(label->value, value, strlen(value));
}

static void test_labels_in_slices(void **state)
{
	struct fake *fake = new_fake();
	struct label_sets sets = {0};
	const struct label_set *set;

	fake->layout.labels_are_maps = false;
	put(fake, LABELS, LABELS + 24);
	put(fake, LABELS + 8, 2);
	put_label(fake, LABELS + 24, LABELS + 40, 0, "b", "two");
	put_label(fake, LABELS + 56, LABELS + 72, 1, "a", "");
	put(fake, LABELS + 72, 0); /* an empty string is nowhere */
	set = labels_of_first(fake, &sets);
	assert_non_null(set);
	assert_int_equal(set->count, 2);
	assert_false(set->is_cut);
	assert_label(&set->items[0], "a", "");
	assert_label(&set->items[1], "b", "two");
	/* The same ones are the same set, wherever they are. */
	put_string(fake, LABELS + 24, "b", TEXTS + 256);
	assert_ptr_equal(labels_of_first(fake, &sets), set);
	put(fake, LABELS + 8, 1);
	assert_ptr_not_equal(labels_of_first(fake, &sets), set);
	/* More than there is room for; texts that are nowhere; none. */
	put(fake, LABELS + 8, UINT64_MAX);
	set = labels_of_first(fake, &sets);
	assert_true(set->count == LABELS_MAX && set->is_cut);
	put(fake, LABELS + 8, 1);
	put(fake, LABELS + 32, UINT64_MAX);
	assert_true(labels_of_first(fake, &sets)->is_cut);
	put(fake, LABELS + 24, 8);
	assert_null(labels_of_first(fake, &sets));
	put(fake, LABELS + 8, 0);
	assert_null(labels_of_first(fake, &sets));
	label_sets_release(&sets);
	free(fake);
}

#define BUCKET_SIZE 272

static void put_in_bucket(struct fake *fake, uint64_t bucket, unsigned slot, unsigned number,
			  const char *key, const char *value)
{
	fake->bytes[bucket - MEMORY + slot] = 0x80;
	put_label(fake, bucket + 8 + slot * 16, bucket + 8 + 128 + slot * 16, number, key, value);
}

/* A map that grows: some of its items are in new buckets already, one of which overflows. */
static void test_labels_in_maps(void **state)
{
	const uint64_t map = LABELS + 16, new = LABELS + 0x100, overflow = new + 2 * BUCKET_SIZE,
		       old = overflow + BUCKET_SIZE;
	struct fake *fake = new_fake();
	struct label_sets sets = {0};
	const struct label_set *set;

	assert_true(fake->layout.labels_are_maps);
	put(fake, LABELS, map);
	put(fake, map, 4);
	put(fake, map + 8, 1 << 8); /* two buckets */
	put(fake, map + 16, new);
	put(fake, map + 24, old);
	put_in_bucket(fake, new, 0, 0, "d", "4");
	put_in_bucket(fake, new + BUCKET_SIZE, 7, 1, "b", "2");
	put(fake, new + 2 * BUCKET_SIZE - 8, overflow);
	put_in_bucket(fake, overflow, 3, 2, "a", "1");
	put_in_bucket(fake, old, 5, 3, "c", "3");
	set = labels_of_first(fake, &sets);
	assert_non_null(set);
	assert_int_equal(set->count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_label(&set->items[i], (char[]){(char)('a' + i), 0},
			     (char[]){(char)('1' + i), 0});
	/* What was in the old one has moved. */
	fake->bytes[old - MEMORY] = 2;
	assert_int_equal(labels_of_first(fake, &sets)->count, 3);
	/* A chain without an end. */
	put(fake, overflow + BUCKET_SIZE - 8, overflow);
	assert_true(labels_of_first(fake, &sets)->is_cut);
	put(fake, LABELS, 0);
	assert_null(labels_of_first(fake, &sets));
	label_sets_release(&sets);
	free(fake);
}

/* The goroutine gets others just then. */
static void test_labels_that_change(void **state)
{
	struct fake *fake = new_fake();
	const struct memory memory = {fake, read_fake};
	struct label_sets sets = {0};

	fake->layout.labels_are_maps = false;
	put(fake, LABELS, LABELS + 24);
	put(fake, LABELS + 8, 1);
	put_label(fake, LABELS + 24, LABELS + 40, 0, "a", "1");
	assert_non_null(labels_of_first(fake, &sets));
	put(fake, FIRST_G + fake->layout.g_labels, LABELS + 8);
	assert_null(label_sets_read(&sets, &memory, &fake->layout, FIRST_G, LABELS));
	label_sets_release(&sets);
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_return_addresses_above_frames),
		cmocka_unit_test(test_return_addresses_below_frames),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_stacks_that_end_elsewhere),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_some),
		cmocka_unit_test(test_moving),
		cmocka_unit_test(test_memory_that_lies),
		cmocka_unit_test(test_labels_in_slices),
		cmocka_unit_test(test_labels_in_maps),
		cmocka_unit_test(test_labels_that_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
