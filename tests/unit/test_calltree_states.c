/* SPDX-License-Identifier: MIT */
/*
 * test_calltree_states.c - what goroutines do inside call trees, and those they start.
 *
 * Trees are written as text, the calls as in test_calltree.c, each with its parts behind it:
 * "a(b()[S5] w7)[S5 W3:20*2]" is b in a, 5 ns in a system call, a twice waiting, 20 ns in all, for
 * reason 3; a wait of 7 ns had its own line. "go2{...}" is the tree of goroutine 2, started there,
 * "go2-" if it is not inside; an "s" is a function that has no site. Times are in ns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/calltree.h"

#define PID 100

struct fixture {
	struct calltree *trees;
	char text[1 << 17]; /* trees ended, or calls ended without keep_calls */
	struct wait waits[16];
	size_t num_waits;
	struct tree last;   /* handed on last, itself only */
	struct start start; /* its first */
	struct call first;  /* call of the tree handed on last */
	size_t num_trees;
};

__attribute__((format(printf, 2, 3))) static void add(struct fixture *f, const char *format, ...)
{
	size_t used = strlen(f->text);
	va_list args;

	va_start(args, format);
	int length = vsnprintf(f->text + used, sizeof(f->text) - used, format, args);
	va_end(args);
	assert_true(length >= 0 && used + (size_t)length < sizeof(f->text));
}

static void add_parts(struct fixture *f, const struct call *call)
{
	static const char letters[] = "IR.SW.D.CPL";
	uint64_t sum = 0;

	for (uint32_t i = 0; i < call->num_parts; i++) {
		const struct part *part = &call->parts[i];
		add(f, "%s%c", i ? " " : "[",
		    part->state < sizeof(letters) - 1 ? letters[part->state] : '?');
		if (part->state == STATE_WAITING)
			add(f, "%u:", part->reason);
		add(f, "%llu", (unsigned long long)part->ns);
		if (part->count != 1)
			add(f, "*%u", part->count);
		sum += part->ns;
	}
	if (call->num_parts)
		add(f, "]");
	assert_true(sum <= call->end_ns - call->start_ns);
}

static void add_wait(struct fixture *f, const struct wait *wait)
{
	assert_true(wait->end_ns >= wait->start_ns);
	add(f, "w%llu%s", (unsigned long long)(wait->end_ns - wait->start_ns),
	    wait->is_open ? "+" : "");
	if (f->num_waits < 16)
		f->waits[f->num_waits++] = *wait;
}

static const char *name_of(const struct call *call, char name[2])
{
	name[0] = call->entry_site == CALLTREE_NO_SITE ? 's' : (char)('a' + call->entry_site / 2);
	name[1] = '\0';
	return name;
}

static void add_end(struct fixture *f, const struct call *call)
{
	static const char ends[] = "?.TPGXRL";

	add(f, ")%.*s%s", call->end != CALL_RETURN, &ends[call->end], call->incomplete ? "?" : "");
	add_parts(f, call);
}

static void add_tree(struct fixture *f, const struct tree *tree)
{
	char name[2];

	for (size_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];
		switch (step->type) {
		case STEP_ENTRY:
			add(f, "%s(", name_of(&tree->calls[step->index], name));
			break;
		case STEP_EXIT:
			add_end(f, &tree->calls[step->index]);
			break;
		case STEP_WAIT:
			add_wait(f, &tree->waits[step->index]);
			break;
		case STEP_START: {
			const struct start *start = &tree->starts[step->index];
			add(f, "go%llu%s", (unsigned long long)start->goid,
			    start->tree ? "{" : "-");
			if (start->tree) {
				assert_int_equal(start->tree->parent_tree, tree->number);
				assert_int_equal(start->tree->parent_goid, tree->goid);
				add_tree(f, start->tree);
				add(f, "}");
			}
		}
		}
	}
	if (tree->lost)
		add(f, " lost %llu", (unsigned long long)tree->lost);
}

