/* SPDX-License-Identifier: MIT */
/* test_hunt_kinds.c - of which kind the time of a call was, and what a kind of time consists of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hunt_world.h"

static const struct hunt_settings plain = {.sample_ns = 1000000};
static const struct hunt_report_options none;

/* ---- kinds of time ---- */

/* What stands between is nobody's: a goroutine left its stack there, before Go 1.21. */
static void check_asleep(const struct hunt_report *report)
{
	size_t i = 1;

	while (i < report->num_nodes && !(report->tree[i].kind && report->tree[i].ns == 4000000))
		i++;
	assert_true(i < report->num_nodes);
	assert_string_equal(report->tree[i].kind, "asleep in the kernel");
	assert_string_equal(report->tree[i - 1].frame.place.function->text, "main.load");
}

static void check_kinds(const struct hunt_report *report)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < report->num_causes; i++)
		ns += report->causes[i].ns;
	assert_int_equal(ns, 100000000);
	assert_int_equal(report->num_causes, 8);
	assert_doing(&report->causes[0], "syscall fsync", "main.load", NULL);
	assert_int_equal(report->causes[0].ns, 30000000);
	assert_doing(&report->causes[1], "gc", "main.load", "runtime.gcAssistAlloc");
	assert_int_equal(report->causes[1].ns, 18000000);
	assert_doing(&report->causes[2], "cpu", "main.burn", "crypto/sha256.Sum256");
	assert_int_equal(report->causes[2].ns, 15000000);
	assert_doing(&report->causes[3], "no cpu", NULL, NULL);
	assert_int_equal(report->causes[3].num_parts, 1);
	assert_string_equal(report->causes[3].parts[0].taker.process, "hot126");
	assert_int_equal(report->causes[3].ns, 12000000);
	assert_doing(&report->causes[4], "c code", "main.handle", "main._Cfunc_nap");
	assert_int_equal(report->causes[4].ns, 10000000);
	assert_doing(&report->causes[5], "short waits", NULL, NULL);
	assert_int_equal(report->causes[5].ns, 8000000);
	assert_doing(&report->causes[6], "asleep in the kernel", "main.load", NULL);
	assert_int_equal(report->causes[6].ns, 4000000);
	assert_doing(&report->causes[7], "tracer", "main.burn", NULL);
	assert_int_equal(report->causes[7].ns, 3000000);
	check_asleep(report);
}

static void system_call(struct world *world, uint64_t from_us, uint64_t to_us, int number,
			uint64_t stack)
{
	union any_record room = {.wait = {.start_ns = world_ns(from_us),
					  .ready_ns = world_ns(to_us),
					  .stack = stack,
					  .state = STATE_SYSCALL,
					  .syscall = number}};

	world_feed(world, &room, RECORD_WAIT, to_us, 1);
}

static void sample_tracer(struct world *world, uint64_t us, uint64_t stack)
{
	union any_record room = {
		.sample = {.stack = stack, .state = STATE_RUNNING, .place = SAMPLE_TRACER}};

	world_feed(world, &room, RECORD_SAMPLE, us, 1);
}

static void test_kinds(void **state)
{
	struct world world;
	union any_record sums = {.short_waits = {.count = 9, .waiting_ns = 8000000}};
	uint64_t load, assist, burn, nap;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	load = STACK(&world, LOAD, HANDLE);
	assist = STACK(&world, PARK, ASSIST, LOAD, HANDLE);
	burn = STACK(&world, SHA, BURN, HANDLE);
	nap = STACK(&world, NAP, HANDLE);
	world_enter(&world, 1, 0);
	system_call(&world, 0, 30000, 74, load);
	system_call(&world, 30000, 40000, -1, nap); /* it did not sleep */
	world_wait(&world, 1, 40000, 55000, 55000, REASON_GC, assist, 0, 0);
	for (unsigned i = 0; i < 5; i++)
		world_sample(&world, 1, 56000 + i * 1000, burn);
	world_sample(&world, 1, 61000, assist);
	sample_tracer(&world, 62000, STACK(&world, BURN, HANDLE));
	world_off_cpu(&world, 63000, 75000, false, 0);
	world_off_cpu(&world, 75000, 79000, true, STACK(&world, SWITCH, LOAD, HANDLE));
	/* 45 ms: 16 without a processor, 8 in short waits, 21 among 7 samples */
	world_feed(&world, &sums, RECORD_SHORT_WAITS, 100000, 1);
	world_leave(&world, 1, 100000);
	world_report(&world, &none, check_kinds);
	world_end(&world);
}

