/* SPDX-License-Identifier: MIT */
/*
 * test_calltree.c - records into call trees.
 *
 * A tree is written as text: function 0 is "a", its entry "a(" and its exit ")" with a letter
 * behind it if it was no return: T tail call, P panic, G goexit, X process exit, R running, L lost, V
 * left; * a "?" if the call is incomplete. Behind the tree stand what was lost and what was left out. Trees
 * are divided by "|".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed_trees.h"
#include "gofuncgraph/calltree.h"

#define PID 100

struct fixture {
	struct calltree *trees;
	char text[8192]; /* trees ended */
	char ended[4096]; /* calls in order of ending: "0b1 " is tree 1's b at depth 0 */
	uint64_t now_ns;
	uint64_t num_calls;
	struct call last; /* ended last */
	uint64_t last_goid;
};

static void append(char *text, size_t size, const char *what)
{
	size_t used = strlen(text);

	assert_true(used + strlen(what) < size);
	strcpy(text + used, what);
}

static void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct fixture *f = context;
	char text[64];

	f->last = *call;
	f->last_goid = tree->goid;
	f->num_calls++;
	if (strlen(f->ended) > sizeof(f->ended) - 64)
		return;
	snprintf(text, sizeof(text), "%u%c%llu ", call->depth, 'a' + call->entry_site / 2,
		 (unsigned long long)tree->number);
	append(f->ended, sizeof(f->ended), text);
}

static void on_tree_ended(void *context, const struct tree *tree)
{
	static const char ends[] = "?.TPGXRLVO";
	struct fixture *f = context;
	char text[64];

	if (tree->num_steps > 1000)
		return;
	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct call *call = &tree->calls[tree->steps[i].index];
		assert_int_not_equal(call->end, CALL_OPEN);
		if (tree->steps[i].type == STEP_EXIT)
			snprintf(text, sizeof(text), ")%.*s%s", call->end != CALL_RETURN,
				 &ends[call->end], call->incomplete ? "?" : "");
		else
			snprintf(text, sizeof(text), "%c(", 'a' + call->entry_site / 2);
		append(f->text, sizeof(f->text), text);
	}
	snprintf(text, sizeof(text), " lost %llu", (unsigned long long)tree->lost);
	if (tree->lost)
		append(f->text, sizeof(f->text), text);
	snprintf(text, sizeof(text), " off %llu", (unsigned long long)tree->off_ns);
	if (tree->off_ns)
		append(f->text, sizeof(f->text), text);
	append(f->text, sizeof(f->text), "|");
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	return site / 2;
}

static int setup_with(void **state, bool keep_calls)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct calltree_sink sink = {.context = f,
				     .call_ended = on_call_ended,
				     .tree_ended = on_tree_ended,
				     .func_of_site = func_of_site,
				     .keep_calls = keep_calls};

	assert_non_null(f);
	f->now_ns = 1000;
	*state = f;
	assert_null(calltree_new(&sink, &f->trees));
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, true);
}

static int setup_streaming(void **state)
{
	return setup_with(state, false);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	calltree_free(f->trees);
	free(f);
	return 0;
}

/* One event of goroutine 1 each; time goes on by 10 ns. */
static void feed(struct fixture *f, struct facts event)
{
	event.pid = event.pid ? event.pid : PID;
	event.tid = event.tid ? event.tid : PID + 1;
	event.time_ns = f->now_ns += 10;
	assert_null(calltree_feed(f->trees, FACTS_RECORD(&event)));
}

#define ENTER(func_, frame_, ...)                                                                  \
	feed(f, (struct facts){.kind = RECORD_ENTRY,                                               \
			       .goid = 1,                                                          \
			       .site = (uint32_t)((func_) - 'a') * 2,                              \
			       .frame = (frame_),                                                  \
			       .caller_va = 7,                                                     \
			       __VA_ARGS__})
#define LEAVE(func_, frame_, ...)                                                                  \
	feed(f, (struct facts){.kind = RECORD_RETURN,                                              \
			       .goid = 1,                                                          \
			       .site = (uint32_t)((func_) - 'a') * 2 + 1,                          \
			       .frame = (frame_),                                                  \
			       __VA_ARGS__})