static void on_tree_ended(void *context, const struct tree *tree)
{
	struct fixture *f = context;

	f->last = *tree;
	if (tree->num_starts)
		f->start = tree->starts[0];
	if (tree->num_calls)
		f->first = tree->calls[0];
	f->num_trees++;
	if (tree->num_steps > 1000)
		return;
	add_tree(f, tree);
	add(f, "|");
}

static void on_call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct fixture *f = context;
	char name[2];

	f->first = *call;
	if (call->num_waits > 1000)
		return;
	add(f, "%s(", name_of(call, name));
	for (uint32_t i = 0; i < call->num_waits; i++) {
		assert_int_equal(call->waits[i].depth, call->depth);
		add_wait(f, &call->waits[i]);
	}
	add_end(f, call);
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	assert_int_not_equal(site, CALLTREE_NO_SITE);
	return site / 2;
}

static int setup_with(void **state, bool keep_calls, bool states)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct calltree_sink sink = {.context = f,
				     .call_ended = keep_calls ? NULL : on_call_ended,
				     .tree_ended = on_tree_ended,
				     .func_of_site = func_of_site,
				     .keep_calls = keep_calls,
				     .states = states,
				     .min_wait_ns = 10};

	assert_non_null(f);
	*state = f;
	assert_null(calltree_new(&sink, &f->trees));
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, true, true);
}

static int setup_streaming(void **state)
{
	return setup_with(state, false, true);
}

static int setup_without_states(void **state)
{
	return setup_with(state, true, false);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	calltree_free(f->trees);
	free(f);
	return 0;
}

static void feed(struct fixture *f, struct goroutine_event event)
{
	event.event.pid = PID;
	event.event.goid = event.event.goid ? event.event.goid : 1;
	event.event.tid = event.event.tid ? event.event.tid : PID + 1;
	assert_null(calltree_feed(f->trees, &event.event));
}

#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

#define EVENT(kind_, time_, ...)                                                                   \
	feed(f, (struct goroutine_event){                                                          \
			.event.kind = (kind_), .event.time_ns = 1000 + (time_), __VA_ARGS__})
#define ENTER(time_, func_, frame_, ...)                                                           \
	EVENT(EVENT_ENTRY, time_, .event.site = (uint32_t)((func_) - 'a') * 2,                     \
	      .event.frame = (frame_), .event.caller_va = 7, __VA_ARGS__)
#define LEAVE(time_, func_, frame_, ...)                                                           \
	EVENT(EVENT_RETURN, time_, .event.site = (uint32_t)((func_) - 'a') * 2 + 1,                \
	      .event.frame = (frame_), __VA_ARGS__)
#define STATE(time_, old_, new_, ...)                                                              \
	EVENT(EVENT_STATE, time_, .event.old_state = (old_), .event.new_state = (new_), __VA_ARGS__)
/* A goroutine started by another one; its function's frame is at 16. */
#define GO(time_, goid_, by_, ...)                                                                 \
	EVENT(EVENT_GO, time_, .event.goid = (goid_), .by_goid = (by_), .event.frame = 16,         \
	      .event.flags = EVENT_HAS_MORE, .event.new_state = STATE_RUNNABLE,                    \
	      .event.old_state = STATE_DEAD, .start_va = 0x5000, .event.caller_va = 0x6000,        \
	      __VA_ARGS__)
#define RUNS(time_, ...)   STATE(time_, STATE_RUNNABLE, STATE_RUNNING, __VA_ARGS__)
#define GOEXIT(time_, ...) EVENT(EVENT_GOEXIT, time_, __VA_ARGS__)
#define OPENS		   .event.flags = EVENT_OPENS_TREE
#define CLOSES		   .event.flags = EVENT_CLOSES_TREE
#define SYSTEM		   .event.flags = EVENT_SYSTEM_STACK
#define GOID		   .event.goid
#define REASON		   .event.reason
#define LOST		   .event.lost

/* ---- parts ---- */

