/* SPDX-License-Identifier: MIT */
/* test_hunt_looks.c - where waits are not told: what looks at goroutines make of a call's time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "hunt_world.h"

#define MS 1000

static const struct hunt_report_options none = {0};

/* A world in which waits are sampled. */
static void begin(struct world *world)
{
	union any_record room = {0};

	world_begin(world, &(struct hunt_settings){.sample_ns = 5000000});
	world_feed(world, &room, RECORD_STATES_OFF, 0, 0);
}

static void look(struct world *world, uint64_t us, uint8_t state, uint64_t stack)
{
	union any_record room = {.look = {.since_ns = world_ns(us),
					  .state = state,
					  .reason = state == STATE_WAITING ? REASON_SLEEP : 0,
					  .stack = stack}};

	world_feed(world, &room, RECORD_LOOK, us, 1);
}

static const struct hunt_doing *find(const struct hunt_report *report, const char *kind)
{
	for (size_t i = 0; i < report->num_causes; i++)
		if (strcmp(report->causes[i].kind_name, kind) == 0)
			return &report->causes[i];
	return NULL;
}

static void assert_spent(const struct hunt_report *report, const char *kind, uint64_t ns)
{
	const struct hunt_doing *doing = find(report, kind);

	assert_int_equal(doing ? doing->ns : 0, ns);
}

/* ---- one thing all the time ---- */

static void check_wait(const struct hunt_report *report)
{
	assert_true(report->waits_hz > 199 && report->waits_hz < 201);
	assert_int_equal(report->num_causes, 1);
	assert_spent(report, "sleep", 50000000);
	assert_string_equal(report->causes[0].own.function->text, "main.load");
	assert_int_equal(report->causes[0].by_goid, 0);
	assert_int_equal(report->explained_ns, report->total_ns);
}

static void test_wait(void **state)
{
	struct world world;
	uint64_t stack;

	begin(&world);
	stack = STACK(&world, PARK, SLEEP, LOAD, HANDLE);
	world_enter(&world, 1, 0);
	for (uint64_t us = 3 * MS; us < 50 * MS; us += 5 * MS)
		look(&world, us, STATE_WAITING, stack);
	world_leave(&world, 1, 50 * MS);
	assert_int_equal(world_report(&world, &none, check_wait), 1);
	world_end(&world);
}

/* ---- what it waits on ---- */

static void look_on(struct world *world, uint64_t us, uint64_t stack, uint16_t port)
{
	union any_record room = {.look_on = {.look = {.since_ns = world_ns(us),
						      .state = STATE_WAITING,
						      .reason = REASON_IO,
						      .stack = stack},
					     .on = {.kind = ON_PEER,
						    .family = AF_INET,
						    .port = port,
						    .address = {127, 0, 0, 1}}}};

	room.header.size = sizeof(room.look_on);
	world_feed(world, &room, RECORD_LOOK, us, 1);
}

static void check_peers(const struct hunt_report *report)
{
	const struct hunt_doing *cause = &report->causes[0];

	assert_int_equal(report->num_causes, 1);
	assert_int_equal(cause->ns, 40000000);
	assert_int_equal(cause->num_objects, 2);
	assert_string_equal(cause->objects[0].text, "127.0.0.1:80");
	assert_int_equal(cause->objects[0].ns, 30000000);
	assert_string_equal(cause->objects[1].text, "127.0.0.1:81");
	assert_int_equal(cause->objects[1].ns, 10000000);
}

/* Another peer is another wait. */
static void test_peers(void **state)
{
	struct world world;
	uint64_t stack;

	begin(&world);
	stack = STACK(&world, PARK, GET, HANDLE);
	world_enter(&world, 1, 0);
	look_on(&world, 5 * MS, stack, 80);
	look_on(&world, 25 * MS, stack, 80);
	look_on(&world, 35 * MS, stack, 81);
	world_leave(&world, 1, 40 * MS);
	assert_int_equal(world_report(&world, &none, check_peers), 1);
	world_end(&world);
}