#define OPENS  .flags = RECORD_OPENS_TREE
#define CLOSES .flags = RECORD_CLOSES_TREE
#define TAIL   .kind = RECORD_TAIL_CALL

#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

static void test_nested(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('c', 300);
	LEAVE('b', 200);
	ENTER('b', 180);
	LEAVE('b', 180);
	assert_int_equal(calltree_num_open(f->trees), 1);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c())b())|");
	assert_string_equal(f->ended, "2c1 1b1 1b1 0a1 ");
	assert_int_equal(calltree_num_open(f->trees), 0);
	assert_int_equal(calltree_num_ended(f->trees), 1);
}

static void test_call_fields(void **state)
{
	struct fixture *f = *state;

	ENTER('c', 100, OPENS, .goid = 77, .caller_va = 0x1234, .tid = 5);
	LEAVE('c', 100, CLOSES, .goid = 77, .tid = 6);
	assert_int_equal(f->last.start_ns, 1010);
	assert_int_equal(f->last.end_ns, 1020);
	assert_int_equal(f->last.caller_va, 0x1234);
	assert_int_equal(f->last.entry_site, 4);
	assert_int_equal(f->last.exit_site, 5);
	assert_int_equal(f->last.tid, 5);
	assert_int_equal(f->last.end, CALL_RETURN);
	assert_false(f->last.incomplete);
	assert_int_equal(f->last_goid, 77);
}

static void test_recursion(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('a', 200);
	ENTER('a', 300);
	LEAVE('a', 300);
	LEAVE('a', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(a(a()))|");
}

static void test_tail_call(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	LEAVE('b', 200, TAIL);
	ENTER('c', 200);
	LEAVE('c', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()Tc())|");
}

/* What is outside of a tree is ignored, and counted. */
static void test_outside(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100);
	LEAVE('a', 100, CLOSES);
	feed(f, (struct facts){.kind = RECORD_GOEXIT, .goid = 1});
	feed(f, (struct facts){.kind = 99, .goid = 1});
	feed(f, (struct facts){.kind = 0, .goid = 1});
	feed(f, (struct facts){.kind = RECORD_EXEC, .goid = 1});
	assert_string_equal(f->text, "");
	assert_int_equal(calltree_num_ignored(f->trees), 5);
	assert_int_equal(calltree_num_ended(f->trees), 0);
}

static void test_exit_without_entry(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	LEAVE('b', 300);
	ENTER('c', 200);
	LEAVE('d', 250);
	LEAVE('c', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(c())|");
}

/* Another function leaves from where c was: c is gone, but not by that exit. */
static void test_exit_of_another_function(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('c', 200);
	LEAVE('d', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(c()V)|");
}

static void test_repeat(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200, .flags = RECORD_MAY_REPEAT);
	ENTER('b', 200, .flags = RECORD_MAY_REPEAT);
	LEAVE('b', 200);
	/* without the flag, from elsewhere, of another function, after a loss: another call */
	ENTER('b', 200);
	ENTER('b', 200);
	ENTER('b', 200, .flags = RECORD_MAY_REPEAT, .caller_va = 8);
	ENTER('c', 200, .flags = RECORD_MAY_REPEAT);
	ENTER('c', 200, .flags = RECORD_MAY_REPEAT, .lost = 2);
	LEAVE('c', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()b()Vb()Vb()Vc()L?c())? lost 2|");
}

/* Frames that vanished: nobody saw a panic. */
static void test_vanished(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	ENTER('d', 150);
	LEAVE('d', 150);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()V)Vd()b(c()V)V)|");
	assert_string_equal(f->ended, "2c1 1b1 1d1 2c1 1b1 0a1 ");
}

static void test_lost(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300, .lost = 3);
	ENTER('d', 150);
	LEAVE('d', 150);
	LEAVE('a', 100, CLOSES);
	/* c was opened after the loss, so that its end cannot be among what was lost */
	assert_string_equal(f->text, "a(b(c()V)L?d())? lost 3|");
}

static void test_lost_exits(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('a', 100, CLOSES, .lost = 2);
	assert_string_equal(f->text, "a(b(c()L?)L?)? lost 2|");
}