static void test_sums(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(4, STATE_WAITING, STATE_RUNNABLE, REASON = 3);
	RUNS(5);
	ENTER(6, 'b', 200);
	STATE(7, STATE_RUNNING, STATE_SYSCALL);
	STATE(13, STATE_SYSCALL, STATE_RUNNING);
	STATE(14, STATE_RUNNING, STATE_PREEMPTED);
	STATE(15, STATE_PREEMPTED, STATE_WAITING, REASON = 4);
	STATE(17, STATE_WAITING, STATE_RUNNABLE, REASON = 4);
	RUNS(20);
	LEAVE(21, 'b', 200);
	STATE(22, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(27, STATE_WAITING, STATE_RUNNABLE, REASON = 3);
	RUNS(27);
	LEAVE(30, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b()[S6 P1 W4:2 R3])[W3:8*2 R4*3 S6 P1 W4:2]|");
}

/* Stacks that are copied, marks of the garbage collector, and what changes nothing. */
static void test_still_running(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_COPYSTACK);
	STATE(2, STATE_COPYSTACK, STATE_RUNNING);
	STATE(3, STATE_RUNNING, STATE_RUNNING | STATE_SCAN);
	STATE(4, STATE_RUNNING | STATE_SCAN, STATE_RUNNING);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 1);
	STATE(6, STATE_WAITING, STATE_WAITING | STATE_SCAN, REASON = 1);
	STATE(7, STATE_WAITING | STATE_SCAN, STATE_WAITING, REASON = 1);
	STATE(8, STATE_WAITING | STATE_SCAN, STATE_RUNNING, REASON = 1);
	STATE(9, STATE_RUNNING, 77 | STATE_SCAN);
	STATE(11, 77, STATE_RUNNING);
	LEAVE(20, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a()[W1:3 ?2]|");
}

/* The reason that the wait ends with is the right one; one that is no goroutine's is kept apart. */
static void test_reasons(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 0);
	STATE(3, STATE_WAITING, STATE_RUNNABLE, REASON = 9);
	RUNS(3, REASON = 9);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 70000);
	STATE(25, STATE_WAITING, STATE_RUNNING, REASON = 70000);
	STATE(26, STATE_RUNNING, STATE_SYSCALL, REASON = 5);
	STATE(46, STATE_SYSCALL, STATE_RUNNING, REASON = 5);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(w20w20)[W9:2 R0 W255:20 S20]|");
	assert_int_equal(f->waits[0].reason, 255);
	assert_int_equal(f->waits[1].reason, 0);
}

/* A wait while frames open and close: code on the system stack, as cgo's. */
static void test_cut_by_frames(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(10, STATE_RUNNING, STATE_SYSCALL);
	ENTER(20, 'b', 50, SYSTEM);
	ENTER(25, 'c', 70, SYSTEM);
	LEAVE(27, 'c', 70, SYSTEM);
	LEAVE(30, 'b', 50, SYSTEM);
	STATE(45, STATE_SYSCALL, STATE_RUNNING);
	LEAVE(60, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(c()[S2*0])[S10*0]w35)[S35]|");
	assert_int_equal(f->waits[0].depth, 0);
	assert_int_equal(f->waits[0].start_ns, 1010);
}

/* It closes while it waits: each call has the piece inside it, also of the wait. */
static void test_wait_spans_close(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(10, 'b', 50, SYSTEM);
	STATE(20, STATE_RUNNING, STATE_SYSCALL, .event.tid = 5);
	LEAVE(40, 'b', 50, SYSTEM, .event.tid = 6);
	STATE(55, STATE_SYSCALL, STATE_RUNNING, .event.tid = 7);
	LEAVE(60, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(w20)[S20]w15)[S35]|");
	assert_int_equal(f->waits[0].depth, 1);
	assert_int_equal(f->waits[0].tid, 6);
	assert_int_equal(f->waits[1].depth, 0);
	assert_int_equal(f->waits[1].start_ns, 1040);
	assert_int_equal(f->waits[1].tid, 7);
}

