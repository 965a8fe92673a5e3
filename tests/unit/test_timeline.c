/* SPDX-License-Identifier: MIT */
/*
 * test_timeline.c - Go's rules of states: what each record of a goroutine means.
 *
 * News is written as text: "W3 10-20" is a wait for reason 3 that ended, X running, R runnable, S a
 * system call, C copying the stack, P preempted, D dead, N without a
 * processor. "(W3 10-20)" is what it did so far when the
 * collector's mark came or went. Behind it "<": nobody saw it begin; "!": it is broken; "?": records
 * of it were lost meanwhile; "by 41": who woke it; "@5-6": the threads that changed its state, if
 * not 1. "." is a record without news.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "gofuncgraph/timeline.h"

#define GOID        34
#define SEEN_NS     5 /* since when everything is seen */
#define MAX_RECORDS 9

enum {
	RUNNABLE = STATE_RUNNABLE,
	RUNNING = STATE_RUNNING,
	SYSCALL = STATE_SYSCALL,
	WAITING = STATE_WAITING,
	DEAD = STATE_DEAD,
	COPYSTACK = STATE_COPYSTACK,
	PREEMPTED = STATE_PREEMPTED,
	NO_CPU = STATE_NO_CPU,
	SCAN = STATE_SCAN,
};

#define CHANGE(time, old, new, ...)                                                                \
	{.kind = RECORD_STATE, .time_ns = time, .old_state = old, .new_state = new, ##__VA_ARGS__}
#define RECORD(time, which, ...) {.kind = RECORD_##which, .time_ns = time, ##__VA_ARGS__}
#define GO(time, state, ...)     RECORD(time, GO, .old_state = DEAD, .new_state = state, ##__VA_ARGS__)
#define WAKER(goid)              .has_origin = true, .by_goid = goid

static const struct rule {
	const char *name;
	struct facts records[MAX_RECORDS]; /* the first one begins, or meets, the goroutine */
	const char *news;
} rules[] = {
	/* ---- beginning ---- */
	{"a life",
	 {GO(10, RUNNABLE), CHANGE(20, RUNNABLE, RUNNING),
	  CHANGE(30, RUNNING, WAITING, .reason = 3), CHANGE(40, WAITING, RUNNABLE, .reason = 3),
	  CHANGE(41, RUNNABLE, RUNNING), CHANGE(50, RUNNING, SYSCALL), CHANGE(60, SYSCALL, RUNNING),
	  CHANGE(70, RUNNING, DEAD)},
	 ". R 10-20 X 20-30 W3 30-40 R 40-41 X 41-50 S 50-60 X 60-70"},
	{"started in a wait",
	 {GO(10, WAITING, .reason = 9), CHANGE(20, WAITING, RUNNABLE, .reason = 9)},
	 ". W9 10-20"},
	{"met in a state that began before",
	 {CHANGE(20, WAITING, RUNNABLE, .reason = 3), CHANGE(30, RUNNABLE, RUNNING)},
	 "W3 5-20< R 20-30"},
	{"met before everything was seen", {CHANGE(3, SYSCALL, RUNNING)}, "S 3-3<"},
	{"met by the collector",
	 {CHANGE(20, WAITING, WAITING | SCAN, .reason = 3),
	  CHANGE(30, WAITING | SCAN, WAITING, .reason = 3),
	  CHANGE(40, WAITING, RUNNABLE, .reason = 3)},
	 "(W3 5-20<) (W3 5-30<) W3 5-40<"},
	{"met by what takes the mark away",
	 {CHANGE(20, WAITING | SCAN, WAITING, .reason = 3),
	  CHANGE(40, WAITING, RUNNABLE, .reason = 3)},
	 "(W3 5-20<) W3 5-40<"},
	{"met by what changes nothing",
	 {CHANGE(20, WAITING, WAITING, .reason = 3), CHANGE(30, WAITING, WAITING, .reason = 3)},
	 "(W3 5-20<) ."},
	{"met while it runs", {RECORD(20, ENTRY), CHANGE(30, RUNNING, SYSCALL)}, ". X 5-30<"},
	{"a state that no Go has yet",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, 126), CHANGE(30, 126, RUNNING)},
	 ". X 10-20 126 20-30"},

	/* ---- told twice: from Go 1.26 ---- */
	{"a system call is entered, told by the swap and by casgstatus",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, SYSCALL), CHANGE(21, RUNNING, SYSCALL),
	  CHANGE(30, SYSCALL, RUNNING), CHANGE(31, SYSCALL, RUNNING),
	  CHANGE(40, RUNNING, RUNNABLE)},
	 ". X 10-20 . S 20-30 . X 30-40"},
	{"a mark made the swap fail, and is told in between",
	 {GO(10, SYSCALL), CHANGE(20, SYSCALL, SYSCALL | SCAN), CHANGE(30, SYSCALL, RUNNING),
	  CHANGE(31, SYSCALL | SCAN, SYSCALL), CHANGE(40, SYSCALL, RUNNING),
	  CHANGE(50, RUNNING, RUNNABLE)},
	 ". (S 10-20) S 10-30 (X 30-31!) . X 30-50"},
	{"what is told again after a loss is another time",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, SYSCALL), CHANGE(31, RUNNING, SYSCALL, .lost = 1),
	  CHANGE(40, SYSCALL, RUNNING)},
	 ". X 10-20 S 20-31!? S 31-40"},

	/* ---- marks of the collector ---- */
	{"a mark ends nothing",
	 {GO(10, WAITING, .reason = 3), CHANGE(20, WAITING, WAITING | SCAN, .reason = 3),
	  CHANGE(30, WAITING | SCAN, WAITING, .reason = 3),
	  CHANGE(40, WAITING, RUNNABLE, .reason = 3)},
	 ". (W3 10-20) (W3 10-30) W3 10-40"},
	{"a mark told twice",
	 {GO(10, RUNNABLE), CHANGE(20, RUNNABLE, RUNNABLE | SCAN),
	  CHANGE(21, RUNNABLE, RUNNABLE | SCAN), CHANGE(30, RUNNABLE | SCAN, RUNNABLE),
	  CHANGE(31, RUNNABLE | SCAN, RUNNABLE)},
	 ". (R 10-20) . (R 10-30) ."},
	{"casgstatus waits for the mark to go, which is told behind it",
	 {GO(10, WAITING, .reason = 3), CHANGE(20, WAITING, WAITING | SCAN, .reason = 3),
	  CHANGE(30, WAITING, RUNNABLE, .reason = 3),
	  CHANGE(31, WAITING | SCAN, WAITING, .reason = 3), CHANGE(40, RUNNABLE, RUNNING)},
	 ". (W3 10-20) W3 10-30 (R 30-31!) R 30-40"},
	{"preempted with a mark",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, PREEMPTED | SCAN),
	  CHANGE(25, PREEMPTED | SCAN, PREEMPTED), CHANGE(30, PREEMPTED, WAITING, .reason = 4)},
	 ". X 10-20 (P 20-25) P 20-30"},

	/* ---- no processor ---- */
	{"without a processor it does not run",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, NO_CPU), CHANGE(30, NO_CPU, RUNNING),
	  CHANGE(40, RUNNING, SYSCALL)},
	 ". X 10-20 N 20-30 X 30-40"},
	{"to the collector it does",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, NO_CPU), CHANGE(25, RUNNING, RUNNING | SCAN),
	  CHANGE(26, RUNNING, RUNNING | SCAN), CHANGE(30, NO_CPU, RUNNING),
	  CHANGE(35, RUNNING | SCAN, RUNNING), CHANGE(40, RUNNING, SYSCALL)},
	 ". X 10-20 (N 20-25) . N 20-30 (X 30-35) X 30-40"},
	{"that it has one again was lost",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, NO_CPU), CHANGE(40, RUNNING, SYSCALL, .lost = 1),
	  CHANGE(50, SYSCALL, RUNNING)},
	 ". X 10-20 N 20-40!? S 40-50"},
	{"that it has none was lost",
	 {GO(10, RUNNING), CHANGE(30, NO_CPU, RUNNING, .lost = 1), CHANGE(40, RUNNING, SYSCALL)},
	 ". X 10-30!? X 30-40"},
	{"its own code shows that it has one",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, NO_CPU), RECORD(30, ENTRY)},
	 ". X 10-20 N 20-30!"},

	/* ---- reasons ---- */
	{"the reason that a wait ends with is right",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, WAITING, .reason = 0),
	  CHANGE(30, WAITING, RUNNABLE, .reason = 9)},
	 ". X 10-20 W9 20-30"},
	{"the collector knows it before",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, WAITING, .reason = 0),
	  CHANGE(25, WAITING, WAITING | SCAN, .reason = 9), RECORD(30, RETURN)},
	 ". X 10-20 (W9 20-25) W9 20-30!"},
	{"other states have none",
	 {GO(10, RUNNABLE, .reason = 5), CHANGE(20, RUNNABLE, SYSCALL, .reason = 5),
	  CHANGE(30, SYSCALL, RUNNING, .reason = 5)},
	 ". R 10-20 S 20-30"},

	/* ---- its own code shows that it runs ---- */
	{"an entry",
	 {GO(10, WAITING), RECORD(20, ENTRY), CHANGE(30, RUNNING, SYSCALL)},
	 ". W0 10-20! X 20-30<"},
	{"a return", {GO(10, RUNNABLE), RECORD(20, RETURN)}, ". R 10-20!"},
	{"a tail call", {GO(10, RUNNABLE), RECORD(20, TAIL_CALL)}, ". R 10-20!"},
	{"a panic", {GO(10, RUNNABLE), RECORD(20, UNWIND)}, ". R 10-20!"},
	{"another stack", {GO(10, RUNNABLE), RECORD(20, LEFT)}, ". R 10-20!"},
	{"its end, in whatever state",
	 {GO(10, SYSCALL), RECORD(20, GOEXIT, .flags = RECORD_SYSTEM_STACK)},
	 ". S 10-20!"},
	{"not code on the system stack, which may serve one that stands still",
	 {GO(10, WAITING), RECORD(20, ENTRY, .flags = RECORD_SYSTEM_STACK),
	  RECORD(30, RETURN, .flags = RECORD_SYSTEM_STACK), CHANGE(40, WAITING, RUNNABLE)},
	 ". . . W0 10-40"},
	{"not between entersyscall and exitsyscall",
	 {GO(10, SYSCALL), RECORD(20, ENTRY), RECORD(30, RETURN), CHANGE(40, SYSCALL, RUNNING)},
	 ". . . S 10-40"},
	{"unless the end of the system call may be lost",
	 {GO(10, SYSCALL), RECORD(20, ENTRY, .lost = 1), CHANGE(40, RUNNING, SYSCALL)},
	 ". S 10-20!? X 20-40<"},
	{"not what a source says",
	 {GO(10, WAITING), RECORD(20, TICK), RECORD(30, LOST), CHANGE(40, WAITING, RUNNABLE)},
	 ". . . W0 10-40"},
	{"that it runs is no news while it copies its stack",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, COPYSTACK), RECORD(25, ENTRY),
	  CHANGE(30, COPYSTACK, RUNNING)},
	 ". X 10-20 . C 20-30"},
	{"nor is it of a g that waits for its next goroutine",
	 {GO(10, RUNNING), CHANGE(20, RUNNING, DEAD), RECORD(30, ENTRY)},
	 ". X 10-20 ."},

	/* ---- losses ---- */
	{"lost just before it changed",
	 {GO(10, WAITING), CHANGE(20, WAITING, RUNNABLE, .lost = 2), CHANGE(30, RUNNABLE, RUNNING)},
	 ". W0 10-20!? R 20-30"},
	{"lost, and nobody counted it",
	 {GO(10, WAITING), CHANGE(20, RUNNING, SYSCALL), CHANGE(30, SYSCALL, RUNNING)},
	 ". W0 10-20! S 20-30"},
	{"lost before",
	 {GO(10, RUNNING), RECORD(20, ENTRY, .lost = 1), CHANGE(30, RUNNING, SYSCALL),
	  CHANGE(40, SYSCALL, RUNNING)},
	 ". . X 10-30? S 30-40"},

	/* ---- time ---- */
	{"time never goes back",
	 {GO(20, RUNNABLE), CHANGE(10, RUNNABLE, RUNNING), RECORD(30, ENTRY),
	  CHANGE(25, RUNNING, SYSCALL), CHANGE(40, SYSCALL, RUNNING)},
	 ". R 20-20 . X 20-30 S 30-40"},

	/* ---- who, and where ---- */
	{"another goroutine woke it",
	 {GO(10, WAITING), CHANGE(20, WAITING, RUNNABLE, WAKER(41))},
	 ". W0 10-20 by 41"},
	{"itself is nobody",
	 {GO(10, WAITING), CHANGE(20, WAITING, RUNNABLE, WAKER(GOID))},
	 ". W0 10-20"},
	{"the scheduler is nobody",
	 {GO(10, WAITING), CHANGE(20, WAITING, RUNNABLE, WAKER(0))},
	 ". W0 10-20"},
	{"only who waits is woken",
	 {GO(10, RUNNABLE), CHANGE(20, RUNNABLE, RUNNING, WAKER(41))},
	 ". R 10-20"},
	{"threads",
	 {GO(10, RUNNABLE, .tid = 5), CHANGE(20, RUNNABLE, RUNNING, .tid = 6),
	  CHANGE(30, RUNNING, WAITING, .tid = 6), CHANGE(40, WAITING, RUNNABLE, .tid = 7),
	  RECORD(50, ENTRY, .tid = 8)},
	 ". R 10-20@5-6 X 20-30@6-6 W0 30-40@6-7 R 40-50@7-8!"},
};