static void test_lost_never_overflows(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	for (int i = 0; i < 3; i++)
		ENTER('b', 200, .lost = UINT32_MAX);
	LEAVE('a', 100, CLOSES);
	assert_non_null(strstr(f->text, "lost 12884901885"));
}

/* A new tree begins while the last one's end is not known. */
static void test_reopened(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()V)V|a()|");

	f->text[0] = '\0';
	ENTER('a', 100, OPENS);
	ENTER('a', 100, OPENS, .lost = 1);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a()L? lost 1|a()|");
}

/* Something shallower than the call that the tree began with: that one is gone. */
static void test_root_vanished(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 50);
	assert_string_equal(f->text, "a(b()V)V|");
	assert_int_equal(calltree_num_ignored(f->trees), 1);

	ENTER('a', 100, OPENS);
	LEAVE('c', 50);
	ENTER('a', 100, OPENS);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 50});
	assert_string_equal(f->text, "a(b()V)V|a()V|a()P|");
	assert_int_equal(calltree_num_open(f->trees), 0);
}

static void test_unwind(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 200});
	assert_string_equal(f->ended, "2c1 ");
	assert_int_equal(f->last.end, CALL_PANIC);
	assert_int_equal(f->last.end_ns, f->now_ns);
	LEAVE('b', 200);
	ENTER('b', 200);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 90, CLOSES});
	assert_string_equal(f->text, "a(b(c()P)b()P)P|");
}

static void test_goexit(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	feed(f, (struct facts){.kind = RECORD_GOEXIT, .goid = 1});
	assert_string_equal(f->text, "a(b()G)G|");
	assert_string_equal(f->ended, "1b1 0a1 ");
}

/* The system stack is deeper than any frame of the goroutine's own. */
static void test_system_stack(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', UINT32_MAX);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	ENTER('d', 90, .flags = RECORD_SYSTEM_STACK);
	LEAVE('d', 90, .flags = RECORD_SYSTEM_STACK);
	LEAVE('c', 50, .flags = RECORD_SYSTEM_STACK);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	LEAVE('b', UINT32_MAX);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c(d())c()V))|");
}

#define LEFT(frame_, ...)                                                                          \
	feed(f, (struct facts){.kind = RECORD_LEFT, .goid = 1, .frame = (frame_), __VA_ARGS__})

#define TAKEN_OFF(func_)                                                                           \
	feed(f, (struct facts){.kind = RECORD_TAKEN_OFF, .site = (uint32_t)((func_) - 'a') * 2})

/* A function loses its probes: what is called from then on is not inside of its call that was open,
 * wherever it is on the stack. What was open inside of that is. Those of others end as ever. */
static void test_taken_off(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('b', 300);
	TAKEN_OFF('b');
	assert_string_equal(f->ended, "2b1 1b1 ");
	assert_int_equal(f->last.end, CALL_TAKEN_OFF);
	assert_int_equal(f->last.end_ns, f->now_ns);
	ENTER('d', 400);
	LEAVE('d', 400);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(b()O)Od())|");
}

static void test_taken_off_outside(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 300);
	TAKEN_OFF('b');
	ENTER('d', 400);
	LEAVE('d', 400);
	LEAVE('c', 300);
	ENTER('d', 500);
	LEAVE('d', 500);
	/* Its hits come as long as its probes are there. */
	LEAVE('b', 200);
	ENTER('b', 200);
	ENTER('c', 300);
	LEAVE('c', 300);
	LEAVE('b', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c(d()))Od()c())|");
}

/* The call that a tree began with: the tree ends when that is known to be gone. */
static void test_taken_off_first(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	TAKEN_OFF('a');
	ENTER('c', 200);
	LEAVE('c', 200);
	LEFT(50, CLOSES);
	/* its end is seen still */
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	/* or tracing ends before */
	ENTER('a', 100, OPENS);
	feed(f, (struct facts){.kind = RECORD_STOPPED});
	assert_int_equal(f->last.end, CALL_TAKEN_OFF);
	assert_string_equal(f->text, "a(b()Vc())O|a()|a()O|");
}

#define GAP(kind_) feed(f, (struct facts){.kind = (kind_)})