/* The goroutine's own code shows that it runs, except between entersyscall and exitsyscall. */
static void test_event_shows_it_runs(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 2);
	ENTER(21, 'b', 200, LOST = 1, .event.tid = 9);
	STATE(22, STATE_RUNNING, STATE_RUNNABLE);
	LEAVE(25, 'b', 200, LOST = 1);
	STATE(30, STATE_RUNNING, STATE_SYSCALL);
	ENTER(31, 'c', 200);
	LEAVE(33, 'c', 200);
	STATE(40, STATE_SYSCALL, STATE_RUNNING);
	STATE(50, STATE_RUNNING, STATE_SYSCALL);
	ENTER(60, 'd', 200, LOST = 1);
	LEAVE(65, 'd', 200);
	LEAVE(70, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(w20b()?[R3]c()[S2*0]w10w10d())?[W2:20 R3 S20*2] lost 3|");
	assert_int_equal(f->waits[0].tid, 9);
}

static void test_lost_changes(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	/* its beginning was lost: that time counts as running, but the tree says so */
	STATE(20, STATE_WAITING, STATE_RUNNABLE, REASON = 2, LOST = 1);
	RUNS(23);
	/* its end was lost */
	STATE(30, STATE_RUNNING, STATE_WAITING, REASON = 2);
	STATE(35, STATE_RUNNING, STATE_SYSCALL, LOST = 2);
	STATE(38, STATE_SYSCALL, STATE_RUNNING);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a()?[R3 W2:5 S3] lost 3|");
}

/* Clocks that run backwards give no negative times. */
static void test_time_goes_back(void **state)
{
	struct fixture *f = *state;

	ENTER(50, 'a', 100, OPENS);
	STATE(60, STATE_RUNNING, STATE_RUNNABLE);
	ENTER(20, 'b', 50, SYSTEM);
	RUNS(30);
	LEAVE(10, 'b', 50, SYSTEM);
	STATE(70, STATE_RUNNING, STATE_SYSCALL);
	calltree_finish(f->trees, 0);
	assert_string_equal(f->text, "a(b())R[R0 S0]|");
	assert_int_equal(f->first.end_ns, 1070);
}

static void test_many_kinds(void **state)
{
	struct fixture *f = *state;
	uint64_t now = 0;

	ENTER(0, 'a', 100, OPENS);
	ENTER(0, 'b', 200);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 300; i++) {
			STATE(++now, STATE_RUNNING, STATE_WAITING, REASON = i);
			STATE(++now, STATE_WAITING, STATE_RUNNING, REASON = i);
		}
		if (round == 1)
			LEAVE(now, 'b', 200);
	}
	LEAVE(now, 'a', 100, CLOSES);
	assert_int_equal(f->first.num_parts, 256);
	assert_non_null(strstr(f->text, "W254:3*3 W255:135*135"));
}

static void test_without_states(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 3);
	GO(2, 2, 1);
	STATE(40, STATE_WAITING, STATE_RUNNING, REASON = 3);
	LEAVE(50, 'a', 100, CLOSES);
	GOEXIT(60, GOID = 2);
	STATE(61, STATE_RUNNING, STATE_DEAD, GOID = 2);
	assert_string_equal(f->text, "a(go2{s()G})|");
}

/* ---- waits ---- */

