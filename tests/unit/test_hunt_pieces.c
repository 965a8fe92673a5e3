/* SPDX-License-Identifier: MIT */
/* test_hunt_pieces.c - pieces of calls: spans divide into them, and those that tell the same are one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hunt/span.h"

static uint64_t sum(const struct pieces *pieces)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < pieces->count; i++)
		ns += pieces->items[i].ns;
	return ns;
}

static uint64_t sum_of(const struct pieces *pieces, enum piece_kind kind, uint64_t stack)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->items[i].kind == kind && pieces->items[i].stack == stack)
			ns += pieces->items[i].ns;
	return ns;
}

static void add(struct pieces *pieces, uint64_t at, uint64_t ns, enum piece_kind kind,
		uint64_t stack)
{
	const struct piece piece = {
		.start_ns = at, .ns = ns, .kind = kind, .stack = stack, .count = 1};

	assert_true(pieces_add(pieces, &piece));
}

static void test_fold(void **state)
{
	struct pieces pieces = {0}, empty = {0};

	pieces_fold(&empty);
	assert_int_equal(empty.count, 0);
	add(&pieces, 10, 5, PIECE_WAIT, 1);
	add(&pieces, 15, 0, PIECE_WAIT, 9);
	add(&pieces, 15, 7, PIECE_CPU, 2);
	add(&pieces, 22, 3, PIECE_WAIT, 1);
	add(&pieces, 25, 4, PIECE_SYSCALL, 1);
	assert_int_equal(pieces.count, 4);
	assert_false(pieces.is_folded);
	pieces_fold(&pieces);
	assert_true(pieces.is_folded);
	assert_int_equal(pieces.count, 3);
	assert_int_equal(pieces.items[0].start_ns, 10);
	assert_int_equal(pieces.items[0].ns, 8);
	assert_int_equal(pieces.items[0].count, 2);
	assert_int_equal(pieces.items[2].kind, PIECE_SYSCALL);
	pieces_clear(&pieces);
}

/* Who had the processor makes a difference. */
static void test_fold_names(void **state)
{
	struct piece one = {.ns = 1, .kind = PIECE_NO_CPU, .by_comm = "a", .count = 1};
	struct pieces pieces = {0};

	assert_true(pieces_add(&pieces, &one));
	one.by_comm[0] = 'b';
	assert_true(pieces_add(&pieces, &one));
	pieces_fold(&pieces);
	assert_int_equal(pieces.count, 2);
	pieces_clear(&pieces);
}

static void test_many(void **state)
{
	struct pieces alike = {0}, different = {0};

	for (uint64_t i = 0; i < 3 * MAX_PIECES; i++) {
		add(&alike, i * 2, 2, i % 2 ? PIECE_WAIT : PIECE_SYSCALL, 1 + i % 3);
		add(&different, i * 2, 2, PIECE_WAIT, i + 1);
	}
	assert_in_range(alike.count, 6, MAX_PIECES);
	assert_in_range(different.count, 1, MAX_PIECES);
	assert_int_equal(sum(&alike), 6 * MAX_PIECES);
	assert_int_equal(sum(&different), 6 * MAX_PIECES);
	assert_true(different.is_folded);
	pieces_clear(&alike);
	pieces_clear(&different);
}

/* ---- spans ---- */

static void sample(struct span *span, uint64_t at, uint64_t stack)
{
	const struct piece item = {.start_ns = at,
				   .stack = stack,
				   .kind = PIECE_CPU,
				   .flags = PIECE_SAMPLED,
				   .count = 1};

	assert_true(span_add(span, &item));
}

static void off(struct span *span, uint64_t at, uint64_t ns)
{
	const struct piece item = {.start_ns = at, .ns = ns, .kind = PIECE_NO_CPU, .count = 1};

	assert_true(span_add(span, &item));
}

static void test_samples_share(void **state)
{
	struct span span = {.start_ns = 100};
	struct pieces pieces = {0};

	sample(&span, 110, 1);
	off(&span, 120, 30);
	sample(&span, 160, 2);
	sample(&span, 170, 2);
	assert_true(span_end(&span, 200, 1000, &pieces));
	assert_int_equal(sum(&pieces), 100);
	assert_int_equal(sum_of(&pieces, PIECE_NO_CPU, 0), 30);
	assert_int_equal(sum_of(&pieces, PIECE_CPU, 1), 23);
	assert_int_equal(sum_of(&pieces, PIECE_CPU, 2), 47);
	assert_int_equal(pieces.count, 3);
	/* The next one begins where it ended. */
	assert_int_equal(span.start_ns, 200);
	assert_true(span_end(&span, 250, 1000, &pieces));
	assert_int_equal(sum_of(&pieces, PIECE_CPU, 0), 50);
	pieces_clear(&pieces);
	span_clear(&span);
}

static void test_short_waits(void **state)
{
	struct span span = {.start_ns = 0,
			    .waiting_ns = 10,
			    .syscall_ns = 20,
			    .runnable_ns = 5,
			    .num_short = 3};
	struct pieces pieces = {0};

	assert_true(span_end(&span, 100, 1000, &pieces));
	assert_int_equal(sum_of(&pieces, PIECE_SHORT, 0), 10);
	assert_int_equal(sum_of(&pieces, PIECE_SYSCALL, 0), 20);
	assert_int_equal(sum_of(&pieces, PIECE_RUNNABLE, 0), 5);
	assert_int_equal(sum_of(&pieces, PIECE_CPU, 0), 65);
	assert_int_equal(span.waiting_ns, 0);
	pieces_clear(&pieces);
	span_clear(&span);
}

