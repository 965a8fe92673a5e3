/* SPDX-License-Identifier: MIT */
/*
 * test_functions.c - calls summed up by function: given ones, and those of random trees, of which
 * other sums are known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "feed_trees.h"
#include "sums/functions.h"

#define NUM_NAMES 4

static const struct name names[NUM_NAMES] = {
	{.text = "a", .number = 1},
	{.text = "b", .number = 2},
	{.text = "c", .number = 7},
	{.text = "d", .number = 9},
};

static struct functions *make(void)
{
	struct functions *functions;

	assert_null(functions_new(&functions));
	return functions;
}

static void begin(struct functions *functions, int name, uint64_t tree_number)
{
	struct tree tree = {.number = tree_number};

	assert_true(functions_call_began(functions, name < 0 ? NULL : &names[name], &tree));
}

static void end(struct functions *functions, int name, uint64_t tree_number, struct call call)
{
	struct tree tree = {.number = tree_number};

	call.end = call.end ?: CALL_RETURN;
	assert_true(functions_call_ended(functions, name < 0 ? NULL : &names[name], &tree, &call));
}

/* "a 2 calls total 30 self 20, ..." */
static void add_row(void *context, const struct function_row *row)
{
	const struct function_sums *sums = row->sums;
	char *text = context;

	snprintf(text + strlen(text), 1000 - strlen(text),
		 "%s %llu calls, total %llu, self %llu, %llu/%llu/%llu/%llu\n",
		 sums->name ? sums->name->text : "?", (unsigned long long)sums->calls,
		 (unsigned long long)sums->total_ns, (unsigned long long)sums->self_ns,
		 (unsigned long long)row->average_ns, (unsigned long long)row->p50_ns,
		 (unsigned long long)row->p99_ns, (unsigned long long)row->max_ns);
}

static void add_name(void *context, const struct function_row *row)
{
	strcat(context, row->sums->name ? row->sums->name->text : "?");
}

#define ASSERT_ROWS(functions, expected)                                                           \
	do {                                                                                       \
		char text[1000] = "";                                                              \
		assert_null(functions_visit(functions, FUNCTIONS_BY_TOTAL, 0, add_row, text));     \
		assert_string_equal(text, expected);                                               \
	} while (0)

/* ---- what is counted ---- */

static void test_calls(void **state)
{
	struct functions *functions = make();

	begin(functions, 0, 1);
	begin(functions, 1, 1);
	end(functions, 1, 1, (struct call){.start_ns = 10, .end_ns = 20});
	begin(functions, 1, 1);
	end(functions, 1, 1, (struct call){.start_ns = 20, .end_ns = 24});
	assert_int_equal(functions_count(functions), 1);
	end(functions, 0, 1, (struct call){.start_ns = 5, .end_ns = 25, .inner_ns = 14});
	ASSERT_ROWS(functions, "a 1 calls, total 20, self 6, 20/20/20/20\n"
			       "b 2 calls, total 14, self 14, 7/4/10/10\n");
	functions_free(functions);
}

/* Its own time is counted once, and its total is that of the outermost. */
static void test_recursion(void **state)
{
	struct functions *functions = make();

	begin(functions, 0, 1);
	begin(functions, 1, 1);
	begin(functions, 0, 1);
	/* Another tree is none of its business. */
	begin(functions, 0, 2);
	end(functions, 0, 1, (struct call){.start_ns = 2, .end_ns = 8});
	end(functions, 1, 1, (struct call){.start_ns = 1, .end_ns = 9, .inner_ns = 6});
	end(functions, 0, 1, (struct call){.start_ns = 0, .end_ns = 10, .inner_ns = 8});
	end(functions, 0, 2, (struct call){.start_ns = 0, .end_ns = 5});
	/* It is over: this one is an outermost one again. */
	begin(functions, 0, 1);
	end(functions, 0, 1, (struct call){.start_ns = 0, .end_ns = 3});
	ASSERT_ROWS(functions, "a 4 calls, total 18, self 16, 6/5/10/10\n"
			       "b 1 calls, total 8, self 2, 8/8/8/8\n");
	functions_free(functions);
}

static void test_ends(void **state)
{
	struct functions *functions = make();
	static const uint8_t ends[] = {CALL_PANIC, CALL_GOEXIT, CALL_RUNNING, CALL_LOST, CALL_LEFT};

	for (size_t i = 0; i < sizeof(ends); i++) {
		begin(functions, 0, 1);
		end(functions, 0, 1,
		    (struct call){.end_ns = ends[i] == CALL_LOST ? 1000 : 10, .end = ends[i]});
	}
	begin(functions, 1, 1);
	end(functions, 1, 1, (struct call){.end_ns = 1000, .end = CALL_LOST});
	ASSERT_ROWS(functions, "a 5 calls, total 40, self 40, 10/10/10/10\n"
			       "b 1 calls, total 0, self 0, 0/0/0/0\n");
	functions_free(functions);
}