static void test_waker(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(11, STATE_WAITING, STATE_RUNNABLE, REASON = 3, .event.tid = 8,
	      .event.flags = EVENT_HAS_MORE, .by_goid = 41, .by_stack = {0x10, 0x20});
	RUNS(12);
	/* by itself; by nobody; without more; too short */
	STATE(20, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(31, STATE_WAITING, STATE_RUNNING, .event.flags = EVENT_HAS_MORE, .by_goid = 1,
	      .by_stack = {0x10});
	STATE(40, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(52, STATE_WAITING, STATE_RUNNING, .event.flags = EVENT_HAS_MORE, .by_stack = {0x10});
	STATE(60, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(73, STATE_WAITING, STATE_RUNNING, .by_goid = 41, .by_stack = {0x10});
	STATE(80, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(89, STATE_WAITING, STATE_RUNNING);
	LEAVE(100, 'a', 100, CLOSES);
	assert_non_null(strstr(f->text, "a(w10w11w12w13)["));
	assert_int_equal(f->waits[0].by_goid, 41);
	assert_int_equal(f->waits[0].by_stack[1], 0x20);
	assert_int_equal(f->waits[0].tid, 8);
	assert_int_equal(f->waits[0].state, STATE_WAITING);
	assert_int_equal(f->waits[0].reason, 3);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(f->waits[i].by_goid, 0);
		assert_int_equal(f->waits[i].by_stack[0], 0);
	}
}

static void test_open_wait(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(1, 'b', 200);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 3);
	ENTER(6, 'c', 20, SYSTEM);
	calltree_finish(f->trees, 1030);
	assert_string_equal(f->text, "a(b(c(w25+)R[W3:24*0])R[W3:25])R[W3:25]|");
	assert_true(f->waits[0].is_open);
	assert_int_equal(f->waits[0].depth, 1);
	assert_int_equal(f->waits[0].tid, 0);
}

static void test_open_wait_of_process(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(5, STATE_RUNNING, STATE_WAITING, REASON = 3);
	EVENT(EVENT_PROCESS_EXIT, 30);
	ENTER(40, 'a', 100, OPENS);
	STATE(45, STATE_RUNNING, STATE_WAITING, REASON = 3);
	GOEXIT(60);
	/* the root leaves while it does not run: its tree ends in the wait */
	ENTER(70, 'a', 100, .event.flags = EVENT_OPENS_TREE | EVENT_SYSTEM_STACK);
	STATE(75, STATE_RUNNING, STATE_SYSCALL);
	LEAVE(90, 'a', 100, .event.flags = EVENT_CLOSES_TREE | EVENT_SYSTEM_STACK);
	assert_string_equal(f->text, "a(w25+)X[W3:25]|a(w15)G[W3:15]|a(w15+)[S15]|");
}

static void test_streaming(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	STATE(1, STATE_RUNNING, STATE_SYSCALL);
	STATE(12, STATE_SYSCALL, STATE_RUNNING);
	ENTER(20, 'b', 200);
	STATE(21, STATE_RUNNING, STATE_WAITING, REASON = 3);
	STATE(33, STATE_WAITING, STATE_RUNNABLE, REASON = 3);
	RUNS(46);
	ENTER(47, 'c', 300);
	LEAVE(48, 'c', 300);
	LEAVE(49, 'b', 200);
	GO(50, 2, 1);
	GOEXIT(60, GOID = 2);
	assert_int_equal(f->last.parent_tree, 1);
	assert_int_equal(f->last.parent_goid, 1);
	LEAVE(70, 'a', 100, CLOSES);
	assert_string_equal(f->text, "c()b(w12w13)[W3:12 R13]s(w10)G[R10]|a(w11)[W3:12 R13 S11]|");
}

/* Beyond the limit waits have no line; the parts still have them. */
static void test_too_many_waits(void **state)
{
	struct fixture *f = *state;
	uint32_t count = CALLTREE_MAX_WAITS + 5;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 0; i < count; i++) {
		STATE(20 * i, STATE_RUNNING, STATE_SYSCALL);
		STATE(20 * i + 10, STATE_SYSCALL, STATE_RUNNING);
	}
	LEAVE(20 * count, 'a', 100, CLOSES);
	if (f->last.num_waits)
		assert_int_equal(f->last.num_waits, CALLTREE_MAX_WAITS);
	else
		assert_int_equal(f->first.num_waits, CALLTREE_MAX_WAITS);
	assert_int_equal(f->last.lost, 0);
}

/* ---- goroutines started ---- */

static void test_child_first(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	ENTER(5, 'b', 200);
	GO(10, 2, 1);
	RUNS(15, GOID = 2);
	ENTER(20, 'c', 40, GOID = 2);
	LEAVE(25, 'c', 40, GOID = 2);
	GOEXIT(30, GOID = 2);
	assert_string_equal(f->text, "");
	assert_int_equal(calltree_num_open(f->trees), 1);
	assert_int_equal(calltree_num_ended(f->trees), 1);
	LEAVE(40, 'b', 200);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(b(go2{s(c())G[R5]}))|");
	assert_int_equal(f->start.time_ns, 1010);
	assert_int_equal(f->start.goid, 2);
	assert_int_equal(f->start.start_va, 0x5000);
	assert_int_equal(f->start.go_va, 0x6000);
	assert_int_equal(f->start.depth, 1);
}

static void test_parent_first(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "");
	assert_int_equal(calltree_num_open(f->trees), 1);
	assert_int_equal(calltree_num_ended(f->trees), 1);
	calltree_tick(f->trees, 1060 + CALLTREE_LINGER_NS / 2);
	calltree_tick(f->trees, 0);
	GOEXIT(70, GOID = 2);
	assert_string_equal(f->text, "a(go2{s(w60)G[R60]})|");
}