/* What a stuck call waits on is known by the last look, if it is where it was then. */
static void test_stuck_on(void **state)
{
	struct world world;
	struct hunt_object object;
	struct record_stuck stuck = {.header = {.goid = 1, .pid = 7}, .state = STATE_WAITING};
	uint64_t elsewhere;

	begin(&world);
	world_enter(&world, 1, 0);
	stuck.stack = STACK(&world, PARK, GET, HANDLE, REFRESH);
	elsewhere = STACK(&world, PARK, LOAD, HANDLE, REFRESH);
	assert_false(hunt_stuck_on(world.hunt, &stuck, &object));
	look_on(&world, 5 * MS, STACK(&world, PARK, GET, HANDLE), 80);
	assert_true(hunt_stuck_on(world.hunt, &stuck, &object));
	assert_string_equal(object.text, "127.0.0.1:80");
	stuck.state = STATE_SYSCALL;
	assert_false(hunt_stuck_on(world.hunt, &stuck, &object));
	stuck.state = STATE_WAITING;
	stuck.stack = elsewhere;
	assert_false(hunt_stuck_on(world.hunt, &stuck, &object));
	world_end(&world);
}

/* ---- one after the other ---- */

static void check_change(const struct hunt_report *report)
{
	const struct hunt_doing *cpu = find(report, "cpu");

	assert_spent(report, "sleep", 10000000);
	assert_spent(report, "runnable", 5000000);
	assert_spent(report, "cpu", 10000000);
	assert_int_equal(cpu->count, 2);
	assert_string_equal(cpu->own.function->text, "main.burn");
	assert_int_equal(report->explained_ns, 25000000);
}

/* Each look stands for the time halfway to its neighbours; samples tell of the time that it ran, and what they tell of
 * another is left out. */
static void test_change(void **state)
{
	struct world world;
	uint64_t stack, burn, other;

	begin(&world);
	stack = STACK(&world, PARK, SLEEP, LOAD, HANDLE);
	burn = STACK(&world, BURN, HANDLE);
	other = STACK(&world, GET, HANDLE);
	world_enter(&world, 1, 0);
	look(&world, 3 * MS, STATE_RUNNING, 0);
	world_sample(&world, 1, 4 * MS, burn);
	look(&world, 8 * MS, STATE_WAITING, stack);
	world_sample(&world, 1, 9 * MS, other);
	look(&world, 13 * MS, STATE_WAITING, stack);
	look(&world, 18 * MS, STATE_RUNNABLE, stack);
	world_sample(&world, 1, 22 * MS, burn);
	look(&world, 23 * MS, STATE_RUNNING, 0);
	world_leave(&world, 1, 25 * MS);
	assert_int_equal(world_report(&world, &none, check_change), 1);
	world_end(&world);
}

/* ---- what is not known ---- */

static void check_unknown(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 2);
	assert_true(report->alike);
	assert_spent(report, "unknown", 4000000 / 2);
	assert_spent(report, "cpu", 4000000 / 2);
}

/* A call at which nobody looked, or when it was another one: unless a sample shows that it ran. */
static void test_unknown(void **state)
{
	struct world world;
	union any_record room = {.look = {.since_ns = world_ns(9), .state = STATE_RUNNING}};

	begin(&world);
	look(&world, 0, STATE_RUNNING, 0); /* in no call */
	world_enter(&world, 1, 10);
	world_feed(&world, &room, RECORD_LOOK, 11, 1);
	world_leave(&world, 1, 10 + 4 * MS);
	world_enter(&world, 1, 20 * MS);
	world_sample(&world, 1, 21 * MS, STACK(&world, BURN, HANDLE));
	world_leave(&world, 1, 24 * MS);
	assert_int_equal(world_report(&world, &none, check_unknown), 1);
	world_end(&world);
}

/* ---- how it begins and ends ---- */

static void check_open(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 1);
	assert_int_equal(report->holes, 0);
	assert_int_equal(report->open, 1);
	assert_int_equal(report->slow, 1);
	assert_spent(report, "sleep", 30000000 - 5000000);
}

/* A call that was open when sites were taken off, of which nothing was told before, and one that is open at the end:
 * it goes on as it was seen last. */
static void test_ends(void **state)
{
	struct world world;
	uint64_t stack;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	stack = STACK(&world, PARK, SLEEP, LOAD, HANDLE);
	world_enter(&world, 1, 0);
	world_feed(&world, &(union any_record){0}, RECORD_STATES_OFF, 5 * MS, 0);
	look(&world, 8 * MS, STATE_WAITING, stack);
	world_leave(&world, 1, 10 * MS);
	world_enter(&world, 1, 20 * MS);
	look(&world, 22 * MS, STATE_WAITING, stack);
	world_stop(&world, 50 * MS);
	assert_int_equal(world_report(&world, &none, check_open), 1);
	world_end(&world);
}