/* ---- intervals ---- */

static void add(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	int length = vsnprintf(text + used, size - used, format, args);
	va_end(args);
	assert_true(length >= 0 && (size_t)length < size - used);
}

static void add_interval(char *text, size_t size, const struct interval *interval)
{
	static const char letters[] = "IRXSW.D.CPL";

	if (interval->state == STATE_NO_CPU)
		add(text, size, "N");
	else if (interval->state >= sizeof(letters) - 1)
		add(text, size, "%u", interval->state);
	else
		add(text, size, "%c", letters[interval->state]);
	if (interval->state == STATE_WAITING)
		add(text, size, "%u", interval->reason);
	else
		assert_int_equal(interval->reason, 0);
	add(text, size, " %llu-%llu", (unsigned long long)interval->begin_ns,
	    (unsigned long long)interval->end_ns);
	if (interval->begin_tid != 1 || interval->end_tid != 1)
		add(text, size, "@%u-%u", interval->begin_tid, interval->end_tid);
	add(text, size, "%s%s%s", interval->saw_begin ? "" : "<", interval->is_broken ? "!" : "",
	    interval->has_lost ? "?" : "");
	if (interval->waker)
		add(text, size, " by %llu", (unsigned long long)interval->waker->by_goid);
}

static void take(struct timeline *line, const struct record *record, bool is_first, char *text,
		 size_t size)
{
	enum timeline_news news = TIMELINE_NOTHING;
	struct interval interval;

	if (record->kind == RECORD_GO) {
		timeline_start(line, (const struct record_go *)record);
	} else {
		if (is_first)
			timeline_meet(line, record, SEEN_NS);
		if (timeline_hear(line, record))
			news = timeline_judge(line, record, &interval);
	}
	add(text, size, "%s%s", *text ? " " : "",
	    news == TIMELINE_NOTHING ? "."
	    : news == TIMELINE_MARK  ? "("
				     : "");
	if (news == TIMELINE_NOTHING)
		return;
	if (news == TIMELINE_MARK)
		interval.end_tid = interval.begin_tid;
	add_interval(text, size, &interval);
	if (news == TIMELINE_MARK)
		add(text, size, ")");
}