static void check_without_samples(const struct hunt_report *report)
{
	assert_true(report->alike);
	assert_int_equal(report->num_causes, 3);
	assert_doing(&report->causes[0], "cpu", "main.burn", "crypto/sha256.Sum256");
	assert_in_range(report->causes[0].ns, 799000, 801000);
	assert_doing(&report->causes[1], "cpu", "main.hog", NULL);
	assert_in_range(report->causes[1].ns, 199000, 201000);
	assert_doing(&report->causes[2], "no cpu", NULL, NULL);
	assert_int_equal(report->causes[2].ns, 100000);
	assert_string_equal(report->tree[0].frame.place.function->text, "main.handle");
	assert_in_range(report->tree[0].ns, 999000, 1001000);
}

static void check_too_few_samples(const struct hunt_report *report)
{
	assert_doing(&report->causes[0], "cpu", NULL, NULL);
	assert_true(report->causes[0].lacks_samples);
	assert_doing(&report->causes[1], "cpu", "main.burn", "crypto/sha256.Sum256");
	assert_false(report->causes[1].lacks_samples);
}

static void check_without_stacks(const struct hunt_report *report)
{
	assert_int_equal(report->num_causes, 1);
	assert_doing(&report->causes[0], "cpu", NULL, NULL);
	assert_false(report->causes[0].lacks_samples);
}

/* Of samples that have no stacks, more would tell no more. */
static void test_without_stacks(void **state)
{
	struct world world;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	world_enter(&world, 1, 0);
	world_sample(&world, 1, 2000, 0);
	world_leave(&world, 1, 5000);
	world_report(&world, &none, check_without_stacks);
	world_end(&world);
}

/* Of calls that are shorter than the time from one sample to the next, those that have one stand for all. */
static void test_without_samples(void **state)
{
	struct world world;
	uint64_t us = 0, burn, hog;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	burn = STACK(&world, SHA, BURN, HANDLE);
	hog = STACK(&world, HOG, HANDLE);
	for (unsigned i = 0; i < 20; i++, us += 2000) {
		world_enter(&world, 1, us);
		if (i % 2 == 0)
			world_sample(&world, 1, us + 500, i % 10 ? burn : hog);
		world_off_cpu(&world, us + 900, us + 1000, false, 0);
		world_leave(&world, 1, us + 1100);
		if (i == 7)
			world_report(&world, &none, check_too_few_samples);
	}
	world_report(&world, &none, check_without_samples);
	world_end(&world);
}

static void check_within_wait(const struct hunt_report *report)
{
	assert_int_equal(report->num_causes, 4);
	assert_doing(&report->causes[0], "runnable", "main.(*cache).Get", "sync.(*Mutex).Lock");
	assert_int_equal(report->causes[0].ns, 60000000);
	assert_string_equal(report->causes[1].kind_name, "sync.Mutex.Lock");
	assert_int_equal(report->causes[1].ns, 20000000);
	assert_doing(&report->causes[2], "cpu", "main.burn", "crypto/sha256.Sum256");
	assert_int_equal(report->causes[2].ns, 15000000);
	assert_string_equal(report->causes[3].kind_name, "no cpu");
	assert_int_equal(report->causes[3].ns, 5000000);
}

/* Its thread lost the processor while it told of a wait: that is no time of its own. */
static void test_within_wait(void **state)
{
	struct world world;

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	world_sample(&world, 1, 5000, STACK(&world, SHA, BURN, HANDLE));
	world_off_cpu(&world, 10000, 15000, false, 0);
	world_off_cpu(&world, 40000, 90000, false, 0);
	world_wait(&world, 1, 20000, 40000, 100000, REASON_LOCK,
		   STACK(&world, PARK, LOCK, GET, HANDLE), 0, 0);
	world_leave(&world, 1, 100000);
	world_report(&world, &none, check_within_wait);
	world_end(&world);
}

static void off_in_syscall(struct world *world, uint64_t from_us, uint64_t to_us)
{
	union any_record room = {.offcpu = {.start_ns = world_ns(from_us),
					    .by = OFFCPU_BY_OTHER,
					    .by_comm = "hot126"}};

	room.header.flags = RECORD_IN_SYSCALL;
	world_feed(world, &room, RECORD_OFFCPU, to_us, 1);
}