static void check_before(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 1);
	assert_int_equal(report->holes, 0);
	assert_true(report->waits_hz > 199 && report->waits_hz < 201);
	assert_spent(report, "cpu", 10000000);
	assert_spent(report, "unknown", 40000000);
	assert_spent(report, "sleep", 150000000);
	assert_int_equal(report->explained_ns, 160000000);
}

static void check_wait_before(const struct hunt_report *report)
{
	assert_spent(report, "cpu", 50000000);
	assert_spent(report, "sleep", 150000000);
}

/* What was seen of a call before sites were taken off is known. Behind the last wait that has ended it is by samples alone:
 * those that are far from each other show nothing of the time between them. A wait that goes on is told up to then. */
static void test_before(void **state)
{
	struct world world;
	uint64_t asleep, burning;

	for (int waits = 0; waits < 2; waits++) {
		world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
		asleep = STACK(&world, PARK, SLEEP, LOAD, HANDLE);
		burning = STACK(&world, BURN, HANDLE);
		world_enter(&world, 1, 0);
		world_wait(&world, 1, 0, 50 * MS, 50 * MS, REASON_SLEEP, asleep, 0, 0);
		world_sample(&world, 1, 55 * MS, burning);
		world_sample(&world, 1, 60 * MS, burning);
		if (waits)
			world_wait(&world, 1, 100 * MS, 120 * MS, 120 * MS, REASON_SLEEP, asleep, 0,
				   0);
		world_feed(&world, &(union any_record){0}, RECORD_STATES_OFF,
			   (waits ? 120 : 100) * MS, 0);
		for (uint64_t ms = 125; ms < 200; ms += 5)
			look(&world, ms * MS, STATE_WAITING, asleep);
		world_leave(&world, 1, 200 * MS);
		assert_int_equal(
			world_report(&world, &none, waits ? check_wait_before : check_before), 1);
		world_end(&world);
	}
}

/* ---- goroutines that calls started ---- */

static void check_started(const struct hunt_report *report)
{
	const struct hunt_doing *did = &report->started[0].did;

	assert_true(
		report->lacks_starts); /* of the call before the last change, some may be missing */
	assert_int_equal(report->num_started, 1);
	assert_float_equal(report->started[0].count, 1, 1e-9);
	assert_string_equal(report->started[0].function.function->text, "main.load");
	/* Until it was seen last. */
	assert_int_equal(did->ns, 47000000);
	assert_int_equal(did->num_meanwhile, 2);
	assert_string_equal(did->meanwhile[0].kind_name, "sync.Mutex.Lock");
	assert_string_equal(did->meanwhile[0].own.function->text, "main.load");
	assert_int_equal(did->meanwhile[0].by_goid, 0);
	assert_int_equal(did->meanwhile[0].ns, 37500000);
	assert_string_equal(did->meanwhile[1].kind_name, "sleep");
	assert_int_equal(did->meanwhile[1].ns, 9500000);
}

static void look_at(struct world *world, uint64_t us, uint64_t goid, uint8_t reason, uint64_t stack)
{
	union any_record room = {.look = {.since_ns = world_ns(us),
					  .state = STATE_WAITING,
					  .reason = reason,
					  .stack = stack}};

	world_feed(world, &room, RECORD_LOOK, us, goid);
}

/* They are looked at from where they began on, as long as the call is open; nobody else's waits are theirs. */
static void test_started(void **state)
{
	union any_record room = {.header.flags = RECORD_TELLS_STARTS};
	struct world world;
	uint64_t handle, sleep, lock;

	world_begin(&world, &(struct hunt_settings){.sample_ns = 5000000});
	world_feed(&world, &room, RECORD_STATES_OFF, 0, 0);
	handle = STACK(&world, PARK, SLEEP, HANDLE);
	sleep = STACK(&world, PARK, SLEEP, LOAD);
	lock = STACK(&world, PARK, LOCK, LOAD);
	world_enter(&world, 1, 0);
	world_go(&world, 2, 1, 2 * MS, 0x4000);
	world_go(&world, 3, 9, 2 * MS, 0x4000);
	for (uint64_t us = 4 * MS; us < 50 * MS; us += 3 * MS) {
		look_at(&world, us, 1, REASON_SLEEP, handle);
		look_at(&world, us, 2, us < 12 * MS ? REASON_SLEEP : REASON_LOCK,
			us < 12 * MS ? sleep : lock);
		look_at(&world, us, 3, REASON_SLEEP, sleep);
	}
	world_leave(&world, 1, 50 * MS);
	look_at(&world, 60 * MS, 2, REASON_SLEEP, sleep);
	world_feed(&world, &(union any_record){0}, RECORD_STATES_OFF, 70 * MS, 0);
	assert_int_equal(world_report(&world, &none, check_started), 1);
	world_end(&world);
}