static void test_rule(void **state)
{
	const struct rule *rule = *state;
	struct timeline line = {0};
	union any_record room;
	char text[512] = "";

	for (size_t i = 0; i < MAX_RECORDS && rule->records[i].kind; i++) {
		struct facts facts = rule->records[i];

		facts.goid = GOID;
		facts.tid = facts.tid ?: 1;
		take(&line, facts_record(&facts, &room), i == 0, text, sizeof(text));
	}
	assert_string_equal(text, rule->news);
}

/* What it does is told at any time, and changes nothing. */
static void test_so_far(void **state)
{
	struct facts go = GO(10, WAITING, .reason = 3, .tid = 1);
	struct timeline line = {0};
	union any_record room;
	char text[64] = "";

	timeline_start(&line, (const struct record_go *)facts_record(&go, &room));
	timeline_pass(&line, 20);
	timeline_pass(&line, 15);
	for (int i = 0; i < 2; i++) {
		struct interval interval = timeline_so_far(&line);

		assert_int_equal(interval.end_tid, 0);
		interval.end_tid = 1;
		*text = 0;
		add_interval(text, sizeof(text), &interval);
		assert_string_equal(text, "W3 10-20");
	}
}

/* ---- the stream ---- */

static void cover(struct timeline_coverage *coverage, struct facts facts)
{
	timeline_cover(coverage, FACTS_RECORD(&facts));
}

