/* SPDX-License-Identifier: MIT */
/* The clock of events: a wall clock that is set, a machine that sleeps, a time namespace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>

#include "base/event_clock.h"

#define S     1000000000ull
#define START (100 * S) /* of the machine's CLOCK_MONOTONIC */
#define AHEAD (1700000000 * S) /* the wall clock */

/* The machine. Each reading takes some time, now and then a lot. */
struct machine {
	struct event_clock clock;
	uint64_t monotonic_ns, wall_ns;
	uint64_t namespace_ns;
	unsigned readings, slow_every;
};

static void pass(struct machine *machine, uint64_t ns)
{
	machine->monotonic_ns += ns;
	machine->wall_ns += ns;
}

static uint64_t read_machine(void *context, clockid_t clock)
{
	struct machine *machine = context;
	uint64_t now = clock == CLOCK_REALTIME ? machine->wall_ns
					       : machine->monotonic_ns + machine->namespace_ns;
	bool slow = machine->slow_every && !(++machine->readings % machine->slow_every);

	pass(machine, slow ? S / 100 : 30);
	return now;
}

static struct machine start(uint64_t namespace_ns)
{
	return (struct machine){
		.monotonic_ns = START, .wall_ns = START + AHEAD, .namespace_ns = namespace_ns};
}

static void look(struct machine *machine)
{
	pass(machine, S / 50);
	machine->clock.context = machine;
	event_clock_look(&machine->clock);
}

static void begin(struct machine *machine)
{
	event_clock_start_with(&machine->clock, read_machine, machine,
			       (int64_t)machine->namespace_ns);
}

/* To the microsecond that readings may be wrong by. */
static void assert_wall(const struct machine *machine, uint64_t event_ns, uint64_t ahead)
{
	uint64_t wall = event_clock_realtime_ns(&machine->clock, event_ns);

	assert_in_range(wall, event_ns + ahead - 1000, event_ns + ahead + 1000);
}

static void test_steady(void **state)
{
	struct machine machine = start(0);

	(void)state;
	begin(&machine);
	for (int i = 0; i < 10000; i++)
		look(&machine);
	assert_int_equal(machine.clock.num_steps, 1);
	assert_wall(&machine, START, AHEAD);
	assert_wall(&machine, machine.monotonic_ns, AHEAD);
	/* Events from before we looked for the first time. */
	assert_wall(&machine, START - 50 * S, AHEAD);
}

/* Interrupted between two readings, which is no step. */
static void test_interrupted(void **state)
{
	struct machine machine = start(0);

	(void)state;
	for (machine.slow_every = 1; machine.slow_every < 12; machine.slow_every++) {
		begin(&machine);
		for (int i = 0; i < 100; i++)
			look(&machine);
		assert_int_equal(machine.clock.num_steps, 1);
	}
}

static void test_set(void **state)
{
	struct machine machine = start(0);
	uint64_t forward, back;

	(void)state;
	begin(&machine);
	look(&machine);
	machine.wall_ns += 3600 * S;
	look(&machine);
	forward = machine.monotonic_ns;
	look(&machine);
	machine.wall_ns -= 7200 * S;
	look(&machine);
	back = machine.monotonic_ns;
	look(&machine);
	assert_int_equal(machine.clock.num_steps, 3);
	assert_wall(&machine, START, AHEAD);
	assert_wall(&machine, forward - S / 50, AHEAD);
	assert_wall(&machine, forward, AHEAD + 3600 * S);
	assert_wall(&machine, back - S / 50, AHEAD + 3600 * S);
	assert_wall(&machine, back, AHEAD - 3600 * S);
	assert_wall(&machine, back + 1000 * S, AHEAD - 3600 * S);
}

/* CLOCK_MONOTONIC stands still, and the wall clock is set when the machine wakes up. */
static void test_sleep(void **state)
{
	struct machine machine = start(0);
	uint64_t before;

	(void)state;
	begin(&machine);
	pass(&machine, 5 * S);
	look(&machine);
	before = machine.monotonic_ns;
	machine.wall_ns += 8 * 3600 * S;
	look(&machine);
	assert_wall(&machine, before, AHEAD);
	assert_wall(&machine, machine.monotonic_ns, AHEAD + 8 * 3600 * S);
}

