/* SPDX-License-Identifier: MIT */
/*
 * test_hunt_print.c - what hunt found out, in each of its formats, and on narrow terminals. What is to be
 * printed is in golden/.
 *
 * usage: test_hunt_print [FOLDER], which writes what is printed now into that folder instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "gofuncgraph/output.h"
#include "hunt_world.h"
#include "screen.h"
#include "utc.h"

static const char *write_to; /* the folder, or NULL */

/* `text` is what the file has, or becomes it. */
static void assert_golden(const char *name, const char *text)
{
	const char *folder = write_to ?: getenv("GOLDEN");
	_cleanup_free_ char *path = NULL, *expected = calloc(1, 1 << 16);
	_cleanup_fclose_ FILE *file = NULL;

	assert_non_null(folder);
	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	file = fopen(path, write_to ? "w" : "r");
	assert_non_null(file);
	if (write_to) {
		assert_true(fputs(text, file) >= 0);
		return;
	}
	assert_true(fread(expected, 1, (1 << 16) - 1, file) > 0);
	assert_string_equal(text, expected);
}

/* Calls of 4 us, and one that waits for a lock, which another goroutine keeps while it sleeps and burns. */
static void live(struct world *world)
{
	uint64_t us = 0, load, get, unlock, burn;

	world_begin(world, &(struct hunt_settings){.sample_ns = 5000000, .num_slowest = 1});
	load = STACK(world, PARK, SLEEP, LOAD, REFRESH);
	get = STACK(world, PARK, LOCK, GET, HANDLE);
	unlock = STACK(world, UNLOCK, REFRESH);
	burn = STACK(world, SHA, BURN, REFRESH);
	for (unsigned i = 0; i < 20; i++, us += 10) {
		world_enter(world, 1, us);
		world_leave(world, 1, us + 4);
	}
	world_enter(world, 1, us);
	world_wait(world, 20, us, us + 60000, us + 60000, REASON_SLEEP, load, 0, 0);
	for (unsigned i = 0; i < 3; i++)
		world_sample(world, 20, us + 61000 + i * 5000, burn);
	world_wait(world, 1, us + 100, us + 79100, us + 79200, REASON_LOCK, get, 20, unlock);
	world_leave(world, 1, us + 79300);
	world_stop(world, us + 80000);
}

/* Calls that wait for the network, at three places: for one peer, for several, as a goroutine does that they
 * start, and for clients with many connections of two hosts, and some that nobody knows. */
static void live_on(struct world *world)
{
	struct waited_on on = {.kind = ON_PEER, .family = AF_INET, .address = {10, 0, 0, 7}};
	struct waited_on client = {.kind = ON_PEER, .family = AF_INET6, .address = {[15] = 1}};
	uint64_t get, load, burn;

	world_begin(world, &(struct hunt_settings){0});
	get = STACK(world, PARK, GET, HANDLE);
	load = STACK(world, PARK, LOAD, HANDLE);
	burn = STACK(world, PARK, BURN, HANDLE);
	world_enter(world, 1, 0);
	on.port = 5432;
	world_wait_on(world, 1, 0, 50000, get, &on);
	for (unsigned i = 0; i < 7; i++) {
		on.port = (uint16_t)(80 + i);
		world_wait_on(world, 1, 50000 + i * 5000, 55000 + i * 5000, load, &on);
	}
	world_go(world, 30, 1, 60000, 0x4000);
	world_wait_on(world, 30, 61000, 81000, load, &on);
	for (unsigned i = 0; i < 20; i++) {
		on.port = client.port = (uint16_t)(40000 + i);
		client.kind = i < 12 ? ON_PEER : ON_NOTHING;
		world_wait_on(world, 1, 85000 + i * 2000, 87000 + i * 2000, burn,
			      i % 3 ? &client : &on);
	}
	world_leave(world, 1, 125000);
}

