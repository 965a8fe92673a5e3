/* SPDX-License-Identifier: MIT */
/*
 * test_calltree_settle.c - trees that stay open for long come in parts: each call once, what was
 * printed is forgotten.
 */
#include "calltree_text.h"

#include "calltree/trees.h"

#define SECOND 1000000000ull

static void on_tree_settled(void *context, const struct tree *tree)
{
	struct fixture *f = context;

	assert_true(tree->part > 0);
	if (tree->num_steps > 1000)
		return;
	add(f, "#%u ", tree->part);
	add_tree(f, tree);
	add(f, "~|");
}

static int setup_settling(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct calltree_sink sink = {.context = f,
				     .tree_ended = on_tree_ended,
				     .tree_settled = on_tree_settled,
				     .func_of_site = func_of_site,
				     .keep_calls = true,
				     .states = true,
				     .min_wait_ns = 10};

	assert_non_null(f);
	*state = f;
	assert_null(calltree_new(&sink, &f->trees));
	return 0;
}

static void tick(struct fixture *f, uint64_t seconds)
{
	feed_tick(f->trees, 1000 + seconds * SECOND);
}

static void assert_nothing_kept(struct fixture *f)
{
	assert_int_equal(f->trees->total_calls, 0);
	assert_int_equal(f->trees->total_open, 0);
	assert_int_equal(f->trees->total_parts, 0);
	assert_int_equal(f->trees->total_waits, 0);
	assert_int_equal(f->trees->total_starts, 0);
}

static void test_by_time(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	LEAVE(2, 'b', 200);
	ENTER(3, 'c', 200);
	ENTER(4, 'd', 300);
	LEAVE(5, 'd', 300);
	tick(f, 9);
	assert_string_equal(f->text, "");
	tick(f, 10);
	assert_string_equal(f->text, "#1 a(b()c(d()~|");
	assert_int_equal(f->trees->total_calls, 2);
	/* Nothing new. */
	tick(f, 30);
	ENTER(40 * SECOND, 'e', 300);
	tick(f, 40);
	assert_string_equal(f->text, "#1 a(b()c(d()~|");
	LEAVE(41 * SECOND, 'e', 300);
	tick(f, 41);
	assert_string_equal(f->text, "#1 a(b()c(d()~|#2 &a(&c(e()~|");
	assert_int_equal(calltree_num_ended(f->trees), 0);
	LEAVE(42 * SECOND, 'c', 200);
	LEAVE(43 * SECOND, 'a', 100, CLOSES);
	assert_string_equal(f->text, "#1 a(b()c(d()~|#2 &a(&c(e()~|#3 &a(&c())|");
	assert_int_equal(f->first.start_ns, 1000);
	assert_int_equal(f->first.end_ns, 1000 + 43 * SECOND);
	assert_int_equal(f->first.end, CALL_RETURN);
	assert_int_equal(f->last.number, 1);
	assert_int_equal(calltree_num_ended(f->trees), 1);
	assert_nothing_kept(f);
}

/* Where nobody asked for parts, and where a tree is short. */
static void test_whole(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	LEAVE(2, 'b', 200);
	if (!f->trees->sink.tree_settled)
		tick(f, 100);
	LEAVE(3, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b())|");
	assert_int_equal(f->last.part, 0);
}

static void test_lost(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	LEAVE(2, 'b', 200, LOST = 3);
	ENTER(3, 'c', 200);
	tick(f, 10);
	LEAVE(11 * SECOND, 'c', 200);
	tick(f, 20);
	LEAVE(21 * SECOND, 'a', 100, CLOSES);
	assert_string_equal(f->text, "#1 a(b()?c( lost 3~|#2 &a(&c()~|#3 &a()?|");
	/* How c and a ended is known, and that of a frame that vanishes is not. */
	ENTER(22 * SECOND, 'a', 100, OPENS);
	ENTER(23 * SECOND, 'b', 200);
	ENTER(24 * SECOND, 'c', 300, LOST = 1);
	LEAVE(25 * SECOND, 'c', 300);
	tick(f, 33);
	f->text[0] = '\0';
	LEAVE(34 * SECOND, 'a', 100, CLOSES);
	assert_string_equal(f->text, "#2 &a(&b()L?)?|");
}

/* What a call spends before and behind the end of a part is its own, and so is the wait between. */
static void test_states(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_SYSCALL);
	STATE(21, STATE_SYSCALL, STATE_RUNNING);
	ENTER(30, 'b', 200);
	STATE(31, STATE_RUNNING, STATE_WAITING, REASON = 2);
	STATE(33, STATE_WAITING, STATE_RUNNING, REASON = 2);
	LEAVE(40, 'b', 200);
	STATE(50, STATE_RUNNING, STATE_WAITING, REASON = 2);
	tick(f, 10);
	assert_string_equal(f->text, "#1 a(w20b()[W2:2]~|");
	assert_int_equal(f->trees->total_waits, 0);
	STATE(10 * SECOND, STATE_WAITING, STATE_RUNNING, REASON = 2);
	f->text[0] = '\0';
	LEAVE(10 * SECOND + 5, 'a', 100, CLOSES);
	assert_string_equal(f->text, "#2 &a(w9999999950)[S20 W2:9999999952]|");
	assert_nothing_kept(f);
}

