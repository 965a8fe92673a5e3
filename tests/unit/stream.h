/* SPDX-License-Identifier: MIT */
/*
 * stream.h - a stream of events, the same every time, in which everything happens that a format may
 * have to print: goroutines of two processes that call, panic, wait, are woken and start others,
 * threads without a goroutine, losses, programs that end, names that are odd or not known.
 *
 * For the functions of fake_output.h.
 */
#ifndef GOFUNCGRAPH_STREAM_H
#define GOFUNCGRAPH_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"

#define STREAM_GOROUTINES 6
#define STREAM_DEPTH      5

struct stream_goroutine {
	uint64_t goid;
	uint32_t pid;
	uint32_t depth; /* calls that are open */
	uint32_t funcs[STREAM_DEPTH];
	uint8_t state;
	uint8_t reason;
};

struct stream {
	uint64_t random; /* xorshift64 */
	uint64_t now_ns;
	uint64_t next_goid;
	struct stream_goroutine goroutines[STREAM_GOROUTINES];
	struct facts event; /* the one that was made last */
};

static inline uint32_t stream_below(struct stream *stream, uint32_t limit)
{
	stream->random ^= stream->random << 13;
	stream->random ^= stream->random >> 7;
	stream->random ^= stream->random << 17;
	return (uint32_t)(stream->random >> 32) % limit;
}

static inline void stream_start(struct stream *stream)
{
	*stream = (struct stream){.random = 88172645463325252ull, .now_ns = 1000, .next_goid = 100};
	for (uint32_t i = 0; i < STREAM_GOROUTINES; i++)
		stream->goroutines[i] = (struct stream_goroutine){
			.goid = i < 5 ? 17 + i : 0, .pid = 812 + i % 2, .state = STATE_RUNNING};
}

/* Return addresses: callers with and without names, in other files, unknown. */
static inline uint64_t stream_address(struct stream *stream)
{
	static const uint64_t addresses[] = {
		0x9000 + 47,         0x1000 + 88,        0xa000 + 5,
		0xa200 + 9,          0xb000 + 120,       0x1400 + 9,
		0xa100 + 1,          0x7fff0000,         0,
		FOREIGN_ADDRESS | 3, 0x1200 + 100,       0x9000 + 1,
		0xb000 + 17,         0x7fffffffffffffff,
	};

	return addresses[stream_below(stream, sizeof(addresses) / sizeof(addresses[0]))];
}

static inline void stream_enter(struct stream *stream, struct stream_goroutine *goroutine)
{
	struct facts *event = &stream->event;
	uint32_t func = stream_below(stream, 3);

	event->kind = RECORD_ENTRY;
	event->site = func * 2;
	event->caller_va = stream_address(stream);
	event->flags = goroutine->depth ? 0 : RECORD_OPENS_TREE;
	goroutine->funcs[goroutine->depth++] = func;
	event->frame = goroutine->depth * 16;
}

static inline void stream_leave(struct stream *stream, struct stream_goroutine *goroutine)
{
	struct facts *event = &stream->event;

	event->kind = stream_below(stream, 9) ? RECORD_RETURN : RECORD_TAIL_CALL;
	event->frame = goroutine->depth * 16;
	event->site = goroutine->funcs[--goroutine->depth] * 2 + 1;
	event->flags = goroutine->depth ? 0 : RECORD_CLOSES_TREE;
}