/* Small steps add up: none is left out for being small. */
static void test_small_steps(void **state)
{
	struct machine machine = start(0);

	(void)state;
	begin(&machine);
	for (int i = 0; i < 100; i++) {
		machine.wall_ns += 20000;
		look(&machine);
	}
	assert_in_range(event_clock_realtime_ns(&machine.clock, machine.monotonic_ns),
			machine.wall_ns - 60000, machine.wall_ns + 60000);
}

static void test_more_steps_than_are_kept(void **state)
{
	struct machine machine = start(0);
	uint64_t times[EVENT_CLOCK_STEPS + 10];
	size_t count = sizeof(times) / sizeof(times[0]);

	(void)state;
	begin(&machine);
	for (size_t i = 0; i < count; i++) {
		machine.wall_ns += S;
		look(&machine);
		times[i] = machine.monotonic_ns;
	}
	assert_int_equal(machine.clock.num_steps, EVENT_CLOCK_STEPS);
	for (size_t i = count - EVENT_CLOCK_STEPS; i < count; i++)
		assert_wall(&machine, times[i], AHEAD + (i + 1) * S);
	/* Before the oldest, its offset is the best there is. */
	assert_wall(&machine, START, AHEAD + (count - EVENT_CLOCK_STEPS + 1) * S);
}

/* From the wall clock's time to that of events: back where it was set back, and at the step where it left some out. */
static void test_back(void **state)
{
	const struct event_clock clock = {.num_steps = 3,
					  .steps = {{100, 1000}, {200, 900}, {300, 5000}}};

	(void)state;
	assert_int_equal(event_clock_event_ns(&clock, 1050), 50);
	assert_int_equal(event_clock_event_ns(&clock, 1150), 150);
	/* It was so twice. */
	assert_int_equal(event_clock_event_ns(&clock, 1199), 199);
	assert_int_equal(event_clock_event_ns(&clock, 1200), 300);
	assert_int_equal(event_clock_event_ns(&clock, 5000), 300);
	assert_int_equal(event_clock_event_ns(&clock, 5400), 400);
	assert_int_equal(event_clock_event_ns(&clock, 10), 0);
}

static void test_time_namespace(void **state)
{
	const int64_t offsets[] = {100000ll * (int64_t)S, -60ll * (int64_t)S, 5};

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct machine machine = start((uint64_t)offsets[i]);

		begin(&machine);
		/* Neither the time of events nor that of the wall is shifted. */
		assert_in_range(event_clock_now_ns(&machine.clock), machine.monotonic_ns - 1000,
				machine.monotonic_ns);
		assert_wall(&machine, START, AHEAD);
		machine.wall_ns += S;
		look(&machine);
		assert_wall(&machine, machine.monotonic_ns, AHEAD + S);
	}
}

static void test_parse_offsets(void **state)
{
	(void)state;
	assert_int_equal(event_clock_parse_offsets("monotonic      100000         0\n"
						   "boottime            0         0\n"),
			 100000 * S);
	assert_int_equal(event_clock_parse_offsets("boottime 7 7\nmonotonic -3 500000000\n"),
			 -2500000000ll);
	assert_int_equal(event_clock_parse_offsets("boottime 7 7"), 0);
	assert_int_equal(event_clock_parse_offsets("monotonic"), 0);
	assert_int_equal(event_clock_parse_offsets(""), 0);
}

/* The real clocks, which nobody sets just now. */
static void test_real(void **state)
{
	struct event_clock clock;
	struct timespec before, after;
	uint64_t event_ns, wall;

	(void)state;
	event_clock_start(&clock);
	clock_gettime(CLOCK_REALTIME, &before);
	event_ns = event_clock_now_ns(&clock);
	clock_gettime(CLOCK_REALTIME, &after);
	wall = event_clock_realtime_ns(&clock, event_ns);
	assert_in_range(wall, before.tv_sec * S + before.tv_nsec - S / 1000,
			after.tv_sec * S + after.tv_nsec + S / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_small_steps),
		cmocka_unit_test(test_more_steps_than_are_kept),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_time_namespace),
		cmocka_unit_test(test_parse_offsets),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