/* Calls that are open come again in each part: not thousands of them for one that has ended. */
static void test_deep(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 1, OPENS);
	for (uint32_t i = 2; i <= 100; i++)
		ENTER(i, 'b', i);
	ENTER(200, 'c', 200);
	LEAVE(201, 'c', 200);
	tick(f, 10);
	assert_string_equal(f->text, "");
	for (uint32_t i = 0; i < 5; i++) {
		ENTER(200, 'c', 200);
		LEAVE(201, 'c', 200);
	}
	tick(f, 11);
	assert_non_null(strstr(f->text, "b(c()c()c()c()c()c()~|"));
}

/* ---- trees that keep much ---- */

struct counts {
	uint64_t entries, exits, again;
	uint64_t next_va; /* calls have their number there: each comes once, in order */
	uint32_t parts, ended;
	size_t most_kept;
};

static void count_steps(struct counts *counts, const struct tree *tree)
{
	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];

		counts->exits += step->type == STEP_EXIT;
		counts->again += step->type == STEP_AGAIN;
		if (step->type != STEP_ENTRY)
			continue;
		counts->entries++;
		assert_int_equal(tree->calls[step->index].caller_va, counts->next_va++);
	}
	assert_int_equal(tree->left_out, 0);
	assert_int_equal(tree->lost, 0);
	if (tree->num_calls > counts->most_kept)
		counts->most_kept = tree->num_calls;
}

static void count_part(void *context, const struct tree *tree)
{
	struct counts *counts = context;

	assert_int_equal(tree->part, ++counts->parts);
	count_steps(counts, tree);
}

static void count_last(void *context, const struct tree *tree)
{
	struct counts *counts = context;

	counts->ended++;
	assert_int_equal(tree->part, counts->parts + 1);
	count_steps(counts, tree);
}

/* More calls than may be kept of one tree, without a tick: none is left out. */
static void test_by_number(void **state)
{
	struct counts counts = {0};
	const struct calltree_sink sink = {.context = &counts,
					   .tree_ended = count_last,
					   .tree_settled = count_part,
					   .keep_calls = true};
	const uint32_t num_calls = CALLTREE_MAX_CALLS + 1000;
	struct fixture fixture = {0}, *f = &fixture;

	assert_null(calltree_new(&sink, &f->trees));
	ENTER(0, 'a', 100, OPENS, .caller_va = 0);
	ENTER(0, 'a', 150, .caller_va = 1);
	for (uint32_t i = 2; i < num_calls; i++) {
		ENTER(i, 'b', 200, .caller_va = i);
		LEAVE(i, 'b', 200);
		assert_true(f->trees->total_calls <= CALLTREE_SETTLE_CALLS + 4);
	}
	LEAVE(num_calls, 'a', 100, CLOSES);
	assert_int_equal(counts.entries, num_calls);
	assert_int_equal(counts.exits, num_calls);
	assert_int_equal(counts.ended, 1);
	assert_int_equal(counts.parts, num_calls / CALLTREE_SETTLE_CALLS);
	assert_int_equal(counts.again, 2 * counts.parts);
	assert_nothing_kept(f);
	calltree_free(f->trees);
}

/* All trees together keep too much: those that keep many hand on what they have. */
static void test_by_total(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200, GOID = 2, OPENS);
	ENTER(2, 'b', 300, GOID = 2);
	LEAVE(3, 'b', 300, GOID = 2);
	for (uint32_t i = 0; i < 2000; i++) {
		ENTER(10 + i, 'b', 200);
		LEAVE(10 + i, 'b', 200);
	}
	size_t kept = f->trees->total_calls;
	assert_int_equal(kept, 2003);
	f->trees->total_calls += CALLTREE_SETTLE_TOTAL; /* of others */
	ENTER(3000, 'b', 300, GOID = 2);
	ENTER(3000, 'b', 200);
	f->trees->total_calls -= CALLTREE_SETTLE_TOTAL;
	LEAVE(3001, 'b', 300, GOID = 2);
	LEAVE(3001, 'b', 200);
	LEAVE(3002, 'b', 200, GOID = 2, CLOSES);
	LEAVE(3003, 'a', 100, CLOSES);
	assert_string_equal(f->text, "b(b()b())|#2 &a(b())|");
	assert_nothing_kept(f);
}

/* Each wait has its line: none is left out. */
static void test_by_waits(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 0; i < CALLTREE_MAX_WAITS + 2; i++) {
		STATE(100 + 20 * i, STATE_RUNNING, STATE_SYSCALL);
		STATE(110 + 20 * i, STATE_SYSCALL, STATE_RUNNING);
	}
	LEAVE(SECOND, 'a', 100, CLOSES);
	assert_string_equal(f->text, "#2 &a(w10w10)[S655380]|");
	assert_int_equal(f->last.waits_left_out, 0);
}

/* ---- families ---- */