static void short_one(struct pieces *pieces, uint64_t at, enum piece_kind kind, int32_t detail,
		      uint64_t stack)
{
	assert_true(pieces_add(pieces, &(struct piece){.start_ns = at,
						       .ns = 10,
						       .kind = kind,
						       .detail = detail,
						       .stack = stack,
						       .flags = PIECE_IS_SHORT,
						       .count = 1}));
}

/* A sum is what the next one is that is known, of system calls and others each; what comes behind, what the last one
 * was. */
static void test_places_of_short_waits(void **state)
{
	struct pieces pieces = {0};

	short_one(&pieces, 0, PIECE_SYSCALL, -1, 0);
	short_one(&pieces, 10, PIECE_SHORT, 0, 0);
	short_one(&pieces, 20, PIECE_WAIT, 7, 2);
	short_one(&pieces, 30, PIECE_SYSCALL, -1, 0);
	short_one(&pieces, 40, PIECE_SYSCALL, 5, 3);
	short_one(&pieces, 50, PIECE_SYSCALL, -1, 0);
	short_one(&pieces, 60, PIECE_SYSCALL, 6, 4);
	short_one(&pieces, 70, PIECE_SYSCALL, -1, 0);
	short_one(&pieces, 80, PIECE_SHORT, 0, 0);
	pieces_place_short(&pieces);
	assert_int_equal(sum_of(&pieces, PIECE_SYSCALL, 3), 30);
	assert_int_equal(sum_of(&pieces, PIECE_SYSCALL, 4), 30);
	assert_int_equal(sum_of(&pieces, PIECE_WAIT, 2), 30);
	assert_int_equal(sum(&pieces), 90);
	assert_int_equal(pieces.items[0].detail, 5);
	assert_int_equal(pieces.items[8].detail, 7);
	for (size_t i = 0; i < pieces.count; i++)
		assert_int_equal(pieces.items[i].flags, 0);
	pieces_clear(&pieces);
	/* Nothing is known of them. */
	short_one(&pieces, 0, PIECE_SYSCALL, -1, 0);
	short_one(&pieces, 10, PIECE_SHORT, 0, 0);
	pieces_place_short(&pieces);
	assert_int_equal(sum_of(&pieces, PIECE_SYSCALL, 0), 10);
	assert_int_equal(sum_of(&pieces, PIECE_SHORT, 0), 10);
	pieces_clear(&pieces);
}

/* Sums that cannot be true do not make the pieces longer than the span. */
static void test_too_much(void **state)
{
	struct span span = {.start_ns = 0, .waiting_ns = UINT64_MAX, .syscall_ns = 20};
	struct pieces pieces = {0};

	off(&span, 10, 60);
	off(&span, 20, 70);
	assert_true(span_end(&span, 100, 1, &pieces));
	assert_int_equal(sum(&pieces), 100);
	assert_true(span_end(&span, 50, 1, &pieces));
	assert_int_equal(sum(&pieces), 100);
	pieces_clear(&pieces);
	span_clear(&span);
}

/* Many periods without a sample, though it must have run. */
static void test_unseen(void **state)
{
	const uint64_t period = 2 * SPAN_LOST_NS / SPAN_LOST_PERIODS;
	const uint64_t lost = period * (SPAN_LOST_PERIODS + 1);
	struct span span = {.start_ns = 0};
	struct pieces pieces = {0};

	sample(&span, 100, 1);
	sample(&span, 100 + lost, 1);
	assert_true(span_end(&span, 500 + lost, period, &pieces));
	assert_int_equal(sum_of(&pieces, PIECE_UNSEEN, 0), lost);
	assert_int_equal(sum(&pieces), 500 + lost);
	pieces_clear(&pieces);
	span_clear(&span);
	/* It was not on a processor, or in short waits: that is no loss. */
	span = (struct span){.start_ns = 0, .waiting_ns = period};
	sample(&span, 100, 1);
	off(&span, 110, lost - 2 * period);
	sample(&span, 100 + lost, 1);
	assert_true(span_end(&span, 200 + lost, period, &pieces));
	assert_int_equal(sum_of(&pieces, PIECE_UNSEEN, 0), 0);
	assert_int_equal(sum_of(&pieces, PIECE_CPU, 1), 200 + period);
	pieces_clear(&pieces);
	span_clear(&span);
	/* Whoever stopped the machine for so long stopped its clock, too. */
	span = (struct span){.start_ns = 0};
	assert_true(span_end(&span, SPAN_LOST_NS, 10, &pieces));
	assert_int_equal(sum_of(&pieces, PIECE_UNSEEN, 0), 0);
	pieces_clear(&pieces);
	span_clear(&span);
}

static void test_many_items(void **state)
{
	struct span span = {.start_ns = 0};
	struct pieces pieces = {0};
	uint64_t time = 0;

	for (size_t i = 0; i < 10 * SPAN_MAX_ITEMS; i++, time += 10) {
		sample(&span, time, 1 + i % 2);
		off(&span, time + 5, 1);
	}
	assert_true(span.count <= SPAN_MAX_ITEMS);
	assert_true(span_end(&span, time, 10, &pieces));
	assert_int_equal(sum(&pieces), time);
	assert_int_equal(sum_of(&pieces, PIECE_NO_CPU, 0), 10 * SPAN_MAX_ITEMS);
	assert_int_equal(sum_of(&pieces, PIECE_UNSEEN, 0), 0);
	pieces_clear(&pieces);
	span_clear(&span);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_fold_names),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_samples_share),
		cmocka_unit_test(test_short_waits),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_many_items),
		cmocka_unit_test(test_places_of_short_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