/* Probes are off: what ends unseen meanwhile is lost, in every tree that was open then. */
static void test_gap(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('d', 200);
	LEAVE('d', 200);
	ENTER('b', 200);
	GAP(RECORD_GAP);
	ENTER('c', 200);
	GAP(RECORD_GAP_END);
	LEAVE('c', 200);
	ENTER('d', 200);
	LEAVE('d', 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(d()b()L?c()?d())? off 20|");

	/* Begins after it. */
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(d()b()L?c()?d())? off 20|a()|");
}

/* The same of trees that begin and end while probes are off, and when no end of that is told. */
static void test_gap_only(void **state)
{
	struct fixture *f = *state;

	GAP(RECORD_GAP);
	ENTER('a', 100, OPENS);
	LEAVE('a', 100, CLOSES);
	GAP(RECORD_GAP);
	ENTER('b', 100, OPENS);
	GAP(RECORD_GAP_END);
	GAP(RECORD_GAP_END);
	LEAVE('b', 100, CLOSES);
	GAP(RECORD_GAP);
	ENTER('c', 100, OPENS);
	GAP(RECORD_STOPPED);
	assert_string_equal(f->text, "a()? off 10|b()? off 10|c()R? off 10|");
}

/* Stacks were switched: what is deeper is gone, and ends then. */
static void test_left(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	LEFT(192);
	assert_string_equal(f->ended, "2c1 1b1 ");
	assert_int_equal(f->last.end, CALL_LEFT);
	assert_int_equal(f->last.end_ns, f->now_ns);
	/* Entered again, deeper: not inside of the one before. */
	ENTER('b', 300);
	LEFT(292);
	ENTER('b', 300);
	LEFT(292, .lost = 1);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()V)Vb()Vb()L?)? lost 1|");
	f->text[0] = '\0';
	ENTER('a', 100, OPENS);
	LEFT(92, CLOSES);
	assert_string_equal(f->text, "a()V|");
}

/* Each thread has a system stack of its own: where a frame is there says nothing about others. */
static void test_other_thread(void **state)
{
	struct fixture *f = *state;
	const uint8_t system = RECORD_SYSTEM_STACK;

	ENTER('a', 100, OPENS, .tid = 1);
	ENTER('b', 80, .flags = system, .tid = 1);
	/* The goroutine has gone on: its old thread is done with it. */
	ENTER('c', 90, .flags = system, .tid = 2);
	LEAVE('b', 80, .flags = system, .tid = 1);
	LEFT(16, .flags = system, .tid = 1);
	LEAVE('c', 90, .flags = system, .tid = 2);
	ENTER('b', 80, .flags = system, .tid = 2);
	LEFT(16, .flags = system, .tid = 1);
	LEFT(16, .flags = system, .tid = 2);
	LEAVE('a', 100, CLOSES, .tid = 2);
	assert_string_equal(f->text, "a(b()Vc()b()V)|");
}

/* The same where the tree itself began on a system stack. */
static void test_other_thread_of_root(void **state)
{
	struct fixture *f = *state;
	const uint8_t system = RECORD_SYSTEM_STACK;

	ENTER('a', 80, .flags = system | RECORD_OPENS_TREE, .tid = 1);
	ENTER('b', 90, .flags = system, .tid = 2);
	assert_string_equal(f->text, "a()V|");
	ENTER('a', 80, .flags = system | RECORD_OPENS_TREE, .tid = 1);
	ENTER('b', 90, .flags = system, .tid = 1);
	LEAVE('b', 70, .flags = system | RECORD_CLOSES_TREE, .tid = 2);
	assert_string_equal(f->text, "a()V|a(b()V)V|");
}

/* Signal handlers have a stack of their own, which is deeper than all others. */
static void test_signal_stack(void **state)
{
	struct fixture *f = *state;
	const uint8_t signal = RECORD_SYSTEM_STACK | RECORD_SIGNAL_STACK;

	ENTER('a', 100, OPENS);
	ENTER('b', 300, .flags = RECORD_SYSTEM_STACK);
	ENTER('c', 20, .flags = signal);
	LEAVE('c', 20, .flags = signal);
	ENTER('d', 20, .flags = signal);
	LEAVE('b', 300, .flags = RECORD_SYSTEM_STACK);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()d()V))|");
}