static void test_linger_expired(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	GO(11, 3, 2);
	GO(12, 4, 1);
	GOEXIT(20, GOID = 4);
	LEAVE(50, 'a', 100, CLOSES);
	calltree_tick(f->trees, 1050 + CALLTREE_LINGER_NS);
	assert_string_equal(f->text, "a(go2-go4{s()G[R8]})|");
	/* what comes later is another family */
	GOEXIT(60, GOID = 2);
	assert_int_equal(f->num_trees, 1);
	GOEXIT(70, GOID = 3);
	assert_string_equal(f->text, "a(go2-go4{s()G[R8]})|s(go3{s(w59)G[R59]}w50)G[R50]|");
	assert_int_equal(f->last.parent_tree, 1);
	assert_int_equal(f->last.parent_goid, 1);
	assert_int_equal(f->first.start_va, 0x5000);
	assert_int_equal(f->first.caller_va, 0x6000);
	assert_int_equal(f->first.start_ns, 1010);
}

/* Grandchildren outlive their parents, in the family and after it. */
static void test_grandchildren(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	GO(20, 3, 2);
	GO(30, 4, 3);
	GOEXIT(40, GOID = 2);
	LEAVE(50, 'a', 100, CLOSES);
	GOEXIT(60, GOID = 3);
	assert_string_equal(f->text, "");
	GOEXIT(70, GOID = 4);
	assert_string_equal(f->text, "a(go2{s(go3{s(go4{s(w40)G[R40]}w40)G[R40]}w30)G[R30]})|");

	f->text[0] = '\0';
	ENTER(100, 'a', 100, OPENS);
	GO(110, 2, 1);
	GO(120, 3, 2);
	GO(125, 4, 3);
	GOEXIT(130, GOID = 2);
	LEAVE(140, 'a', 100, CLOSES);
	calltree_tick(f->trees, 1140 + CALLTREE_LINGER_NS);
	assert_string_equal(f->text, "a(go2{s(go3-w20)G[R20]})|");
	GOEXIT(150, GOID = 3);
	GOEXIT(160, GOID = 4);
	assert_string_equal(f->text, "a(go2{s(go3-w20)G[R20]})|s(go4{s(w35)G[R35]}w30)G[R30]|");
	assert_int_equal(f->last.parent_goid, 2);
	assert_int_equal(calltree_num_open(f->trees), 0);
}