/* A call that computes in several functions, which call themselves, has no processor at times, and is in C. */
static void busy(struct world *world)
{
	static const uint8_t takers[] = {OFFCPU_BY_OTHER, OFFCPU_BY_OWN, OFFCPU_BY_QUOTA};
	union any_record room = {.wait = {.start_ns = world_ns(0),
					  .ready_ns = world_ns(40000),
					  .asleep_ns = 25000000,
					  .state = STATE_SYSCALL,
					  .syscall = 35}};
	uint64_t stacks[2], us = 40000;

	world_begin(world, &(struct hunt_settings){.sample_ns = 5000000});
	room.wait.stack = STACK(world, NAP, LOAD, HANDLE);
	stacks[0] = STACK(world, SHA, BURN, BURN, BURN, HANDLE);
	stacks[1] = STACK(world, PARK, BURN, BURN, BURN, HANDLE);
	world_enter(world, 1, 0);
	world_feed(world, &room, RECORD_WAIT, 40000, 1);
	for (unsigned i = 0; i < 6; i++, us += 10000) {
		world_sample(world, 1, us + 1000, stacks[i % 3 / 2]);
		memset(&room, 0, sizeof(room));
		room.offcpu.start_ns = world_ns(us + 4000);
		room.offcpu.stack = stacks[0];
		room.offcpu.by = takers[i / 2];
		strcpy(room.offcpu.by_comm, "hot126");
		world_feed(world, &room, RECORD_OFFCPU, us + 6000 + i * 500, 1);
	}
	world_leave(world, 1, 100000);
	world_stop(world, 100000);
}

static void print_one(void *context, const struct hunt_report *report)
{
	output_hunt(context, report);
}

static void print_all(struct world *world, struct output *out,
		      const struct hunt_report_options *how)
{
	assert_null(hunt_report(world->hunt, world->names, how,
				&(struct hunt_visitor){.report = print_one, .context = out}));
	output_end(out, &(struct output_totals){.hunt = hunt_totals(world->hunt)});
}

/* What is printed in a format of what happened; the caller frees it. */
static char *print(void (*happen)(struct world *world), const char *format, uint64_t rank)
{
	struct event_clock clock = {.num_steps = 1, .steps = {{0, 1792253285000000000}}};
	struct world world;
	char *text = NULL;
	size_t size;
	struct output_options options = {.clock = &clock, .file = open_memstream(&text, &size)};
	struct hunt_report_options how = {.rank = rank};
	struct output *out;
	int errnum;

	use_utc();
	happen(&world);
	options.names = world.names;
	how.full_stacks = format_wants_full_stacks(format_named(OUTPUT_HUNT, format));
	assert_null(output_new(format_named(OUTPUT_HUNT, format), &options, &out));
	print_all(&world, out, &how);
	assert_null(output_flush(out, &errnum));
	output_free(out);
	fclose(options.file);
	world_end(&world);
	return text;
}

static void assert_prints(const char *format, uint64_t rank, const char *name)
{
	_cleanup_free_ char *text = print(live, format, rank);

	assert_golden(name, text);
}

static void test_text(void **state)
{
	assert_prints("text", 0, "hunt-text");
	assert_prints("text", 1, "hunt-text-call");
}

/* The same, and waits are sampled from then on. */
static void sampled(struct world *world)
{
	union any_record states_off = {0};

	live(world);
	world_feed(world, &states_off, RECORD_STATES_OFF, 90000, 0);
}

static void test_sampled(void **state)
{
	_cleanup_free_ char *text = print(sampled, "text", 0), *json = print(sampled, "json", 0);

	assert_non_null(strstr(
		text,
		"79.3 ms\nwaits are sampled at 200 Hz: who ended them, and which goroutines calls started, is not known\n1 slow call"));
	assert_non_null(strstr(json, "\"mode\":\"sampled\""));
}

static void test_json(void **state)
{
	assert_prints("json", 1, "hunt-json");
}

/* What waits were on. */
static void test_on(void **state)
{
	_cleanup_free_ char *text = print(live_on, "text", 0), *json = print(live_on, "json", 0);

	assert_golden("hunt-text-on", text);
	assert_golden("hunt-json-on", json);
}

static void test_parts(void **state)
{
	_cleanup_free_ char *text = print(busy, "text", 0), *json = print(busy, "json", 0);

	assert_golden("hunt-parts", text);
	assert_golden("hunt-parts-json", json);
}

static void test_folded(void **state)
{
	assert_prints("folded", 0, "hunt-folded");
	assert_prints("speedscope", 0, "hunt-speedscope");
}

/* ---- terminals ---- */

static void assert_shown(void (*happen)(struct world *world), unsigned short width,
			 const char *name)
{
	struct event_clock clock = {.num_steps = 1, .steps = {{0, 1792253285000000000}}};
	struct world world;
	struct screen screen;
	struct output_options options = {
		.clock = &clock, .file = screen_open(&screen, width), .color = COLOR_NEVER};
	struct output *out;
	int errnum;

	happen(&world);
	options.names = world.names;
	assert_null(output_new(format_named(OUTPUT_HUNT, NULL), &options, &out));
	print_all(&world, out, &(struct hunt_report_options){0});
	assert_null(output_flush(out, &errnum));
	assert_golden(name, screen_read(&screen));
	output_free(out);
	world_end(&world);
	fclose(options.file);
	screen_close(&screen);
}