/* A panic that is recovered, another stack, the end of the goroutine or of its program. */
static inline void stream_end(struct stream *stream, struct stream_goroutine *goroutine)
{
	static const uint8_t kinds[] = {RECORD_UNWIND,      RECORD_UNWIND, RECORD_LEFT,
					RECORD_GOEXIT,      RECORD_GOEXIT, RECORD_EXEC,
					RECORD_PROCESS_EXIT};
	struct facts *event = &stream->event;

	event->kind = kinds[stream_below(stream, sizeof(kinds))];
	if (event->kind == RECORD_UNWIND || event->kind == RECORD_LEFT) {
		goroutine->depth = stream_below(stream, goroutine->depth + 1);
		event->frame = goroutine->depth * 16;
		event->flags = goroutine->depth ? 0 : RECORD_CLOSES_TREE;
		return;
	}
	event->flags = event->kind == RECORD_GOEXIT ? RECORD_CLOSES_TREE : 0;
	for (uint32_t i = 0; i < STREAM_GOROUTINES; i++)
		if (event->kind != RECORD_GOEXIT && stream->goroutines[i].pid == event->pid)
			stream->goroutines[i].depth = 0;
	goroutine->depth = 0;
}

static inline void stream_change(struct stream *stream, struct stream_goroutine *goroutine)
{
	static const uint8_t states[] = {
		STATE_RUNNING, STATE_RUNNABLE,  STATE_WAITING, STATE_SYSCALL,
		STATE_WAITING, STATE_PREEMPTED, STATE_RUNNING, 77};
	struct facts *event = &stream->event;
	bool waited = goroutine->state == STATE_WAITING;

	event->kind = RECORD_STATE;
	event->old_state = goroutine->state;
	goroutine->state = states[stream_below(stream, sizeof(states))];
	event->new_state = goroutine->state;
	if (!stream_below(stream, 12))
		event->new_state |= STATE_SCAN;
	if (!waited)
		goroutine->reason = (uint8_t)stream_below(stream, 9);
	event->reason = goroutine->reason;
	if (!waited || !stream_below(stream, 4))
		return;
	event->has_origin = true;
	stream->event.by_goid = 41;
	stream->event.start_va = stream_below(stream, 2) ? 0xb000 : 0x1400;
	for (uint32_t i = stream_below(stream, WAKER_DEPTH + 1); i-- > 0;)
		stream->event.by_stack[i] = stream_address(stream) ?: 0xa000 + 5;
}

/* The goroutine starts another one, which takes the place of one of the others. */
static inline void stream_go(struct stream *stream, struct stream_goroutine *goroutine)
{
	struct facts *event = &stream->event;
	struct stream_goroutine *started =
		&stream->goroutines[stream_below(stream, STREAM_GOROUTINES - 1)];

	event->kind = RECORD_GO;
	event->has_origin = true;
	event->caller_va = 0x1000 + 88;
	event->frame = 16;
	event->new_state = STATE_RUNNABLE;
	event->goid = stream->next_goid++;
	stream->event.by_goid = goroutine->goid;
	stream->event.start_va = stream_below(stream, 4) ? 0xb000 : stream_address(stream);
	if (started != goroutine && !started->depth)
		*started = (struct stream_goroutine){
			.goid = event->goid, .pid = event->pid, .state = STATE_RUNNABLE};
}

/* The next event, in stream->event. */
static inline const struct facts *stream_next(struct stream *stream)
{
	struct stream_goroutine *goroutine =
		&stream->goroutines[stream_below(stream, STREAM_GOROUTINES)];
	uint32_t what = stream_below(stream, 100);

	stream->now_ns += 1000 * (1 + stream_below(stream, 1u << stream_below(stream, 21)));
	stream->event = (struct facts){.time_ns = stream->now_ns,
				       .goid = goroutine->goid,
				       .pid = goroutine->pid,
				       .tid = goroutine->pid + stream_below(stream, 3)};
	if (!stream_below(stream, 40))
		stream->event.lost = 1 + stream_below(stream, 3);
	if (what < 32 && goroutine->depth < STREAM_DEPTH)
		stream_enter(stream, goroutine);
	else if (what < 60 && goroutine->depth)
		stream_leave(stream, goroutine);
	else if (what < 64 && goroutine->depth)
		stream_end(stream, goroutine);
	else if (what < 70 && goroutine->goid)
		stream_go(stream, goroutine);
	else
		stream_change(stream, goroutine);
	return &stream->event;
}

#endif