/* The function that it begins with may be traced itself: it is one call. */
static void test_start_function_traced(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	RUNS(20, GOID = 2);
	ENTER(21, 'b', 16, GOID = 2, .event.flags = EVENT_MAY_REPEAT);
	ENTER(22, 'b', 16, GOID = 2, .event.flags = EVENT_MAY_REPEAT);
	ENTER(23, 'c', 40, GOID = 2);
	LEAVE(24, 'c', 40, GOID = 2);
	LEAVE(25, 'b', 16, CLOSES, GOID = 2);
	LEAVE(50, 'a', 100, CLOSES);
	assert_string_equal(f->text, "a(go2{b(w10c())[R10]})|");
	assert_int_equal(calltree_num_ignored(f->trees), 0);
}

/* Its entry was not seen: any exit there is its own. */
static void test_start_function_leaves(void **state)
{
	struct fixture *f = *state;

	GO(10, 2, 1);
	ENTER(20, 'c', 40, GOID = 2);
	LEAVE(25, 'd', 16, CLOSES, GOID = 2);
	assert_string_equal(f->text, "s(w10c()P)[R10]|");
	assert_int_equal(f->first.end, CALL_RETURN);
	assert_int_equal(f->first.exit_site, 7);
	assert_int_equal(f->first.start_va, 0x5000);
	assert_int_equal(f->last.parent_goid, 1);
	assert_int_equal(f->last.parent_tree, 0);
}

static void test_goes_on_waiting(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1, .event.new_state = STATE_WAITING, REASON = 5,
	   .event.flags = EVENT_HAS_MORE | EVENT_SYSTEM_STACK);
	STATE(30, STATE_WAITING, STATE_RUNNING, REASON = 6, GOID = 2);
	LEAVE(40, 'a', 100, CLOSES);
	EVENT(EVENT_PROCESS_EXIT, 50);
	assert_string_equal(f->text, "a(go2{s(w20)X[W6:20]})|");
}

/* While a tree waits for its family its goroutine goes on, and so does one of its number. */
static void test_second_tree(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(20, 'a', 100, CLOSES);
	ENTER(30, 'b', 100, OPENS);
	GO(35, 3, 1);
	/* the end of 3 was lost, and another one has its number */
	GO(36, 3, 1, LOST = 1);
	GOEXIT(37, GOID = 3);
	LEAVE(40, 'b', 100, CLOSES);
	assert_string_equal(f->text, "b(go3{s()L?[R1] lost 1}go3{s()G[R1]})|");
	ENTER(41, 'c', 100, GOID = 2, OPENS);
	assert_int_equal(f->num_trees, 2);
	LEAVE(42, 'c', 100, GOID = 2, CLOSES);
	assert_string_equal(f->text,
			    "b(go3{s()L?[R1] lost 1}go3{s()G[R1]})|a(go2{s(w31)P[R31]})|c()|");
}

static void test_process_ends(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	GO(11, 3, 2);
	LEAVE(15, 'a', 100, CLOSES);
	ENTER(16, 'b', 100, OPENS);
	GO(17, 4, 1);
	EVENT(EVENT_EXEC, 20);
	assert_string_equal(f->text, "a(go2{s(go3{s()X[R9]}w10+)X[R10]})|b(go4{s()X[R3]})X|");
	assert_int_equal(calltree_num_open(f->trees), 0);
}

static void test_finish(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(15, 'a', 100, CLOSES);
	ENTER(16, 'b', 100, GOID = 5, OPENS);
	GO(17, 6, 5);
	GOEXIT(19, GOID = 6);
	calltree_finish(f->trees, 1020);
	assert_string_equal(f->text, "a(go2{s(w10+)R[R10]})|b(go6{s()G[R2]})R|");
	assert_int_equal(calltree_num_open(f->trees), 0);
	assert_int_equal(calltree_num_ended(f->trees), 4);
}

static void test_end_was_lost(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(10, 2, 1);
	LEAVE(15, 'a', 100, CLOSES);
	calltree_end_was_lost(f->trees, PID, 2, 3, 1017);
	assert_string_equal(f->text, "a(go2{s()L?[R7] lost 3})|");
}

