/* SPDX-License-Identifier: MIT */
#include "hunt/offcpu.h"

#include <stdlib.h>
#include <string.h>

struct offcpu_time {
	uint32_t pid;
	struct piece piece;
};

/* Records of different processors are not quite in order. */
#define MAX_DISORDER_NS UINT64_C(1000000)

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
		(struct offcpu_time){.pid = off->header.pid, .piece = piece};
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

size_t offcpu_takers(const struct offcpu *offcpu, uint32_t pid, uint64_t start_ns, uint64_t end_ns,
		     struct piece takers[OFFCPU_MAX_TAKERS])
{
	uint64_t oldest = offcpu->count > OFFCPU_TIMES ? offcpu->count - OFFCPU_TIMES : 0;
	size_t count = 0;

	for (uint64_t i = offcpu->count; i-- > oldest;) {
		const struct offcpu_time *time = &offcpu->times[i % OFFCPU_TIMES];
		const struct piece *piece = &time->piece;
		uint64_t from_ns = piece->start_ns > start_ns ? piece->start_ns : start_ns;
		uint64_t to_ns = piece->start_ns + piece->ns;

		if (to_ns + MAX_DISORDER_NS < start_ns)
			break;
		if (to_ns > end_ns)
			to_ns = end_ns;
		if (time->pid == pid && from_ns < to_ns)
			count = add_up(takers, count, piece, to_ns - from_ns);
	}
	return count;
}

void offcpu_clear(struct offcpu *offcpu)
{
	free(offcpu->times);
	*offcpu = (struct offcpu){0};
}