/* The beginning is among what was not kept of a tree. */
static void test_unknown(void **state)
{
	struct functions *functions = make();

	end(functions, -1, 1, (struct call){.end_ns = 10});
	end(functions, -1, 1, (struct call){.end_ns = 10});
	ASSERT_ROWS(functions, "? 2 calls, total 20, self 20, 10/10/10/10\n");
	functions_free(functions);
}

static void add_parts(void *context, const struct function_row *row)
{
	char *text = context;

	for (size_t i = 0; i < row->sums->total.num_parts; i++)
		sprintf(text + strlen(text), "%u.%u %u ", row->sums->total.parts[i].state,
			row->sums->total.parts[i].reason, (unsigned)row->sums->total.parts[i].ns);
}

struct wanted {
	const char *name;
	struct spent *found;
};

static void find_self(void *context, const struct function_row *row)
{
	struct wanted *wanted = context;

	if (!strcmp(row->sums->name->text, wanted->name))
		*wanted->found = row->sums->self;
}

/* Of outermost calls alone, as they have those of the calls inside. */
static void test_parts(void **state)
{
	struct part parts[] = {{5, STATE_WAITING, 1}, {2, STATE_SYSCALL, 0}, {1, STATE_WAITING, 2}};
	struct functions *functions = make();
	char text[100] = "";

	begin(functions, 0, 1);
	begin(functions, 0, 1);
	end(functions, 0, 1, (struct call){.end_ns = 9, .parts = parts, .num_parts = 2});
	end(functions, 0, 1, (struct call){.end_ns = 10, .parts = parts, .num_parts = 3});
	end(functions, 0, 1, (struct call){.end_ns = 10, .parts = parts, .num_parts = 1});
	assert_null(functions_visit(functions, FUNCTIONS_BY_TOTAL, 0, add_parts, text));
	assert_string_equal(text, "4.1 10 3.0 2 4.2 1 ");
	functions_free(functions);
}

static const struct spent *self_of(struct functions *functions, const char *name)
{
	static struct spent found;
	struct wanted wanted = {.name = name, .found = &found};

	found = (struct spent){0};
	assert_null(functions_visit(functions, FUNCTIONS_BY_TOTAL, 0, find_self, &wanted));
	return &found;
}

/* What a call was spent on, without those directly inside: a (b (c), b). */
static void test_self_parts(void **state)
{
	struct part of_a[] = {{9, STATE_WAITING, 1}, {4, STATE_SYSCALL, 0}};
	struct part of_b[] = {{7, STATE_WAITING, 1}};
	struct part of_c[] = {{2, STATE_WAITING, 1}};
	struct functions *functions = make();
	const struct spent *self;

	end(functions, 2, 1,
	    (struct call){.number = 3, .parent = 2, .end_ns = 3, .parts = of_c, .num_parts = 1});
	end(functions, 1, 1,
	    (struct call){.number = 2,
			  .parent = 1,
			  .end_ns = 8,
			  .inner_ns = 3,
			  .parts = of_b,
			  .num_parts = 1});
	/* The same numbers in another tree are other calls. */
	end(functions, 0, 2, (struct call){.number = 1, .end_ns = 1});
	end(functions, 1, 1, (struct call){.number = 4, .parent = 1, .end_ns = 5});
	end(functions, 0, 1,
	    (struct call){
		    .number = 1, .end_ns = 20, .inner_ns = 13, .parts = of_a, .num_parts = 2});
	self = self_of(functions, "a");
	assert_int_equal(self->num_parts, 2);
	assert_int_equal(self->parts[0].ns, 9 - 7);
	assert_int_equal(self->parts[1].ns, 4);
	self = self_of(functions, "b");
	assert_int_equal(self->num_parts, 1);
	assert_int_equal(self->parts[0].ns, 7 - 2);
	assert_int_equal(self_of(functions, "c")->parts[0].ns, 2);
	assert_int_equal(functions_self_ns(functions), 3 + 5 + 5 + 1 + 7);
	functions_free(functions);
}

/* ---- in order ---- */

static void test_order(void **state)
{
	static const char *const expected[][2] = {
		{"total", "cab"}, {"self", "acb"}, {"calls", "bac"}, {"average", "cab"},
		{"p50", "cab"},   {"p99", "cab"},  {"max", "cab"},   {"name", "abc"},
	};
	struct functions *functions = make();
	enum function_order order;

	for (int i = 0; i < 3; i++)
		end(functions, 1, 1, (struct call){.end_ns = 10});
	for (int i = 0; i < 2; i++)
		end(functions, 0, 1, (struct call){.end_ns = 50});
	end(functions, 2, 1, (struct call){.end_ns = 120, .inner_ns = 40});
	for (size_t i = 0; i < 8; i++) {
		char all[8] = "", first[8] = "";

		assert_non_null(strstr(FUNCTION_ORDERS, expected[i][0]));
		assert_true(function_order_from_name(expected[i][0], &order));
		assert_null(functions_visit(functions, order, 0, add_name, all));
		assert_string_equal(all, expected[i][1]);
		assert_null(functions_visit(functions, order, 2, add_name, first));
		assert_memory_equal(first, all, 2);
		assert_int_equal(strlen(first), 2);
	}
	assert_false(function_order_from_name("", &order));
	assert_false(function_order_from_name("totals", &order));
	functions_free(functions);
}