/* A goroutine without a number, one that started itself, threads: nothing breaks. */
static void test_strange_starts(void **state)
{
	struct fixture *f = *state;
	struct goroutine_event event = {.event = {.kind = EVENT_GO, .pid = PID, .tid = 4}};

	assert_null(calltree_feed(f->trees, &event.event));
	assert_int_equal(calltree_num_ignored(f->trees), 1);
	GO(10, 2, 2);
	GO(11, 2, 2);
	GO(12, 3, 0);
	calltree_finish(f->trees, 1020);
	assert_string_equal(f->text, "s()P[R1]|s()R[R9]|s()R[R8]|");
	assert_int_equal(f->last.parent_goid, 0);
}

/* Generations beyond the limit are handed on by themselves; nothing recurses without end. */
static void test_generations(void **state)
{
	struct fixture *f = *state;
	uint64_t depth = 0;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 2; i < 2500; i++)
		GO(i, i, i - 1);
	calltree_finish(f->trees, 5000);
	assert_int_equal(f->num_trees, 3);
	for (const char *at = f->text; (at = strstr(at, "{s(")); at++)
		depth++;
	assert_int_equal(depth, 2498 - 2);
}

/* One tree after another waits; all of them go in the end. */
static void test_many(void **state)
{
	struct fixture *f = *state;
	uint32_t count = CALLTREE_MAX_WAITS + 10;

	ENTER(0, 'a', 100, OPENS);
	for (uint32_t i = 0; i < count; i++)
		GO(i, 10 + i, 1);
	assert_int_equal(calltree_num_open(f->trees), count + 1);
	LEAVE(count, 'a', 100, CLOSES);
	for (uint32_t i = 0; i < count; i++)
		GOEXIT(count + i, GOID = 10 + i);
	/* ten of them have no line in their parent's tree */
	assert_int_equal(f->num_trees, 11);
	assert_int_equal(f->last.parent_tree, 1);
	assert_int_equal(calltree_num_open(f->trees), 0);
	assert_int_equal(calltree_num_ended(f->trees), count + 1);
}

static void test_free_open(void **state)
{
	struct fixture *f = *state;

	ENTER(0, 'a', 100, OPENS);
	GO(1, 2, 1);
	GO(2, 3, 2);
	GO(3, 4, 3);
	GO(3, 5, 3);
	GOEXIT(20, GOID = 3);
	LEAVE(25, 'a', 100, CLOSES);
	ENTER(30, 'a', 100, OPENS);
	GO(31, 6, 1);
	GOEXIT(60, GOID = 6);
	STATE(61, STATE_RUNNING, STATE_SYSCALL);
	STATE(91, STATE_SYSCALL, STATE_RUNNING);
	/* the rest by teardown(), under the address sanitizer */
}

int main(void)
{
#define TEST(name)	     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STREAMING(name) cmocka_unit_test_setup_teardown(name, setup_streaming, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sums),
		TEST(test_still_running),
		TEST(test_reasons),
		TEST(test_cut_by_frames),
		TEST(test_wait_spans_close),
		TEST(test_event_shows_it_runs),
		TEST(test_lost_changes),
		TEST(test_time_goes_back),
		TEST(test_many_kinds),
		cmocka_unit_test_setup_teardown(test_without_states, setup_without_states,
						teardown),
		TEST(test_waker),
		TEST(test_open_wait),
		TEST(test_open_wait_of_process),
		TEST_STREAMING(test_streaming),
		TEST(test_too_many_waits),
		TEST_STREAMING(test_too_many_waits),
		TEST(test_child_first),
		TEST(test_parent_first),
		TEST(test_linger_expired),
		TEST(test_grandchildren),
		TEST(test_start_function_traced),
		TEST(test_start_function_leaves),
		TEST(test_goes_on_waiting),
		TEST(test_second_tree),
		TEST(test_process_ends),
		TEST(test_finish),
		TEST(test_end_was_lost),
		TEST(test_strange_starts),
		TEST(test_generations),
		TEST(test_many),
		TEST(test_free_open),
		TEST_STREAMING(test_free_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