static void check_in_syscall(const struct hunt_report *report)
{
	assert_int_equal(report->num_causes, 3);
	assert_doing(&report->causes[0], "syscall fsync", "main.load", NULL);
	assert_int_equal(report->causes[0].ns, 50000000);
	assert_int_equal(report->causes[0].count, 1);
	/* 25 ms in the long one; the short ones took 5 ms, and had a processor for none of it. */
	assert_doing(&report->causes[1], "no cpu", "main.load", NULL);
	assert_int_equal(report->causes[1].ns, 30000000);
	assert_string_equal(report->causes[1].parts[0].taker.process, "hot126");
	assert_string_equal(report->causes[2].kind_name, "cpu");
	assert_int_equal(report->causes[2].ns, 20000000);
}

/* A thread loses its processor in system calls, short and long: that is no time of these. */
static void test_in_syscall(void **state)
{
	struct world world;
	union any_record sums = {.short_waits = {.count = 9, .syscall_ns = 5000000}};

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	world_enter(&world, 1, 0);
	off_in_syscall(&world, 2000, 8000);
	off_in_syscall(&world, 30000, 40000);
	off_in_syscall(&world, 60000, 75000);
	off_in_syscall(&world, 96000, 97000); /* it had ended: nobody's */
	world_feed(&world, &sums, RECORD_SHORT_WAITS, 95000, 1);
	system_call(&world, 20000, 95000, 74, STACK(&world, LOAD, HANDLE));
	world_leave(&world, 1, 100000);
	world_report(&world, &none, check_in_syscall);
	world_end(&world);
}

/* ---- what a kind of time consists of ---- */

static void check_c_code(const struct hunt_report *report)
{
	assert_int_equal(report->num_causes, 3);
	assert_doing(&report->causes[0], "asleep in c code", "main.handle", "main._Cfunc_nap");
	assert_int_equal(report->causes[0].ns, 45000000);
	assert_doing(&report->causes[1], "syscall fsync", "main.load", NULL);
	assert_int_equal(report->causes[1].ns, 30000000);
	assert_doing(&report->causes[2], "c code", "main.handle", "main._Cfunc_nap");
	assert_int_equal(report->causes[2].ns, 25000000);
	assert_int_equal(report->tree[1].ns, 70000000);
	assert_string_equal(report->tree[2].kind, "asleep in c code");
	assert_string_equal(report->tree[3].kind, "c code");
}

/* C code sleeps, and computes, in one call and in another. */
static void test_c_code(void **state)
{
	struct world world;
	union any_record room = {.wait = {.start_ns = world_ns(0),
					  .ready_ns = world_ns(50000),
					  .asleep_ns = 45000000,
					  .state = STATE_SYSCALL,
					  .syscall = 230}};
	uint64_t nap;

	world_begin(&world, &plain);
	room.wait.stack = nap = STACK(&world, NAP, HANDLE);
	world_enter(&world, 1, 0);
	world_feed(&world, &room, RECORD_WAIT, 50000, 1);
	room.wait.start_ns = world_ns(50000);
	room.wait.ready_ns = world_ns(70000);
	room.wait.asleep_ns = 0;
	world_feed(&world, &room, RECORD_WAIT, 70000, 1);
	/* Of other system calls that is not told, even if it is more than there was. */
	room.wait = (struct record_wait){.header = room.header,
					 .start_ns = world_ns(70000),
					 .ready_ns = world_ns(100000),
					 .asleep_ns = UINT64_MAX,
					 .stack = STACK(&world, LOAD, HANDLE),
					 .state = STATE_SYSCALL,
					 .syscall = 74};
	world_feed(&world, &room, RECORD_WAIT, 100000, 1);
	world_leave(&world, 1, 100000);
	world_report(&world, &none, check_c_code);
	world_end(&world);
}

