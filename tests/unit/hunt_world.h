/* SPDX-License-Identifier: MIT */
/*
 * hunt_world.h - a hunt that tests feed by hand, with a program of some functions. Times are microseconds
 * since the beginning.
 */
#ifndef GOFUNCGRAPH_HUNT_WORLD_H
#define GOFUNCGRAPH_HUNT_WORLD_H

#include <stdlib.h>

#include "facts.h"
#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/stacks.h"

#define WORLD_PID   7
#define WORLD_START UINT64_C(1000000000)

/* Return addresses in functions; lines are ten times the number of the function. */
enum world_address {
	HANDLE = 0x1010, /* main.handle, the target */
	GET = 0x2010, /* main.(*cache).Get */
	REFRESH = 0x3010, /* main.refresh */
	LOAD = 0x4010, /* main.load */
	LOCK = 0x5010, /* sync.(*Mutex).Lock */
	SLEEP = 0x6010, /* time.Sleep */
	PARK = 0x7010, /* runtime.gopark */
	ASSIST = 0x8010, /* runtime.gcAssistAlloc */
	BURN = 0x9010, /* main.burn */
	SHA = 0xa010, /* crypto/sha256.Sum256 */
	CGOCALL = 0xb010, /* runtime.cgocall */
	NAP = 0xc010, /* main._Cfunc_nap */
	HOG = 0xd010, /* main.hog */
	UNLOCK = 0xe010, /* sync.(*Mutex).Unlock */
	GCWORKER = 0xf010, /* runtime.gcBgMarkWorker */
	FSYNC = 0x10010, /* syscall.Fsync */
	SWITCH = 0x12000, /* runtime.systemstack_switch begins there; nothing is before it */
};

enum world_reason { REASON_SLEEP = 1, REASON_LOCK, REASON_CHAN, REASON_GC, REASON_IO };

#define WORLD_FUNC(number, function) {.name = function, .va = (number) * 0x1000, .size = 0x1000}
#define WORLD_LINE(number, path)     {(number) * 0x1000, {path, (number) * 10}, 0}

static const struct gobin_func world_funcs[] = {
	WORLD_FUNC(1, "main.handle"),
	WORLD_FUNC(2, "main.(*cache).Get"),
	WORLD_FUNC(3, "main.refresh"),
	WORLD_FUNC(4, "main.load"),
	WORLD_FUNC(5, "sync.(*Mutex).Lock"),
	WORLD_FUNC(6, "time.Sleep"),
	WORLD_FUNC(7, "runtime.gopark"),
	WORLD_FUNC(8, "runtime.gcAssistAlloc"),
	WORLD_FUNC(9, "main.burn"),
	WORLD_FUNC(10, "crypto/sha256.Sum256"),
	WORLD_FUNC(11, "runtime.cgocall"),
	WORLD_FUNC(12, "main._Cfunc_nap"),
	WORLD_FUNC(13, "main.hog"),
	WORLD_FUNC(14, "sync.(*Mutex).Unlock"),
	WORLD_FUNC(15, "runtime.gcBgMarkWorker"),
	WORLD_FUNC(16, "syscall.Fsync"),
	WORLD_FUNC(18, "runtime.systemstack_switch"),
};

static const struct name_line world_lines[] = {
	WORLD_LINE(1, "/src/main.go"),
	WORLD_LINE(2, "/src/cache.go"),
	WORLD_LINE(3, "/src/cache.go"),
	WORLD_LINE(4, "/src/load.go"),
	WORLD_LINE(5, "/go/src/sync/mutex.go"),
	WORLD_LINE(6, "/go/src/runtime/time.go"),
	WORLD_LINE(7, "/go/src/runtime/proc.go"),
	WORLD_LINE(8, "/go/src/runtime/mgcmark.go"),
	WORLD_LINE(9, "/src/burn.go"),
	WORLD_LINE(10, "/go/src/crypto/sha256/sha256.go"),
	WORLD_LINE(11, "/go/src/runtime/cgocall.go"),
	WORLD_LINE(12, "_cgo_gotypes.go"),
	WORLD_LINE(13, "/src/hog.go"),
	WORLD_LINE(14, "/go/src/sync/mutex.go"),
	WORLD_LINE(15, "/go/src/runtime/mgc.go"),
	WORLD_LINE(16, "/go/src/syscall/zsyscall_linux_amd64.go"),
	WORLD_LINE(18, "/go/src/runtime/asm_amd64.s"),
};