static void test_coverage(void **state)
{
	struct timeline_coverage coverage = {.since_ns = 100};
	struct interval interval = {.begin_ns = 150};

	cover(&coverage, (struct facts)CHANGE(200, RUNNING, WAITING));
	cover(&coverage, (struct facts)RECORD(200, STATISTICS));
	assert_int_equal(coverage.since_ns, 100);
	assert_false(timeline_is_doubtful(&coverage, &interval));
	/* No record of a goroutine tells of these. */
	cover(&coverage, (struct facts)RECORD(201, STATISTICS, .num_lost = 2));
	assert_int_equal(coverage.since_ns, 201);
	assert_true(timeline_is_doubtful(&coverage, &interval));
	interval.begin_ns = 201;
	assert_false(timeline_is_doubtful(&coverage, &interval));
	/* The same losses, told once more. */
	cover(&coverage, (struct facts)RECORD(300, STATISTICS, .num_lost = 2));
	assert_false(timeline_is_doubtful(&coverage, &interval));
	cover(&coverage, (struct facts)CHANGE(301, RUNNING, WAITING, .flags = RECORD_AFTER_LOSS));
	assert_true(timeline_is_doubtful(&coverage, &interval));
	assert_int_equal(coverage.since_ns, 301);
	interval.begin_ns = 301;
	cover(&coverage, (struct facts)RECORD(302, UNREADABLE));
	assert_true(timeline_is_doubtful(&coverage, &interval));
	/* Those of one goroutine are no other's. */
	interval.begin_ns = 302;
	cover(&coverage, (struct facts)CHANGE(400, WAITING, RUNNABLE, .lost = 5));
	assert_false(timeline_is_doubtful(&coverage, &interval));
	timeline_cover_since(&coverage, 200);
	assert_int_equal(coverage.since_ns, 302);
	timeline_cover_since(&coverage, 500);
	assert_int_equal(coverage.since_ns, 500);
	assert_false(timeline_is_doubtful(&coverage, &interval));
}