static void test_terminal(void **state)
{
	assert_shown(live, 100, "hunt-terminal");
}

static void test_narrow(void **state)
{
	assert_shown(live, 50, "hunt-terminal-narrow");
	assert_shown(live_on, 60, "hunt-terminal-on");
}

/* A call that waits at the ends of two deep ways, of which each function is on both. */
static void deep(struct world *world)
{
	world_begin(world, &(struct hunt_settings){.sample_ns = 5000000});
	world_enter(world, 1, 0);
	world_wait(world, 1, 0, 60000, 60000, REASON_LOCK,
		   STACK(world, PARK, LOCK, GET, REFRESH, LOAD, BURN, HOG, REFRESH, BURN, HOG,
			 REFRESH, GET, LOAD, HANDLE),
		   0, 0);
	world_wait(world, 1, 60000, 80000, 80000, REASON_SLEEP,
		   STACK(world, PARK, SLEEP, LOAD, GET, BURN, HOG, REFRESH, BURN, HOG, REFRESH, GET,
			 LOAD, HANDLE),
		   0, 0);
	world_leave(world, 1, 80000);
	world_stop(world, 80000);
}

/* What is at the leaves is told to its end, and each line has its own. */
static void test_deep(void **state)
{
	assert_shown(deep, 60, "hunt-terminal-deep");
}

/* ---- stuck calls ---- */

static void test_stuck(void **state)
{
	const uint64_t stack[] = {PARK, LOCK, GET, HANDLE};
	struct world world;
	char *text = NULL;
	size_t size;
	struct output_options options = {.file = open_memstream(&text, &size)};
	const struct hunt_object peer = {.kind = HUNT_PEER, .text = "10.0.0.7:5432"};
	struct hunt_stuck stuck = {.ns = 5100000000,
				   .goid = 34,
				   .pid = 812,
				   .state = "sync.Mutex.Lock",
				   .waits_for_others = true,
				   .stack = stack,
				   .num_addresses = 4};
	const struct hunt_lead leads[] = {
		{.goid = 6,
		 .by = LEAD_SHARES,
		 .object = 0xc000076060,
		 .state = "IO wait",
		 .on = &peer,
		 .stack = stack,
		 .num_addresses = 4},
		{.goid = 7,
		 .by = LEAD_HAS,
		 .of_wait_group = true,
		 .object = 0xc000012340,
		 .state = "sleep",
		 .stack = stack,
		 .num_addresses = 1},
		{.goid = 8, .by = LEAD_STARTED, .state = "running"},
	};
	struct output *out;
	int errnum;

	live(&world);
	options.names = world.names;
	stuck.target = *names_site(world.names, 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_null(
			output_new(format_named(OUTPUT_HUNT, i ? "json" : "text"), &options, &out));
		output_stuck(out, &stuck);
		output_stuck(out, &(struct hunt_stuck){.target = stuck.target,
						       .ns = 61000000000,
						       .goid = 35,
						       .pid = 812,
						       .state = "IO wait",
						       .on = &peer,
						       .stack = stack,
						       .num_addresses = 4});
		output_stuck(out, &(struct hunt_stuck){.target = stuck.target,
						       .ns = 7000000000,
						       .goid = 36,
						       .pid = 812,
						       .state = "select",
						       .waits_for_others = true,
						       .stack = stack,
						       .num_addresses = 4,
						       .leads = leads,
						       .num_leads = 3});
		assert_null(output_flush(out, &errnum));
		output_free(out);
	}
	fclose(options.file);
	assert_golden("hunt-stuck", text);
	free(text);
	world_end(&world);
}

/* What a lead waits for is told whole: it gets a line of its own where it has to. */
static void test_lead_on_terminal(void **state)
{
	const uint64_t stack[] = {PARK, GET, HANDLE};
	const struct hunt_object peer = {.kind = HUNT_PEER, .text = "10.0.0.7:5432"};
	const struct hunt_lead lead = {.goid = 6,
				       .by = LEAD_SHARES,
				       .object = 0xc000076060,
				       .state = "IO wait",
				       .on = &peer,
				       .stack = stack,
				       .num_addresses = 3};
	static const struct {
		unsigned short width;
		const char *text;
	} shown[] = {
		{120,
		 "  goroutine 6 shares what has the channel at 0xc000076060: IO wait, peer 10.0.0.7:5432 in main.(*cache).Get\n"},
		{80, "  goroutine 6 shares what has the channel at 0xc000076060:\n"
		     "      IO wait, peer 10.0.0.7:5432 in main.(*cache).Get\n"},
	};
	struct world world;

	live(&world);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		struct screen screen;
		struct output_options options = {.names = world.names,
						 .file = screen_open(&screen, shown[i].width),
						 .color = COLOR_NEVER};
		struct output *out;
		int errnum;

		assert_null(output_new(format_named(OUTPUT_HUNT, NULL), &options, &out));
		output_stuck(out, &(struct hunt_stuck){.target = *names_site(world.names, 0),
						       .state = "select",
						       .leads = &lead,
						       .num_leads = 1});
		assert_null(output_flush(out, &errnum));
		assert_non_null(strstr(screen_read(&screen), shown[i].text));
		output_free(out);
		fclose(options.file);
		screen_close(&screen);
	}
	world_end(&world);
}