/* What is alike is in order of names. */
static void test_alike(void **state)
{
	struct functions *functions = make();
	char text[8] = "";

	for (int i = NUM_NAMES - 1; i >= -1; i--)
		end(functions, i, 1, (struct call){.end_ns = 10});
	assert_null(functions_visit(functions, FUNCTIONS_BY_SELF, 0, add_name, text));
	assert_string_equal(text, "?abcd");
	functions_free(functions);
}

static void test_anew(void **state)
{
	struct functions *functions = make();

	begin(functions, 0, 1);
	begin(functions, 0, 1);
	end(functions, 0, 1, (struct call){.end_ns = 10});
	functions_begin_anew(functions);
	assert_int_equal(functions_count(functions), 0);
	ASSERT_ROWS(functions, "");
	begin(functions, 0, 1);
	end(functions, 0, 1, (struct call){.end_ns = 20});
	end(functions, 0, 1, (struct call){.end_ns = 40, .inner_ns = 30});
	ASSERT_ROWS(functions, "a 2 calls, total 40, self 30, 30/20/40/40\n");
	functions_free(functions);
}

/* ---- of call trees ---- */

#define MAX_DEPTH 40

/* What the calls of a tree come to, told from the stack of those that are open. */
struct fed {
	struct functions *functions;
	struct {
		uint32_t name;
		uint64_t start_ns;
	} open[MAX_DEPTH];
	uint64_t calls[NUM_NAMES], total_ns[NUM_NAMES], self_ns[NUM_NAMES];
};

static const struct name *name_at(const struct call *call)
{
	return &names[call->entry_site];
}

static void on_began(void *context, const struct tree *tree, const struct call *call)
{
	struct fed *fed = context;

	assert_true(functions_call_began(fed->functions, name_at(call), tree));
}

static void on_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct fed *fed = context;

	assert_true(functions_call_ended(fed->functions, name_at(call), tree, call));
}

static void count_end(struct fed *fed, uint32_t depth, uint64_t now_ns)
{
	uint32_t name = fed->open[depth].name;
	uint64_t ns = now_ns - fed->open[depth].start_ns;
	bool is_outermost = true;

	for (uint32_t i = 0; i < depth; i++)
		is_outermost &= fed->open[i].name != name;
	fed->calls[name]++;
	fed->total_ns[name] += is_outermost ? ns : 0;
	fed->self_ns[name] += ns;
	if (depth)
		fed->self_ns[fed->open[depth - 1].name] -= ns;
}

static void check_row(void *context, const struct function_row *row)
{
	const struct function_sums *sums = row->sums;
	struct fed *fed = context;
	size_t name = (size_t)(sums->name - names);

	assert_int_equal(sums->calls, fed->calls[name]);
	assert_int_equal(sums->total_ns, fed->total_ns[name]);
	assert_int_equal(sums->self_ns, fed->self_ns[name]);
	assert_true(row->p50_ns <= row->p99_ns && row->p99_ns <= row->max_ns);
	assert_true(row->average_ns <= row->max_ns);
}

static void test_random(void **state)
{
	struct fed fed = {.functions = make()};
	struct calltree_sink sink = {
		.context = &fed, .call_began = on_began, .call_ended = on_ended};
	struct calltree *trees;
	uint64_t random = 1;
	uint32_t depth = 0;

	assert_null(calltree_new(&sink, &trees));
	for (uint64_t i = 1; i < 20000 || depth; i++) {
		random = hash_mix(random + i);
		bool enters = !depth || (i < 20000 && depth < MAX_DEPTH && random % 2);
		uint64_t now_ns = i * 10 + random % 10;
		uint32_t at = enters ? depth++ : --depth;
		struct facts facts = {
			.kind = enters ? RECORD_ENTRY : RECORD_RETURN,
			.time_ns = now_ns,
			.goid = 1,
			.pid = 1,
			.tid = 1,
			.frame = 16 + at * 16,
			.site = (uint32_t)(random >> 8) % NUM_NAMES,
			.flags = at       ? 0
				 : enters ? RECORD_OPENS_TREE
					  : RECORD_CLOSES_TREE,
		};
		if (enters) {
			fed.open[at].name = facts.site;
			fed.open[at].start_ns = now_ns;
		} else {
			count_end(&fed, at, now_ns);
		}
		assert_null(calltree_feed(trees, FACTS_RECORD(&facts)));
	}
	assert_int_equal(functions_count(fed.functions), NUM_NAMES);
	assert_null(functions_visit(fed.functions, FUNCTIONS_BY_NAME, 0, check_row, &fed));
	calltree_free(trees);
	functions_free(fed.functions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls), cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_ends),  cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_parts), cmocka_unit_test(test_self_parts),
		cmocka_unit_test(test_order), cmocka_unit_test(test_alike),
		cmocka_unit_test(test_anew),  cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