/* What is over when probes come back may have been interrupted, wherever in the gap it began. */
static void test_gap(void **state)
{
	struct timeline_coverage coverage = {.since_ns = 100};
	struct interval before = {.begin_ns = 150}, inside = {.begin_ns = 220};

	cover(&coverage, (struct facts)RECORD(200, GAP));
	assert_true(timeline_is_doubtful(&coverage, &before));
	cover(&coverage, (struct facts)CHANGE(250, RUNNING, WAITING));
	assert_true(timeline_is_doubtful(&coverage, &inside));
	assert_int_equal(coverage.since_ns, 250);
	/* One that comes late */
	cover(&coverage, (struct facts)CHANGE(210, RUNNING, WAITING));
	assert_true(timeline_is_doubtful(&coverage, &inside));
	inside.begin_ns = 260;
	cover(&coverage, (struct facts)RECORD(300, GAP_END));
	assert_true(timeline_is_doubtful(&coverage, &inside));
	assert_int_equal(coverage.since_ns, 300);
	inside.begin_ns = 300;
	cover(&coverage, (struct facts)CHANGE(400, RUNNING, WAITING));
	assert_false(timeline_is_doubtful(&coverage, &inside));
	assert_int_equal(coverage.since_ns, 300);
}

static void test_other(void **state)
{
	struct facts go = GO(10, RUNNABLE, .by_goid = 41, .goid = GOID);
	struct facts change = CHANGE(10, WAITING, RUNNABLE, WAKER(41), .goid = GOID);
	union any_record room;

	assert_int_equal(timeline_other(facts_record(&go, &room))->by_goid, 41);
	go.by_goid = GOID;
	assert_null(timeline_other(facts_record(&go, &room)));
	assert_int_equal(timeline_other(facts_record(&change, &room))->by_goid, 41);
	/* Only who waits is woken. */
	change.old_state = RUNNING;
	assert_null(timeline_other(facts_record(&change, &room)));
	change.old_state = WAITING;
	change.has_origin = false;
	assert_null(timeline_other(facts_record(&change, &room)));
	go.kind = RECORD_ENTRY;
	go.by_goid = 41;
	assert_null(timeline_other(facts_record(&go, &room)));
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int main(void)
{
	struct CMUnitTest tests[COUNT(rules) + 4];

	for (size_t i = 0; i < COUNT(rules); i++)
		tests[i] = (struct CMUnitTest){.name = rules[i].name,
					       .test_func = test_rule,
					       .initial_state = (void *)&rules[i]};
	tests[COUNT(rules)] = (struct CMUnitTest)cmocka_unit_test(test_so_far);
	tests[COUNT(rules) + 1] = (struct CMUnitTest)cmocka_unit_test(test_coverage);
	tests[COUNT(rules) + 2] = (struct CMUnitTest)cmocka_unit_test(test_other);
	tests[COUNT(rules) + 3] = (struct CMUnitTest)cmocka_unit_test(test_gap);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