/* A panic unwinds the goroutine's stack; the system stack that it does so on is just left. */
static void test_unwind_on_system_stack(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 50, .flags = RECORD_SYSTEM_STACK);
	feed(f, (struct facts){.kind = RECORD_UNWIND, .goid = 1, .frame = 100});
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()V)P)|");
}

static void test_goroutines(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 100, OPENS, .goid = 2);
	ENTER('c', 100, OPENS, .pid = 200);
	LEAVE('b', 100, CLOSES, .goid = 2);
	LEAVE('c', 100, CLOSES, .pid = 200);
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->text, "b()|c()|a()|");
	assert_string_equal(f->ended, "0b2 0c3 0a1 ");
}

/* Threads without a goroutine are told apart by their id, goroutines are not. */
static void test_threads(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS, .goid = 0, .tid = 1);
	ENTER('b', 100, OPENS, .goid = 0, .tid = 2);
	LEAVE('a', 100, CLOSES, .goid = 0, .tid = 1);
	feed_lost_end(f->trees, PID, 0, 2, 1, f->now_ns);
	ENTER('c', 100, OPENS, .tid = 1);
	LEAVE('c', 100, CLOSES, .tid = 2);
	assert_string_equal(f->text, "a()|b()L? lost 1|c()|");
}

static void test_process_exit(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	ENTER('d', 100, OPENS, .pid = 200);
	feed(f, (struct facts){.kind = RECORD_PROCESS_EXIT});
	assert_string_equal(f->text, "a(b()X)X|c()X|");
	feed(f, (struct facts){.kind = RECORD_EXEC, .pid = 200});
	assert_string_equal(f->text, "a(b()X)X|c()X|d()X|");
	assert_int_equal(calltree_num_open(f->trees), 0);
}

/* What was lost may be any goroutine's of the process, and of no other. */
static void test_unreadable(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	ENTER('d', 100, OPENS, .pid = 200);
	feed(f, (struct facts){.kind = RECORD_UNREADABLE});
	LEAVE('a', 100, CLOSES);
	LEAVE('c', 100, CLOSES, .goid = 2);
	LEAVE('d', 100, CLOSES, .pid = 200);
	assert_string_equal(f->text, "a(b()L?)? lost 1|c()? lost 1|d()|");
}

/* Lost at last, when no event comes any more that would tell. */
static void test_were_lost(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 100, OPENS, .goid = 0, .tid = 7);
	ENTER('c', 100, OPENS, .goid = 0, .tid = 8);
	feed_lost(f->trees, PID, 1, 0, 3);
	feed_lost(f->trees, PID, 0, 8, 4);
	feed_lost(f->trees, PID, 2, 0, 5);
	feed_stop(f->trees, f->now_ns);
	assert_string_equal(f->text, "a()R? lost 3|b()R|c()R? lost 4|");
}

/* Nothing that is known of the process can be believed. */
static void test_wrong_goid(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	ENTER('d', 100, OPENS, .pid = 200);
	feed(f, (struct facts){.kind = RECORD_WRONG_GOID});
	LEAVE('a', 100, CLOSES);
	LEAVE('d', 100, CLOSES, .pid = 200);
	assert_string_equal(f->text, "a(b()L?)L? lost 1|c()L? lost 1|d()|");
}

static void test_end_was_lost(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	feed_lost_end(f->trees, PID, 2, 0, 5, f->now_ns);
	feed_lost_end(f->trees, PID + 1, 1, 0, 5, f->now_ns);
	assert_string_equal(f->text, "");
	feed_lost_end(f->trees, PID, 1, 0, 5, f->now_ns + 7);
	assert_string_equal(f->text, "a(b()L?)L? lost 5|");
	assert_int_equal(f->last.end_ns, f->now_ns + 7);
	ENTER('b', 200);
	assert_int_equal(calltree_num_ignored(f->trees), 1);
}

static void test_finish(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2, .lost = 3);
	/* Before its start: the clock never runs backwards in a call. */
	feed_stop(f->trees, 5);
	assert_string_equal(f->text, "a(b()R)R|c()R|");
	assert_int_equal(f->last.end_ns, f->last.start_ns);
	feed_stop(f->trees, 5);
	assert_int_equal(calltree_num_ended(f->trees), 2);
}

