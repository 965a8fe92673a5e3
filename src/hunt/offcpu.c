/* SPDX-License-Identifier: MIT */
#include "hunt/offcpu.h"

#include <stdlib.h>
#include <string.h>

struct offcpu_time {
	uint32_t pid;
	uint64_t goid; /* 0: the thread ran no goroutine */
	struct piece piece;
};

/* Records of different processors are not quite in order. */
#define MAX_DISORDER_NS UINT64_C(1000000)
/* A thread that looks for work finds all that there is at once. */
#define MAX_LATE_NS UINT64_C(1000000)

static uint8_t flags_of(enum offcpu_by by)
{
	switch (by) {
	case OFFCPU_BY_OWN:
		return PIECE_BY_OWN;
	case OFFCPU_BY_NOBODY:
		return PIECE_BY_NOBODY;
	case OFFCPU_BY_QUOTA:
		return PIECE_BY_QUOTA;
	default:
		return 0;
	}
}

struct piece offcpu_piece(const struct record_offcpu *off)
{
	struct piece piece = {
		.start_ns = off->start_ns,
		.ns = off->header.time_ns > off->start_ns ? off->header.time_ns - off->start_ns : 0,
		.kind = off->slept ? PIECE_ASLEEP : PIECE_NO_CPU,
		.count = 1,
	};

	if (off->slept)
		return piece;
	piece.flags = flags_of(off->by);
	if (off->by == OFFCPU_BY_OTHER)
		memcpy(piece.by_comm, off->by_comm, strnlen(off->by_comm, PIECE_COMM_SIZE - 1));
	return piece;
}

bool offcpu_add(struct offcpu *offcpu, const struct record_offcpu *off)
{
	const struct piece piece = offcpu_piece(off);

	if (piece.kind != PIECE_NO_CPU || piece.ns < OFFCPU_MIN_NS ||
	    off->header.flags & RECORD_IN_SYSCALL)
		return true;
	if (!offcpu->times)
		offcpu->times = calloc(OFFCPU_TIMES, sizeof(*offcpu->times));
	if (!offcpu->times)
		return false;
	offcpu->times[offcpu->count++ % OFFCPU_TIMES] =
		(struct offcpu_time){off->header.pid, off->header.goid, piece};
	return true;
}

/* Returns how many there are then. */
static size_t add_up(struct piece takers[OFFCPU_MAX_TAKERS], size_t count,
		     const struct piece *piece, uint64_t ns)
{
	size_t at = 0;

	while (at < count && !piece_is_alike(&takers[at], piece))
		at++;
	if (at == OFFCPU_MAX_TAKERS)
		return count;
	if (at == count) {
		takers[count++] = *piece;
		takers[at].ns = takers[at].count = 0;
	}
	takers[at].ns += ns;
	takers[at].count++;
	return count;
}

/* The one before entry `*number`, none of which ended before start_ns; NULL: there is none. */
static const struct offcpu_time *time_before(const struct offcpu *offcpu, uint64_t *number,
					     uint64_t start_ns)
{
	uint64_t oldest = offcpu->count > OFFCPU_TIMES ? offcpu->count - OFFCPU_TIMES : 0;
	const struct offcpu_time *time;

	if (*number == oldest)
		return NULL;
	time = &offcpu->times[--*number % OFFCPU_TIMES];
	return time->piece.start_ns + time->piece.ns + MAX_DISORDER_NS < start_ns ? NULL : time;
}

size_t offcpu_takers(const struct offcpu *offcpu, uint32_t pid, uint64_t goid, uint64_t start_ns,
		     uint64_t end_ns, struct piece takers[OFFCPU_MAX_TAKERS])
{
	uint64_t number = offcpu->count;
	const struct offcpu_time *time;
	size_t count = 0;

	while ((time = time_before(offcpu, &number, start_ns))) {
		const struct piece *piece = &time->piece;
		uint64_t from_ns = piece->start_ns > start_ns ? piece->start_ns : start_ns;
		uint64_t to_ns = piece->start_ns + piece->ns;

		if (to_ns > end_ns)
			to_ns = end_ns;
		if (time->pid == pid && (!goid || time->goid == goid) && from_ns < to_ns)
			count = add_up(takers, count, piece, to_ns - from_ns);
	}
	return count;
}

bool offcpu_late(const struct offcpu *offcpu, uint32_t pid, uint64_t start_ns, uint64_t end_ns,
		 struct piece *piece)
{
	uint64_t number = offcpu->count, late_ns = 0;
	const struct offcpu_time *time;

	while ((time = time_before(offcpu, &number, end_ns - MAX_LATE_NS))) {
		uint64_t to_ns = time->piece.start_ns + time->piece.ns,
			 from_ns = time->piece.start_ns;

		if (from_ns < start_ns)
			from_ns = start_ns;
		if (time->pid != pid || time->goid || to_ns > end_ns || to_ns <= from_ns ||
		    to_ns + MAX_LATE_NS < end_ns || to_ns - from_ns <= late_ns)
			continue;
		late_ns = to_ns - from_ns;
		*piece = time->piece;
		piece->start_ns = from_ns;
		piece->ns = late_ns;
	}
	return late_ns;
}

void offcpu_clear(struct offcpu *offcpu)
{
	free(offcpu->times);
	*offcpu = (struct offcpu){0};
}