/* Each goroutine that is started is told. */
static void test_by_starts(void **state)
{
	struct fixture *f = *state;
	uint32_t count = CALLTREE_MAX_WAITS + 2;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 0; i < count; i++) {
		GO(i, 2 + i, 1);
		if (i % 2)
			GOEXIT(i, GOID = 2 + i);
	}
	/* One part has been handed on, and those that run are by themselves. */
	assert_int_equal(f->trees->total_starts, 2);
	LEAVE(count, 'a', 100, CLOSES);
	GOEXIT(count, GOID = 2 + count - 2);
	assert_string_equal(f->text, "#2 &a(go65538{s()G[R2]}go65539{s()G})|");
	assert_int_equal(calltree_num_open(f->trees), CALLTREE_MAX_WAITS / 2);
}

/* What has ended is inside, what is open goes on by itself. */
static void test_family(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(1, 2, 1);
	RUNS(1, GOID = 2);
	GO(2, 3, 1);
	RUNS(2, GOID = 3);
	GO(3, 4, 3);
	RUNS(3, GOID = 4);
	ENTER(4, 'b', 200, GOID = 3);
	LEAVE(5, 'b', 200, GOID = 3);
	GOEXIT(6, GOID = 2);
	tick(f, 11);
	assert_string_equal(f->text, "#1 a(go2{s()G}go3-~|#1 s(go4-b()~|");
	f->text[0] = '\0';
	/* What 4 is inside of has been handed on, and is it no more. */
	GOEXIT(12 * SECOND, GOID = 4);
	assert_int_equal(f->last.parent_goid, 3);
	assert_int_equal(f->last.parent_tree, 3);
	GOEXIT(12 * SECOND, GOID = 3);
	assert_int_equal(f->last.parent_goid, 1);
	assert_int_equal(f->last.parent_tree, 1);
	LEAVE(13 * SECOND, 'a', 100, CLOSES);
	assert_string_equal(f->text, "s()G|#2 &s()G|#2 &a()|");
	assert_nothing_kept(f);
}

/* One less than are handed on at once, with the goroutine that it started. */
static void many_calls(struct fixture *f, uint64_t goid, uint64_t time)
{
	for (uint32_t i = 0; i < CALLTREE_SETTLE_CALLS - 1; i++) {
		ENTER(time, 'b', 200, GOID = goid);
		LEAVE(time, 'b', 200, GOID = goid);
	}
}

/* A goroutine that keeps much leaves the tree that it was started in, with those that it started
 * and that are open; its parent waits for the others only. */
static void test_member_is_full(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(1, 2, 1);
	GO(2, 3, 2);
	GO(3, 4, 3);
	GO(3, 5, 1);
	GOEXIT(4, GOID = 3);
	LEAVE(5, 'a', 100, CLOSES);
	assert_int_equal(f->num_trees, 0);
	GOEXIT(6, GOID = 5);
	assert_int_equal(f->num_trees, 0);
	many_calls(f, 2, 7);
	assert_int_equal(f->num_trees, 0);
	ENTER(8, 'c', 200, GOID = 2);
	assert_string_equal(f->text, "a(go2-go5{s()G[R3]})|");
	f->text[0] = '\0';
	GOEXIT(9, GOID = 4);
	LEAVE(10, 'c', 200, GOID = 2);
	GOEXIT(11, GOID = 2);
	assert_string_equal(f->text, "s()G[R6]|#2 &s(c())G[R6]|");
	assert_nothing_kept(f);
}

/* A member stays with one that goes on by itself. */
static void test_members_move(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(1, 2, 1);
	RUNS(1, GOID = 2);
	GO(SECOND * 9, 3, 2);
	RUNS(SECOND * 9, GOID = 3);
	f->trees->looked_ns = 0;
	/* Only a's tree: 2 has been handed on in time, say. */
	GO(SECOND * 9, 4, 3);
	RUNS(SECOND * 9, GOID = 4);
	table_find(&f->trees->table, owner_key(PID, 2, 0))->settled_ns = SECOND * 9;
	tick(f, 10);
	assert_string_equal(f->text, "#1 a(go2-~|");
	GOEXIT(SECOND * 11, GOID = 4);
	GOEXIT(SECOND * 11, GOID = 3);
	GOEXIT(SECOND * 11, GOID = 2);
	LEAVE(SECOND * 11, 'a', 100, CLOSES);
	assert_string_equal(f->text, "#1 a(go2-~|s(go3{s(go4{s()G})G})G|#2 &a()|");
	assert_nothing_kept(f);
}

static void test_free_open(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(1, 2, 1);
	GO(2, 3, 2);
	GOEXIT(3, GOID = 3);
	STATE(4, STATE_RUNNING, STATE_WAITING, REASON = 2);
	STATE(24, STATE_WAITING, STATE_RUNNING, REASON = 2);
	tick(f, 10);
	assert_true(f->text[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_settling, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_by_time),
		TEST(test_whole),
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		TEST(test_lost),
		TEST(test_states),
		TEST(test_deep),
		cmocka_unit_test(test_by_number),
		TEST(test_by_total),
		TEST(test_by_waits),
		TEST(test_by_starts),
		TEST(test_family),
		TEST(test_member_is_full),
		TEST(test_members_move),
		TEST(test_free_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