/* ---- who may hold what is waited for ---- */

static void hold(struct world *world, uint64_t us, uint64_t goid, uint64_t by_goid, uint64_t stack)
{
	union any_record room = {.holder = {.by_goid = by_goid, .by_stack = stack}};

	world_feed(world, &room, RECORD_HOLDER, us, goid);
}

static void check_holders(const struct hunt_report *report)
{
	const struct hunt_doing *doing = find(report, "sync.Mutex.Lock");

	assert_int_equal(report->num_causes, 1);
	assert_int_equal(doing->ns, 80000000);
	assert_true(doing->by_holder && doing->by_several);
	assert_int_equal(doing->by_goid, 5); /* most of the time */
	assert_string_equal(doing->by.function->text, "main.refresh");
	assert_int_equal(doing->num_meanwhile, 1);
	assert_string_equal(doing->meanwhile[0].kind_name, "sleep");
	/* Of each as much as was seen, while it may have held it: 4 had been seen for 30 ms when it was 5's turn, which was
	 * seen for 46. */
	assert_int_equal(doing->meanwhile[0].ns, 76000000);
}

/* It goes from hand to hand: each is asked what it did in its time. */
static void test_holders(void **state)
{
	struct world world;
	uint64_t lock, sleep;

	begin(&world);
	lock = STACK(&world, PARK, LOCK, HANDLE);
	sleep = STACK(&world, PARK, SLEEP, REFRESH);
	world_enter(&world, 1, 0);
	for (uint64_t us = 2 * MS; us < 80 * MS; us += 2 * MS) {
		look_at(&world, us, 1, REASON_LOCK, lock);
		look_at(&world, us, 4, REASON_SLEEP, sleep);
		look_at(&world, us, 5, REASON_SLEEP, sleep);
		hold(&world, us, 1, us < 32 * MS ? 4 : 5, sleep);
	}
	hold(&world, 79 * MS, 77, 1, sleep); /* of somebody who is not known */
	world_leave(&world, 1, 80 * MS);
	assert_int_equal(world_report(&world, &none, check_holders), 1);
	world_end(&world);
}

/* ---- rests ---- */

static void check_rest(const struct hunt_report *report)
{
	assert_int_equal(report->calls, 1);
	assert_int_equal(report->lost, 1);
	assert_int_equal(report->max_ns, 5000000);
	assert_int_equal(report->rested_ns, 50000000);
}

/* How the call ends that is open then is never seen. */
static void test_rest(void **state)
{
	struct world world;

	begin(&world);
	world_enter(&world, 1, 0);
	world_feed(&world, &(union any_record){0}, RECORD_REST, 10 * MS, 0);
	world_enter(&world, 2, 9 * MS); /* told late */
	world_feed(&world, &(union any_record){0}, RECORD_REST_END, 40 * MS, 0);
	world_leave(&world, 1, 41 * MS);
	world_enter(&world, 1, 45 * MS);
	world_leave(&world, 1, 50 * MS);
	world_feed(&world, &(union any_record){0}, RECORD_REST, 60 * MS, 0);
	world_stop(&world, 80 * MS);
	assert_int_equal(world_report(&world, &none, check_rest), 1);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait),     cmocka_unit_test(test_peers),
		cmocka_unit_test(test_stuck_on), cmocka_unit_test(test_change),
		cmocka_unit_test(test_unknown),  cmocka_unit_test(test_ends),
		cmocka_unit_test(test_before),   cmocka_unit_test(test_rest),
		cmocka_unit_test(test_started),  cmocka_unit_test(test_holders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