/* ---- drilling ---- */

static void take_path(void *context, const struct hunt_report *report)
{
	struct hunt_drill *drill = context;

	drill->target = report->target;
	hunt_path(report, &drill->path);
}

static void add(struct hunt_drill *drill, struct hunt_path_func func)
{
	drill->path.funcs[drill->path.count++] = func;
}

/* What was found, and what has no probe for each of the reasons that there are. */
static struct hunt_drill make_drill(struct world *world)
{
	struct hunt_drill drill = {.slower_ns = 39500000};
	const struct name *load = names_caller(world->names, LOAD)->function;
	const struct name *assist = names_caller(world->names, ASSIST)->function;

	assert_null(hunt_report(world->hunt, world->names, &(struct hunt_report_options){0},
				&(struct hunt_visitor){.report = take_path, .context = &drill}));
	add(&drill,
	    (struct hunt_path_func){.function = load, .into = drill.path.funcs[0].function});
	add(&drill, (struct hunt_path_func){.function = load});
	add(&drill, (struct hunt_path_func){.function = assist, .va = ASSIST, .is_runtime = true});
	add(&drill, (struct hunt_path_func){.module = load});
	return drill;
}

static void assert_drill(const char *format, const char *name)
{
	struct world world;
	char *text = NULL;
	size_t size;
	struct output_options options = {.file = open_memstream(&text, &size)};
	struct hunt_drill drill, alone;
	struct output *out;
	int errnum;

	live(&world);
	options.names = world.names;
	drill = alone = make_drill(&world);
	alone.path.count = 0;
	for (unsigned i = 0; i < 2; i++) {
		assert_null(output_new(format_named(OUTPUT_HUNT, format), &options, &out));
		output_end(out, &(struct output_totals){.drill = i ? &alone : &drill});
		assert_null(output_flush(out, &errnum));
		output_free(out);
	}
	fclose(options.file);
	assert_golden(name, text);
	free(text);
	world_end(&world);
}

static void test_drill(void **state)
{
	assert_drill("text", "hunt-drill");
	assert_drill("json", "hunt-drill-json");
}

/* A handler behind wrappers: those are told in one line, and what is below them is where it was. Of one wait there is no
 * stack. */
static void wrapped(struct world *world)
{
	uint64_t sleep, lock;

	world_begin(world, &(struct hunt_settings){0});
	sleep = STACK(world, PARK, SLEEP, HOG, BURN, REFRESH, REFRESH, LOAD, GET, HANDLE);
	lock = STACK(world, PARK, LOCK, HOG, BURN, REFRESH, REFRESH, LOAD, GET, HANDLE);
	world_enter(world, 1, 0);
	world_wait(world, 1, 0, 60000, 60000, REASON_SLEEP, sleep, 0, 0);
	world_wait(world, 1, 60000, 100000, 100000, REASON_LOCK, lock, 0, 0);
	world_wait(world, 1, 100000, 120000, 120000, REASON_CHAN, 0, 0, 0);
	world_leave(world, 1, 120000);
	world_stop(world, 120000);
}

static void test_wrapped(void **state)
{
	_cleanup_free_ char *text = print(wrapped, "text", 0);

	(void)state;
	assert_golden("hunt-wrapped", text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),    cmocka_unit_test(test_json),
		cmocka_unit_test(test_folded),  cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_narrow),  cmocka_unit_test(test_deep),
		cmocka_unit_test(test_stuck),   cmocka_unit_test(test_lead_on_terminal),
		cmocka_unit_test(test_drill),   cmocka_unit_test(test_on),
		cmocka_unit_test(test_sampled), cmocka_unit_test(test_parts),
		cmocka_unit_test(test_wrapped),
	};

	if (argc > 1)
		write_to = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
