/* SPDX-License-Identifier: MIT */
/*
 * fake_output.h - sites of four functions, and names for them, for tests of formats.
 *
 * Function n has its entry at site 2 * n and its exit at site 2 * n + 1, 192 bytes in, at line
 * 20 + n. The function at 0x9000 is a caller, called from line 2122. Those at 0xa000 and above wake
 * others, or are started as goroutines.
 */
#ifndef GOFUNCGRAPH_FAKE_OUTPUT_H
#define GOFUNCGRAPH_FAKE_OUTPUT_H

#include <stdio.h>
#include <string.h>

#include "feed_trees.h"
#include "gofuncgraph/calltree.h"
#include "output/format.h"
#include "utc.h"

static const struct gobin_func fake_funcs[] = {
	{.name = "main.handleBar", .va = 0x1000, .size = 0x200},
	{.name = "net/http.(*response).Write", .va = 0x1200, .size = 0x200},
	{.name = "main.\"odd\"\x1b[\xc2\xb7\xff", .va = 0x1400, .size = 0x200},
	{.name = "net/http.HandlerFunc.ServeHTTP", .va = 0x9000, .size = 0x100},
	{.name = "runtime.goready", .va = 0xa000, .size = 0x100},
	{.name = "runtime.goexit", .va = 0xa100, .size = 0x100},
	{.name = "sync.(*Mutex).Unlock", .va = 0xa200, .size = 0x100},
	{.name = "main.worker", .va = 0xb000, .size = 0x100},
	{.name = "main.(*Cache[go.shape.[]uint8,go.shape.*uint8]).Get",
	 .va = 0x1600,
	 .size = 0x200},
};

static const struct name_site fake_sites[] = {
	{0x1004, 0}, {0x1000 + 192, 0}, {0x1204, 1}, {0x1200 + 192, 1},
	{0x1404, 2}, {0x1400 + 192, 2}, {0x1604, 3}, {0x1600 + 192, 3},
};

#define FAKE_NUM_SITES (sizeof(fake_sites) / sizeof(fake_sites[0]))

static const struct gobin_func *fake_func_at(const void *context, uint64_t va)
{
	for (size_t i = 0; i < sizeof(fake_funcs) / sizeof(fake_funcs[0]); i++) {
		if (va >= fake_funcs[i].va && va - fake_funcs[i].va < fake_funcs[i].size)
			return &fake_funcs[i];
	}
	return NULL;
}

static struct gobin_line fake_line_at(const void *context, uint64_t va)
{
	size_t *lookups = (size_t *)context; /* counted, by the one who asks */

	if (lookups)
		++*lookups;
	if (va >= 0x1400 && va < 0x1600)
		return (struct gobin_line){0}; /* the odd one has no lines */
	if (va >= 0x9000)
		return (struct gobin_line){"/go/server.go", va - 0x9000 == 46 ? 2122 : 1};
	return (struct gobin_line){"/home/me/main.go", (unsigned)(20 + (va - 0x1000) / 0x200)};
}

/* Something is inlined into main.worker, by line 2122. */
static uint64_t fake_outermost_va(const void *context, uint64_t va)
{
	return va == 0xb000 + 119 ? 0x9000 + 46 : va;
}

static const char *fake_wait_reason(const void *context, unsigned reason)
{
	static const char *const reasons[] = {"",       "sleep", "chan receive", "odd\n",
					      "select", "sleep", "runnable"};

	return reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[reason] : NULL;
}

/* Everything between records and text, into a stream in memory. */
struct fake_output {
	char *text;
	size_t size;
	FILE *file;
	size_t lookups;
	struct names *names;
	struct output *out;
	struct calltree *trees;
	struct event_clock clock;
	uint64_t now_ns;
};

static inline int fake_output_start_with(struct fake_output *fake, const char *format,
					 struct output_options options)
{
	struct name_source source = {.context = &fake->lookups,
				     .func_at = fake_func_at,
				     .line_at = fake_line_at,
				     .outermost_va = fake_outermost_va,
				     .wait_reason = fake_wait_reason};

	memset(fake, 0, sizeof(*fake));
	if (names_new(&source, fake_sites, FAKE_NUM_SITES, &fake->names))
		return -1;
	options.names = fake->names;
	/* 2026-10-17 16:08:05 UTC */
	fake->clock = (struct event_clock){.num_steps = 1, .steps = {{0, 1792253285000000000}}};
	options.clock = &fake->clock;
	fake->file = options.file ?: open_memstream(&fake->text, &fake->size);
	options.file = fake->file;
	if (!fake->file || output_new(format_named(OUTPUT_TREES, format), &options, &fake->out))
		return -1;
	struct calltree_sink sink = output_sink(fake->out);
	return calltree_new(&sink, &fake->trees) ? -1 : 0;
}

