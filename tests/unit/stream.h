/* SPDX-License-Identifier: MIT */
/*
 * stream.h - a stream of records, the same every time, in which everything happens that a format may
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
	struct facts record; /* the one that was made last */
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
	struct facts *record = &stream->record;
	uint32_t func = stream_below(stream, 3);

	record->kind = RECORD_ENTRY;
	record->site = func * 2;
	record->caller_va = stream_address(stream);
	record->flags = goroutine->depth ? 0 : RECORD_OPENS_TREE;
	goroutine->funcs[goroutine->depth++] = func;
	record->frame = goroutine->depth * 16;
}

static inline void stream_leave(struct stream *stream, struct stream_goroutine *goroutine)
{
	struct facts *record = &stream->record;

	record->kind = stream_below(stream, 9) ? RECORD_RETURN : RECORD_TAIL_CALL;
	record->frame = goroutine->depth * 16;
	record->site = goroutine->funcs[--goroutine->depth] * 2 + 1;
	record->flags = goroutine->depth ? 0 : RECORD_CLOSES_TREE;
}

/* A panic that is recovered, another stack, the end of the goroutine or of its program. */
static inline void stream_end(struct stream *stream, struct stream_goroutine *goroutine)
{
	static const uint8_t kinds[] = {RECORD_UNWIND,      RECORD_UNWIND, RECORD_LEFT,
					RECORD_GOEXIT,      RECORD_GOEXIT, RECORD_EXEC,
					RECORD_PROCESS_EXIT};
	struct facts *record = &stream->record;

	record->kind = kinds[stream_below(stream, sizeof(kinds))];
	if (record->kind == RECORD_UNWIND || record->kind == RECORD_LEFT) {
		goroutine->depth = stream_below(stream, goroutine->depth + 1);
		record->frame = goroutine->depth * 16;
		record->flags = goroutine->depth ? 0 : RECORD_CLOSES_TREE;
		return;
	}
	record->flags = record->kind == RECORD_GOEXIT ? RECORD_CLOSES_TREE : 0;
	for (uint32_t i = 0; i < STREAM_GOROUTINES; i++)
		if (record->kind != RECORD_GOEXIT && stream->goroutines[i].pid == record->pid)
			stream->goroutines[i].depth = 0;
	goroutine->depth = 0;
}

static inline void stream_change(struct stream *stream, struct stream_goroutine *goroutine)
{
	static const uint8_t states[] = {
		STATE_RUNNING, STATE_RUNNABLE,  STATE_WAITING, STATE_SYSCALL,
		STATE_WAITING, STATE_PREEMPTED, STATE_RUNNING, 77};
	struct facts *record = &stream->record;
	bool waited = goroutine->state == STATE_WAITING;

	record->kind = RECORD_STATE;
	record->old_state = goroutine->state;
	goroutine->state = states[stream_below(stream, sizeof(states))];
	record->new_state = goroutine->state;
	if (!stream_below(stream, 12))
		record->new_state |= STATE_SCAN;
	if (!waited)
		goroutine->reason = (uint8_t)stream_below(stream, 9);
	record->reason = goroutine->reason;
	if (!waited || !stream_below(stream, 4))
		return;
	record->has_origin = true;
	stream->record.by_goid = 41;
	stream->record.start_va = stream_below(stream, 2) ? 0xb000 : 0x1400;
	for (uint32_t i = stream_below(stream, WAKER_DEPTH + 1); i-- > 0;)
		stream->record.by_stack[i] = stream_address(stream) ?: 0xa000 + 5;
}

/* The goroutine starts another one, which takes the place of one of the others. */
static inline void stream_go(struct stream *stream, struct stream_goroutine *goroutine)
{
	struct facts *record = &stream->record;
	struct stream_goroutine *started =
		&stream->goroutines[stream_below(stream, STREAM_GOROUTINES - 1)];

	record->kind = RECORD_GO;
	record->has_origin = true;
	record->caller_va = 0x1000 + 88;
	record->frame = 16;
	record->new_state = STATE_RUNNABLE;
	record->goid = stream->next_goid++;
	stream->record.by_goid = goroutine->goid;
	stream->record.start_va = stream_below(stream, 4) ? 0xb000 : stream_address(stream);
	if (started != goroutine && !started->depth)
		*started = (struct stream_goroutine){
			.goid = record->goid, .pid = record->pid, .state = STATE_RUNNABLE};
}

/* The next record, in stream->record. */
static inline const struct facts *stream_next(struct stream *stream)
{
	struct stream_goroutine *goroutine =
		&stream->goroutines[stream_below(stream, STREAM_GOROUTINES)];
	uint32_t what = stream_below(stream, 100);

	stream->now_ns += 1000 * (1 + stream_below(stream, 1u << stream_below(stream, 21)));
	stream->record = (struct facts){.time_ns = stream->now_ns,
					.goid = goroutine->goid,
					.pid = goroutine->pid,
					.tid = goroutine->pid + stream_below(stream, 3)};
	if (!stream_below(stream, 40))
		stream->record.lost = 1 + stream_below(stream, 3);
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
	return &stream->record;
}

#endif
