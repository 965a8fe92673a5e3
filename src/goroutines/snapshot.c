/* SPDX-License-Identifier: MIT */
#include "goroutines/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/text.h"
#include "gofuncgraph/record.h"

/* Goroutines that are read at once. */
#define BATCH 512
/* Of a g: all members of the layout are below; one is smaller than 500 bytes in Go 1.17 to 1.27. */
#define G_SIZE 384
/* Of each stack at first, and of those where that is not enough. */
#define STACK_SIZE      4096u
#define DEEP_STACK_SIZE (4u << 20)
#define MAX_ATTEMPTS    4
/* src/runtime/proc.go, maxstacksize's ceiling is less. */
#define MAX_STACK (UINT64_C(1) << 36)
/* Of all goroutines; a program that lies does not fill our memory. */
#define MAX_ALL_FRAMES (1u << 25)

/* The bit of a status that says that the collector holds it: src/runtime/runtime2.go, _Gscan. */
#define GO_SCAN 0x1000u

/* One g as it was. */
struct g {
	uint64_t lo, hi, ip, sp;
	uint64_t goid, since_ns;
	uint32_t status;
	uint8_t reason;
};

struct batch {
	const struct snapshot_source *source;
	struct snapshot *snapshot;
	uint64_t addresses[BATCH];
	struct g gs[BATCH];
	uint8_t raw[BATCH][G_SIZE];
	uint8_t stacks[BATCH][STACK_SIZE];
	uint8_t raw_again[BATCH][G_SIZE];
	struct memory_piece pieces[BATCH], pieces_again[BATCH];
	uint8_t *deep; /* DEEP_STACK_SIZE bytes; NULL: not needed yet */
	size_t count;
	size_t semaphore_slot; /* see awaited_read() */
};

static uint64_t word_at(const uint8_t *raw, uint32_t offset)
{
	uint64_t value = 0;

	if (offset <= G_SIZE - sizeof(value))
		memcpy(&value, raw + offset, sizeof(value));
	return value;
}

/* Its stack is as it was left; not while the collector looks at it, which may move it. */
static bool has_stack(const struct g *g)
{
	uint32_t state = g->status & STATE_NUMBER;

	return state == STATE_WAITING || state == STATE_RUNNABLE || state == STATE_SYSCALL ||
	       state == STATE_PREEMPTED || state == STATE_LEAKED;
}

static bool has_ended(const struct g *g)
{
	uint32_t state = g->status & STATE_NUMBER;

	return state == STATE_DEAD || state == STATE_IDLE || state == STATE_DEAD_EXTRA;
}

/* False: it is no g. */
static bool parse(const struct gobin_layout *layout, const uint8_t *raw, struct g *g)
{
	bool in_syscall;

	*g = (struct g){
		.lo = word_at(raw, layout->g_stack_lo),
		.hi = word_at(raw, layout->g_stack_hi),
		.goid = word_at(raw, layout->g_goid),
		.since_ns = word_at(raw, layout->g_waitsince),
		.status = (uint32_t)word_at(raw, layout->g_atomicstatus),
		.reason = (uint8_t)word_at(raw, layout->g_waitreason),
	};
	/* A goroutine in C keeps its stack there, too: runtime.cgocall is a system call. */
	in_syscall =
		(g->status & STATE_NUMBER) == STATE_SYSCALL && word_at(raw, layout->g_syscallsp);
	g->sp = word_at(raw, in_syscall ? layout->g_syscallsp : layout->g_sched_sp);
	g->ip = word_at(raw, in_syscall ? layout->g_syscallpc : layout->g_sched_pc);
	if (g->status & ~(uint32_t)(GO_SCAN | STATE_NUMBER) ||
	    (g->status & STATE_NUMBER) > STATE_DEAD_EXTRA)
		return false;
	return has_ended(g) || (g->goid && g->lo < g->hi && g->hi - g->lo <= MAX_STACK);
}

static bool is_same(const struct g *one, const struct g *other)
{
	return one->status == other->status && one->goid == other->goid && one->sp == other->sp &&
	       one->ip == other->ip && one->hi == other->hi && one->lo == other->lo &&
	       one->reason == other->reason;
}

/* ---- one goroutine ---- */

/* False: out of memory. */
static bool add_frames(struct snapshot *snapshot, struct goroutine *to, const uint64_t *frames,
		       size_t count)
{
	if (!array_reserve(&snapshot->frames, &snapshot->frames_capacity,
			   snapshot->num_frames + count, sizeof(*frames)))
		return false;
	to->first_frame = snapshot->num_frames;
	to->num_frames = (uint8_t)count;
	to->frames_hash = count;
	for (size_t i = 0; i < count; i++) {
		snapshot->frames[snapshot->num_frames++] = frames[i];
		to->frames_hash = hash_mix(to->frames_hash ^ frames[i]);
	}
	return true;
}