static inline int fake_output_start(struct fake_output *fake, const char *format,
				    uint64_t max_trees)
{
	return fake_output_start_with(fake, format,
				      (struct output_options){.max_trees = max_trees});
}

static inline void fake_output_stop(struct fake_output *fake)
{
	calltree_free(fake->trees);
	output_free(fake->out);
	names_free(fake->names);
	fclose(fake->file);
	free(fake->text);
}

/* A test's *state, until fake_output_teardown(). */
static inline int fake_output_setup(void **state, const char *format, struct output_options options)
{
	*state = malloc(sizeof(struct fake_output));
	use_utc();
	return *state ? fake_output_start_with(*state, format, options) : -1;
}

static inline int fake_output_teardown(void **state)
{
	fake_output_stop(*state);
	free(*state);
	return 0;
}

/* From this time on the wall clock is as many seconds ahead of where it was. */
static inline void fake_set_wall_clock(struct event_clock *clock, uint64_t since_ns,
				       int64_t seconds)
{
	clock->steps[clock->num_steps] = (struct event_clock_step){
		since_ns, clock->steps[clock->num_steps - 1].offset_ns + seconds * 1000000000};
	clock->num_steps++;
}

/* What has been written by now. */
static inline const char *fake_output_text(struct fake_output *fake)
{
	int errnum;
	_cleanup_error_ struct error *err = output_flush(fake->out, &errnum);

	return err ? error_message(err) : fake->text;
}

/* `us` is the time since the last record. */
static inline void fake_feed(struct fake_output *fake, uint64_t us, uint64_t goid,
			     struct facts *record)
{
	fake->now_ns += us * 1000;
	record->time_ns = fake->now_ns;
	record->goid = goid;
	record->pid = record->pid ? record->pid : 812;
	record->tid = 815;
	error_free(calltree_feed(fake->trees, FACTS_RECORD(record)));
}

/* Records of goroutine 34, or another, at 0x10 bytes a depth. `pid`: 0 is 812. */
static inline void fake_record(struct fake_output *fake, uint64_t us, struct facts record)
{
	fake_feed(fake, us, record.goid ? record.goid : 34, &record);
}

static inline void fake_enter_of(struct fake_output *fake, uint64_t us, uint64_t goid, uint32_t pid,
				 uint32_t func, uint32_t depth, uint64_t caller_va)
{
	fake_feed(fake, us, goid,
		  &(struct facts){.kind = RECORD_ENTRY,
				  .pid = pid,
				  .site = func * 2,
				  .frame = 16 + depth * 16,
				  .caller_va = caller_va,
				  .flags = depth ? 0 : RECORD_OPENS_TREE});
}

static inline void fake_leave_of(struct fake_output *fake, uint64_t us, uint64_t goid, uint32_t pid,
				 uint32_t func, uint32_t depth)
{
	fake_feed(fake, us, goid,
		  &(struct facts){.kind = RECORD_RETURN,
				  .pid = pid,
				  .site = func * 2 + 1,
				  .frame = 16 + depth * 16,
				  .flags = depth ? 0 : RECORD_CLOSES_TREE});
}

static inline void fake_enter(struct fake_output *fake, uint64_t us, uint32_t func, uint32_t depth,
			      uint64_t caller_va)
{
	fake_enter_of(fake, us, 34, 0, func, depth, caller_va);
}

static inline void fake_leave(struct fake_output *fake, uint64_t us, uint32_t func, uint32_t depth)
{
	fake_leave_of(fake, us, 34, 0, func, depth);
}

/* Goroutine 34 starts goroutine `goid` with main.worker, 88 bytes into main.handleBar. */
static inline void fake_go(struct fake_output *fake, uint64_t us, uint64_t goid)
{
	struct facts go = {.caller_va = 0x1000 + 88,
			   .frame = 16,
			   .kind = RECORD_GO,
			   .has_origin = true,
			   .new_state = STATE_RUNNABLE,
			   .by_goid = 34,
			   .start_va = 0xb000};

	fake_feed(fake, us, goid, &go);
}

/* ---- without records ---- */

/* Hands a tree on, as the calltree does. */
static inline void fake_end_tree(struct fake_output *fake, const struct tree *tree)
{
	struct calltree_sink sink = output_sink(fake->out);

	sink.tree_ended(sink.context, tree);
}

/* A call of main.handleBar, of 523,311 us. */
static inline struct call fake_handle_bar(void)
{
	return (struct call){.end_ns = 523311000,
			     .caller_va = 0x9000 + 47,
			     .entry_site = 0,
			     .exit_site = 1,
			     .end = CALL_RETURN};
}

#endif