static void check_callees(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_int_equal(report->num_causes, 2);
	assert_doing(cause, "cpu", "main.burn", "crypto/sha256.Sum256");
	assert_int_equal(cause->ns, 70000000);
	assert_int_equal(cause->own.line, 90);
	assert_int_equal(cause->num_parts, 3);
	assert_string_equal(cause->parts[0].callee->text, "crypto/sha256.Sum256");
	assert_int_equal((int)(cause->parts[0].share * 70 + 0.5), 40);
	assert_string_equal(cause->parts[1].callee->text, "runtime.gopark");
	assert_string_equal(cause->parts[2].callee->text, "time.Sleep");
	/* What it does itself is on any line. */
	assert_doing(&report->causes[1], "cpu", "main.burn", NULL);
	assert_int_equal(report->causes[1].ns, 30000000);
	assert_int_equal(report->causes[1].num_parts, 0);
}

/* A line that computes in several functions is one cause. */
static void test_callees(void **state)
{
	struct world world;
	uint64_t stacks[4];

	world_begin(&world, &(struct hunt_settings){.sample_ns = 10000000});
	stacks[0] = STACK(&world, SLEEP, BURN, HANDLE);
	stacks[1] = STACK(&world, PARK, BURN, HANDLE);
	stacks[2] = STACK(&world, BURN, HANDLE);
	stacks[3] = STACK(&world, SHA, BURN, HANDLE);
	world_enter(&world, 1, 0);
	for (unsigned i = 0, sample = 0; i < 4; i++)
		for (unsigned j = 0; j <= i; j++)
			world_sample(&world, 1, 1000 + sample++ * 10000, stacks[i]);
	world_leave(&world, 1, 100000);
	world_report(&world, &none, check_callees);
	world_end(&world);
}

static void check_takers(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_doing(cause, "no cpu", "main.burn", "crypto/sha256.Sum256");
	assert_int_equal(cause->ns, 100000000);
	assert_int_equal(cause->count, 5);
	assert_int_equal(cause->num_parts, 3);
	assert_true(cause->parts[0].taker.is_quota);
	assert_int_equal((int)(cause->parts[0].share * 100 + 0.5), 45);
	assert_string_equal(cause->parts[1].taker.process, "hot126");
	assert_int_equal((int)(cause->parts[1].share * 100 + 0.5), 30);
	assert_true(cause->parts[2].taker.is_own_process);
}

/* Who had the processor, by how long. */
static void test_takers(void **state)
{
	static const struct {
		uint8_t by;
		uint64_t end_us;
	} times[] = {{OFFCPU_BY_OTHER, 10000},
		     {OFFCPU_BY_QUOTA, 55000},
		     {OFFCPU_BY_OWN, 75000},
		     {OFFCPU_BY_NOBODY, 80000},
		     {OFFCPU_BY_OTHER, 100000}};
	struct world world;
	union any_record room = {.offcpu = {.by_comm = "hot126"}};
	uint64_t stack, start_us = 0;

	world_begin(&world, &plain);
	world_enter(&world, 1, 0);
	for (unsigned i = 0; i < 5; i++, start_us = times[i - 1].end_us) {
		/* The longest one is somewhere else than all others together. */
		stack = i == 1 ? STACK(&world, LOAD, HANDLE) : STACK(&world, SHA, BURN, HANDLE);
		room.offcpu.start_ns = world_ns(start_us);
		room.offcpu.stack = stack;
		room.offcpu.by = times[i].by;
		world_feed(&world, &room, RECORD_OFFCPU, times[i].end_us, 1);
	}
	world_leave(&world, 1, 100000);
	world_report(&world, &none, check_takers);
	world_end(&world);
}

static void assert_taken(const struct hunt_doing *doing, const char *process, unsigned ms)
{
	assert_string_equal(doing->kind_name, "no cpu");
	assert_string_equal(doing->parts[0].taker.process, process);
	assert_int_equal(doing->ns / 1000000, ms);
	assert_int_equal(doing->goid, 0);
}

static void check_runnable(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_string_equal(cause->kind_name, "runnable");
	assert_int_equal(cause->ns, 60000000);
	assert_int_equal(cause->num_meanwhile, 3);
	assert_taken(&cause->meanwhile[0], "hot126", 30);
	assert_int_equal(cause->meanwhile[0].count, 3);
	assert_doing(&cause->meanwhile[1], "cpu", "main.hog", NULL);
	assert_int_equal(cause->meanwhile[1].ns / 1000000, 20);
	assert_taken(&cause->meanwhile[2], "", 10);
	assert_true(cause->meanwhile[2].parts[0].taker.is_quota);
}