static void add_more(struct batch *batch, size_t i, const struct stack_bytes *stack,
		     struct goroutine *to)
{
	const struct snapshot_source *source = batch->source;
	const uint8_t *raw = batch->raw[i];
	const struct waiter waiter = {
		.g = batch->addresses[i],
		.lo = batch->gs[i].lo,
		.hi = batch->gs[i].hi,
		.waiting = word_at(raw, source->layout.g_waiting),
		.stack = stack,
		.way = source->ways[to->reason],
	};

	if (source->wants_awaited && to->state == STATE_WAITING)
		to->awaited = awaited_read(&source->memory, &source->layout, &waiter,
					   &batch->semaphore_slot, &batch->snapshot->channels);
	if (source->wants_labels)
		to->labels =
			label_sets_read(&batch->snapshot->labels, &source->memory, &source->layout,
					waiter.g, word_at(raw, source->layout.g_labels));
}

static struct error *add(struct batch *batch, size_t i, const struct stack_bytes *stack,
			 bool has_moved)
{
	struct snapshot *snapshot = batch->snapshot;
	const struct gobin_layout *layout = &batch->source->layout;
	const struct g *g = &batch->gs[i];
	const uint8_t *raw = batch->raw[i];
	uint64_t gopc = word_at(raw, layout->g_gopc), start = word_at(raw, layout->g_startpc);
	uint64_t frames[UNWIND_MAX_FRAMES], load_bias = batch->source->code.load_bias;
	size_t count = 0;
	struct goroutine one = {
		.g = batch->addresses[i],
		.goid = g->goid,
		.parent_goid = layout->g_parent_goid ? word_at(raw, layout->g_parent_goid) : 0,
		.gopc_va = gopc ? gopc - load_bias : 0,
		.start_va = start ? start - load_bias : 0,
		.state = g->status & STATE_NUMBER,
		.all_lo = g->lo,
		.all_hi = g->hi,
		.keeps_thread = word_at(raw, layout->g_lockedm),
		.has_moved = has_moved,
	};

	if (one.state == STATE_WAITING) {
		one.reason = g->reason;
		one.since_ns = g->since_ns;
	}
	if (stack) {
		one.sp = g->sp;
		one.hi = g->hi;
		one.ip = g->ip;
	}
	add_more(batch, i, stack, &one);
	if (stack)
		one.end = unwind(&batch->source->code, stack, g->ip, frames, &count);
	if (count > MAX_ALL_FRAMES - snapshot->num_frames) {
		one.end = UNWIND_LONG;
		count = 0;
	}
	if (!array_reserve(&snapshot->goroutines, &snapshot->capacity, snapshot->count + 1,
			   sizeof(one)) ||
	    !add_frames(snapshot, &one, frames, count))
		return error_out_of_memory();
	snapshot->goroutines[snapshot->count++] = one;
	return NULL;
}

/* ---- stacks ---- */

static uint64_t stack_len(const struct g *g)
{
	return has_stack(g) && g->sp >= g->lo && g->sp < g->hi ? g->hi - g->sp : 0;
}

/* True when the bytes that were read hold all frames there is room for. */
static bool is_enough(const struct batch *batch, size_t i)
{
	const struct stack_bytes stack = {batch->gs[i].sp, batch->stacks[i], batch->pieces[i].len};
	uint64_t frames[UNWIND_MAX_FRAMES];
	size_t count;

	return stack.len == stack_len(&batch->gs[i]) ||
	       unwind(&batch->source->code, &stack, batch->gs[i].ip, frames, &count) !=
		       UNWIND_SHORT_OF_BYTES;
}

/* A stack that is larger, with all that is to be compared, by itself. */
static struct error *add_deep(struct batch *batch, size_t i)
{
	struct g *g = &batch->gs[i], again;
	uint8_t raw[G_SIZE];
	struct stack_bytes stack;

	if (!batch->deep)
		batch->deep = malloc(DEEP_STACK_SIZE);
	if (!batch->deep)
		return error_out_of_memory();
	for (unsigned attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
		uint64_t len = stack_len(g);

		stack = (struct stack_bytes){g->sp, batch->deep,
					     len < DEEP_STACK_SIZE ? len : DEEP_STACK_SIZE};
		if (stack.len &&
		    !memory_read(&batch->source->memory, g->sp, batch->deep, stack.len))
			stack.len = 0;
		if (!memory_read(&batch->source->memory, batch->addresses[i], raw, sizeof(raw)) ||
		    !parse(&batch->source->layout, raw, &again)) {
			batch->snapshot->num_unreadable++;
			return NULL;
		}
		if (has_ended(&again))
			return NULL;
		memcpy(batch->raw[i], raw, sizeof(raw));
		if (is_same(g, &again) && !(again.status & GO_SCAN))
			return add(batch, i, stack.len ? &stack : NULL, false);
		*g = again;
	}
	return add(batch, i, NULL, true);
}

/* ---- many ---- */

static void forget(struct batch *batch, size_t i)
{
	batch->count--;
	batch->addresses[i] = batch->addresses[batch->count];
	batch->gs[i] = batch->gs[batch->count];
	memcpy(batch->raw[i], batch->raw[batch->count], G_SIZE);
}