static const char *const world_reasons[] = {
	"", "sleep", "sync.Mutex.Lock", "chan receive", "GC assist wait", "IO wait"};

static const struct name_table world_table = {
	.funcs = world_funcs,
	.lines = world_lines,
	.reasons = world_reasons,
	.num_funcs = sizeof(world_funcs) / sizeof(world_funcs[0]),
	.num_lines = sizeof(world_lines) / sizeof(world_lines[0]),
	.num_reasons = sizeof(world_reasons) / sizeof(world_reasons[0]),
	.arch = &arch_x86_64,
	.own_code = {.goroot = "/go/src/"},
};

static const struct name_site world_sites[] = {{0x1000, 0}, {0x1100, 0}, {0x3000, 1}, {0x3100, 1}};

struct world {
	struct hunt *hunt;
	struct names *names;
	uint32_t pid; /* whose records are fed */
	unsigned num_stuck;
	struct hunt_open stuck; /* the last one */
	unsigned num_looks; /* at those */
	uint16_t num_addresses; /* that the last one found */
	uint64_t next_stack;
};

static inline uint64_t world_ns(uint64_t us)
{
	return WORLD_START + us * 1000;
}

static inline uint32_t world_func_of_site(void *context, uint32_t site)
{
	return site < 4 ? world_sites[site].func : 0;
}

static inline void world_on_stuck(void *context, const struct hunt_open *call)
{
	struct world *world = context;

	world->num_stuck++;
	world->stuck = *call;
}

static inline void world_on_look(void *context, const struct hunt_open *call,
				 const struct record_stuck *look, const struct known_stack *stack)
{
	struct world *world = context;

	world->num_looks++;
	world->num_addresses = stack ? stack->count : 0;
	assert_int_equal(call->goid, look->header.goid);
}

static inline void world_begin(struct world *world, const struct hunt_settings *settings)
{
	const struct name_source source = name_source_table(&world_table);
	const struct hunt_sink sink = {.context = world,
				       .func_of_site = world_func_of_site,
				       .overdue = world_on_stuck,
				       .stuck = world_on_look};

	*world = (struct world){.next_stack = 100, .pid = WORLD_PID};
	assert_null(names_new(&source, world_sites, 4, &world->names));
	assert_null(hunt_new(settings, &sink, &world->hunt));
}

static inline void world_end(struct world *world)
{
	hunt_free(world->hunt);
	names_free(world->names);
}

static inline void world_feed(struct world *world, union any_record *room, uint8_t kind,
			      uint64_t us, uint64_t goid)
{
	room->header.kind = kind;
	room->header.size = room->header.size ?: (uint16_t)record_min_size(kind);
	room->header.time_ns = world_ns(us);
	room->header.goid = goid;
	room->header.pid = world->pid;
	room->header.tid = 70;
	assert_true(record_is_valid(&room->header, sizeof(*room)));
	assert_null(hunt_feed(world->hunt, &room->header));
}

/* One of the innermost frame first; 0 ends it. Its id. */
#define STACK(world, ...) world_stack(world, (const uint64_t[]){__VA_ARGS__, 0})

static inline uint64_t world_stack(struct world *world, const uint64_t *addresses)
{
	union any_record room = {.stack = {.id = ++world->next_stack, .end = STACK_TARGET}};

	while (addresses[room.stack.count]) {
		room.stack.addresses[room.stack.count] = addresses[room.stack.count];
		room.stack.count++;
	}
	room.header.size = (uint16_t)(record_min_size(RECORD_STACK) + room.stack.count * 8);
	world_feed(world, &room, RECORD_STACK, 0, 0);
	return world->next_stack;
}

static inline void world_enter(struct world *world, uint64_t goid, uint64_t us)
{
	union any_record room = {.at = {.site = 0, .frame = 64}};

	room.header.flags = RECORD_OPENS_TREE;
	world_feed(world, &room, RECORD_ENTRY, us, goid);
}

static inline void world_leave(struct world *world, uint64_t goid, uint64_t us)
{
	union any_record room = {.at = {.site = 1, .frame = 64}};

	room.header.flags = RECORD_CLOSES_TREE;
	world_feed(world, &room, RECORD_RETURN, us, goid);
}