static void test_free_open(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	ENTER('c', 100, OPENS, .goid = 2);
	LEAVE('c', 100, CLOSES, .goid = 2);
	calltree_free(NULL);
	/* the rest by teardown(), under the address sanitizer */
}

static void test_streaming(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 100, OPENS);
	ENTER('b', 200);
	LEAVE('b', 200);
	assert_string_equal(f->ended, "1b1 ");
	LEAVE('a', 100, CLOSES);
	assert_string_equal(f->ended, "1b1 0a1 ");
	assert_string_equal(f->text, "|");
}

static void keep_left_out(void *context, const struct tree *tree)
{
	*(uint64_t *)context = tree->left_out;
	assert_int_equal(tree->num_calls, CALLTREE_MAX_CALLS);
	assert_int_equal(tree->num_steps, 2 * tree->num_calls);
}

/* A tree that is too large keeps its first calls, and goes on to follow frames. */
static void test_left_out(void **state)
{
	uint64_t left_out = 0;
	struct calltree_sink sink = {
		.context = &left_out, .tree_ended = keep_left_out, .keep_calls = true};
	struct calltree *trees;
	struct facts entry = {.kind = RECORD_ENTRY, .goid = 1, .pid = 1, .frame = 100, OPENS};

	assert_null(calltree_new(&sink, &trees));
	assert_null(calltree_feed(trees, FACTS_RECORD(&entry)));
	entry.flags = 0;
	entry.frame = 200;
	struct facts leave = entry;
	leave.kind = RECORD_RETURN;
	for (uint32_t i = 0; i < CALLTREE_MAX_CALLS + 9; i++) {
		assert_null(calltree_feed(trees, FACTS_RECORD(&entry)));
		assert_null(calltree_feed(trees, FACTS_RECORD(&leave)));
	}
	leave.frame = 100;
	leave.flags = RECORD_CLOSES_TREE;
	assert_null(calltree_feed(trees, FACTS_RECORD(&leave)));
	assert_int_equal(left_out, 10);
	calltree_free(trees);
}

/* Deeper than anything is followed: what is beyond counts as lost, and nothing recurses. */
static void test_deep(void **state)
{
	struct fixture *f = *state;

	ENTER('a', 1, OPENS);
	for (uint32_t i = 0; i < CALLTREE_MAX_OPEN + 5; i++)
		ENTER('b', 2 + i);
	LEAVE('a', 1, CLOSES);
	assert_int_equal(f->num_calls, CALLTREE_MAX_OPEN);
	assert_true(f->last.incomplete);
}

int main(void)
{
#define TEST(name)           cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STREAMING(name) cmocka_unit_test_setup_teardown(name, setup_streaming, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nested),
		TEST(test_call_fields),
		TEST(test_recursion),
		TEST(test_tail_call),
		TEST(test_outside),
		TEST(test_exit_without_entry),
		TEST(test_exit_of_another_function),
		TEST(test_repeat),
		TEST(test_vanished),
		TEST(test_lost),
		TEST(test_lost_exits),
		TEST(test_lost_never_overflows),
		TEST(test_reopened),
		TEST(test_root_vanished),
		TEST(test_unwind),
		TEST(test_goexit),
		TEST(test_system_stack),
		TEST(test_left),
		TEST(test_taken_off),
		TEST(test_taken_off_outside),
		TEST(test_taken_off_first),
		TEST(test_gap_only),
		TEST(test_gap),
		TEST(test_other_thread),
		TEST(test_other_thread_of_root),
		TEST(test_signal_stack),
		TEST(test_unwind_on_system_stack),
		TEST(test_goroutines),
		TEST(test_threads),
		TEST(test_process_exit),
		TEST(test_unreadable),
		TEST(test_were_lost),
		TEST(test_wrong_goid),
		TEST(test_end_was_lost),
		TEST(test_finish),
		TEST(test_free_open),
		TEST_STREAMING(test_streaming),
		cmocka_unit_test(test_left_out),
		TEST_STREAMING(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