static struct error *read_gs(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->pieces[i] =
			(struct memory_piece){batch->addresses[i], batch->raw[i], G_SIZE, 0};
	return batch->source->memory.read(batch->source->memory.context, batch->pieces,
					  batch->count);
}

static struct error *read_first(struct batch *batch)
{
	struct error *err = read_gs(batch);

	for (size_t i = batch->count; !err && i-- > 0;) {
		bool is_g = batch->pieces[i].is_read &&
			    parse(&batch->source->layout, batch->raw[i], &batch->gs[i]);

		batch->snapshot->num_unreadable += !is_g;
		if (!is_g || has_ended(&batch->gs[i]))
			forget(batch, i);
	}
	return err;
}

static struct error *read_stacks(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		uint64_t len = stack_len(&batch->gs[i]);

		batch->pieces[i] = (struct memory_piece){batch->gs[i].sp, batch->stacks[i],
							 len < STACK_SIZE ? len : STACK_SIZE, 0};
	}
	return batch->source->memory.read(batch->source->memory.context, batch->pieces,
					  batch->count);
}

/* Adds those that have not moved, in their order; the others go to add_deep(), which tries again. */
static struct error *read_batch(struct batch *batch)
{
	struct memory_piece *again = batch->pieces_again;
	struct error *err = read_first(batch);

	err = err ?: read_stacks(batch);
	if (err)
		return err;
	for (size_t i = 0; i < batch->count; i++)
		again[i] =
			(struct memory_piece){batch->addresses[i], batch->raw_again[i], G_SIZE, 0};
	err = batch->source->memory.read(batch->source->memory.context, again, batch->count);
	for (size_t i = 0; i < batch->count && !err; i++) {
		const struct stack_bytes stack = {batch->gs[i].sp, batch->stacks[i],
						  batch->pieces[i].len};
		struct g now;
		bool is_still = again[i].is_read &&
				parse(&batch->source->layout, batch->raw_again[i], &now) &&
				is_same(&batch->gs[i], &now) && !(now.status & GO_SCAN);

		if (is_still && !stack_len(&batch->gs[i]))
			err = add(batch, i, NULL, false);
		else if (is_still && batch->pieces[i].is_read && is_enough(batch, i))
			err = add(batch, i, &stack, false);
		else
			err = add_deep(batch, i);
	}
	return err;
}

struct error *snapshot_take_some(const struct snapshot_source *source, const uint64_t *addresses,
				 size_t count, struct snapshot *snapshot)
{
	_cleanup_free_ struct batch *batch = malloc(sizeof(*batch));
	struct error *err = NULL;

	*snapshot = (struct snapshot){0};
	if (!batch)
		return error_out_of_memory();
	/* It is large: no more of it is touched than is needed. */
	batch->source = source;
	batch->snapshot = snapshot;
	batch->deep = NULL;
	batch->semaphore_slot = 0;
	for (size_t at = 0; at < count && !err; at += BATCH) {
		batch->count = count - at < BATCH ? count - at : BATCH;
		memcpy(batch->addresses, addresses + at, batch->count * sizeof(*addresses));
		err = read_batch(batch);
	}
	free(batch->deep);
	return err;
}

struct error *snapshot_take(const struct snapshot_source *source, struct snapshot *snapshot)
{
	_cleanup_free_ uint64_t *all = NULL;
	bool is_cut;
	uint64_t slice[2];
	struct error *err = NULL;
	struct memory_piece piece = {.at = source->allgs, .to = slice, .len = sizeof(slice)};

	*snapshot = (struct snapshot){0};
	err = source->memory.read(source->memory.context, &piece, 1);
	if (err)
		return err;
	/* The list only grows, and is copied when it moves: an old place stays right as far as it
	 * went (src/runtime/proc.go, allgadd()). */
	if (!piece.is_read || !slice[0] || !slice[1])
		return error_new(
			"no goroutines are where the runtime lists them: it has not started yet, or this version of Go is not known");
	is_cut = slice[1] > SNAPSHOT_MAX_GOROUTINES;
	if (is_cut)
		slice[1] = SNAPSHOT_MAX_GOROUTINES;
	all = malloc(slice[1] * sizeof(*all));
	if (!all)
		return error_out_of_memory();
	if (!memory_read(&source->memory, slice[0], all, slice[1] * sizeof(*all)))
		return error_new("the list of goroutines cannot be read: its memory is gone");
	err = snapshot_take_some(source, all, slice[1], snapshot);
	snapshot->is_cut = is_cut;
	if (!err && snapshot->num_unreadable > slice[1] / 2)
		err = error_new(
			"%s of the %s goroutines that the runtime lists are none as far as is known: this version of Go is not known",
			text_count(snapshot->num_unreadable).text, text_count(slice[1]).text);
	return err;
}

void snapshot_release(struct snapshot *snapshot)
{
	free(snapshot->goroutines);
	free(snapshot->frames);
	free(snapshot->channels.items);
	label_sets_release(&snapshot->labels);
	*snapshot = (struct snapshot){0};
}