/* Twenty calls of 10 us, one after the other from `us` on; when the last one ended. */
static inline uint64_t world_be_fast(struct world *world, uint64_t goid, uint64_t us)
{
	for (unsigned i = 0; i < 20; i++, us += 20) {
		world_enter(world, goid, us);
		world_leave(world, goid, us + 10);
	}
	return us;
}

/* Of STATE_WAITING. */
static inline void world_wait(struct world *world, uint64_t goid, uint64_t start_us,
			      uint64_t ready_us, uint64_t end_us, uint8_t reason, uint64_t stack,
			      uint64_t by_goid, uint64_t by_stack)
{
	union any_record room = {.wait = {.start_ns = world_ns(start_us),
					  .ready_ns = world_ns(ready_us),
					  .stack = stack,
					  .by_goid = by_goid,
					  .by_stack = by_stack,
					  .state = STATE_WAITING,
					  .reason = reason,
					  .syscall = -1}};

	world_feed(world, &room, RECORD_WAIT, end_us, goid);
}

/* The same for the network poller, which wakes it at once. */
static inline void world_wait_on(struct world *world, uint64_t goid, uint64_t start_us,
				 uint64_t end_us, uint64_t stack, const struct waited_on *on)
{
	union any_record room = {.wait_on = {.wait = {.start_ns = world_ns(start_us),
						      .ready_ns = world_ns(end_us),
						      .stack = stack,
						      .state = STATE_WAITING,
						      .reason = REASON_IO,
						      .syscall = -1},
					     .on = *on}};

	room.header.size = sizeof(room.wait_on);
	world_feed(world, &room, RECORD_WAIT, end_us, goid);
}

/* The goroutine is started by another one, in main.handle, with the function at start_va. */
static inline void world_go(struct world *world, uint64_t goid, uint64_t by_goid, uint64_t us,
			    uint64_t start_va)
{
	union any_record room = {
		.go.origin = {.by_goid = by_goid, .start_va = start_va, .go_va = HANDLE}};

	world_feed(world, &room, RECORD_GO, us, goid);
}

static inline void world_sample(struct world *world, uint64_t goid, uint64_t us, uint64_t stack)
{
	union any_record room = {.sample = {.stack = stack, .state = STATE_RUNNING, .syscall = -1}};

	world_feed(world, &room, RECORD_SAMPLE, us, goid);
}

/* Without a processor; unless it slept, hot126 had it. */
static inline void world_off_cpu(struct world *world, uint64_t from_us, uint64_t to_us, bool slept,
				 uint64_t stack)
{
	union any_record room = {.offcpu = {.start_ns = world_ns(from_us),
					    .stack = stack,
					    .slept = slept,
					    .by = OFFCPU_BY_OTHER,
					    .by_comm = "hot126"}};

	world_feed(world, &room, RECORD_OFFCPU, to_us, 1);
}

static inline void world_stop(struct world *world, uint64_t us)
{
	union any_record room = {0};

	world_feed(world, &room, RECORD_STOPPED, us, 0);
}

/* ---- what comes out ---- */

static inline void assert_doing(const struct hunt_doing *doing, const char *kind, const char *own,
				const char *callee)
{
	assert_string_equal(doing->kind_name, kind);
	if (own) {
		assert_non_null(doing->own.function);
		assert_string_equal(doing->own.function->text, own);
	} else {
		assert_null(doing->own.function);
	}
	if (callee)
		assert_string_equal(doing->callee->text, callee);
	else
		assert_null(doing->callee);
}

/* Checks a report. */
struct world_check {
	void (*check)(const struct hunt_report *report);
	unsigned count;
};

static inline void world_visit(void *context, const struct hunt_report *report)
{
	struct world_check *check = context;

	check->count++;
	if (check->check)
		check->check(report);
}

/* Returns how many targets there are. */
static inline unsigned world_report(struct world *world, const struct hunt_report_options *options,
				    void (*check)(const struct hunt_report *report))
{
	struct world_check checker = {.check = check};

	assert_null(hunt_report(world->hunt, world->names, options,
				&(struct hunt_visitor){world_visit, &checker}));
	return checker.count;
}

#endif