static void lack(struct world *world, uint64_t from_us, uint64_t to_us, uint8_t by, uint64_t goid,
		 uint8_t flags)
{
	union any_record room = {
		.offcpu = {.start_ns = world_ns(from_us), .by = by, .by_comm = "hot126"}};

	room.header.flags = flags;
	world_feed(world, &room, RECORD_OFFCPU, to_us, goid);
}

/* A goroutine is runnable while threads of its process have no processors, and others run. */
static void test_runnable_without_processors(void **state)
{
	struct world world;
	union any_record room = {0};

	world_begin(&world, &(struct hunt_settings){.sample_ns = 20000000});
	world_enter(&world, 1, 0);
	world_enter(&world, 2, 0);
	lack(&world, 0, 10000, OFFCPU_BY_OTHER, 0, 0); /* before */
	world_sample(&world, 5, 15000, STACK(&world, HOG));
	world_sample(&world, 5, 35000, STACK(&world, HOG));
	lack(&world, 5000, 40000, OFFCPU_BY_OTHER, 0, 0); /* 30 ms of it */
	lack(&world, 40000, 60000, OFFCPU_BY_QUOTA, 0, 0);
	lack(&world, 20000, 40000, OFFCPU_BY_OTHER, 2, 0); /* of a call */
	lack(&world, 20000, 60000, OFFCPU_BY_OWN, 2, RECORD_IN_SYSCALL);
	lack(&world, 60000, 60500, OFFCPU_BY_OWN, 0, 0); /* short */
	lack(&world, 60000, 80000, OFFCPU_BY_OTHER, 0, 0); /* 10 ms of it */
	room.wait = (struct record_wait){
		.start_ns = world_ns(10000), .ready_ns = world_ns(10000), .state = STATE_RUNNABLE};
	world_feed(&world, &room, RECORD_WAIT, 70000, 1);
	world_leave(&world, 1, 70000);
	world_report(&world, &none, check_runnable);
	world_end(&world);
}

static void check_by_functions(const struct hunt_report *report)
{
	assert_int_equal(report->num_causes, 2);
	assert_doing(&report->causes[0], "syscall fsync", "main.load", "syscall.Fsync");
	assert_int_equal(report->causes[0].ns, 60000000);
	assert_doing(&report->causes[1], "gc", "main.load", "runtime.gcAssistAlloc");
}

/* Functions tell where the kernel's number or the reason of a wait does not. */
static void test_by_functions(void **state)
{
	struct world world;
	uint64_t sync, assist;

	world_begin(&world, &plain);
	sync = STACK(&world, FSYNC, LOAD, HANDLE);
	assist = STACK(&world, PARK, ASSIST, LOAD, HANDLE);
	world_enter(&world, 1, 0);
	system_call(&world, 0, 40000, -1, sync);
	system_call(&world, 40000, 60000, 74, sync);
	world_wait(&world, 1, 60000, 80000, 80000, REASON_LOCK, assist, 0, 0);
	world_leave(&world, 1, 80000);
	world_report(&world, &none, check_by_functions);
	world_end(&world);
}

/* Waits for locks of the collector's are its own. */
static void check_collector(const struct hunt_report *report)
{
	assert_int_equal(report->num_causes, 1);
	assert_doing(&report->causes[0], "gc", "main.load", "runtime.gcAssistAlloc");
	assert_int_equal(report->causes[0].ns, 30000000);
}

static void test_collector(void **state)
{
	struct world world;
	uint64_t stack;

	world_begin(&world, &plain);
	stack = STACK(&world, PARK, ASSIST, LOAD, HANDLE);
	world_enter(&world, 1, 0);
	world_wait(&world, 1, 0, 20000, 20000, REASON_LOCK, stack, 0, 0);
	world_wait(&world, 1, 20000, 30000, 30000, REASON_GC, STACK(&world, PARK, HANDLE), 0, 0);
	world_leave(&world, 1, 30000);
	world_report(&world, &none, check_collector);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_by_functions),
		cmocka_unit_test(test_c_code),
		cmocka_unit_test(test_callees),
		cmocka_unit_test(test_takers),
		cmocka_unit_test(test_runnable_without_processors),
		cmocka_unit_test(test_collector),
		cmocka_unit_test(test_without_samples),
		cmocka_unit_test(test_without_stacks),
		cmocka_unit_test(test_within_wait),
		cmocka_unit_test(test_in_syscall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
