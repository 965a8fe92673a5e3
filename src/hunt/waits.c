/* SPDX-License-Identifier: MIT */
#include "hunt/waits.h"

#include "gofuncgraph/hunt_options.h"

uint64_t wait_ready_ns(const struct record_wait *wait)
{
	uint64_t end_ns = wait->header.time_ns;

	return wait->ready_ns < wait->start_ns || wait->ready_ns > end_ns ? end_ns : wait->ready_ns;
}

struct piece wait_piece(const struct record_wait *wait)
{
	struct piece piece = {
		.start_ns = wait->start_ns,
		.ns = wait_ready_ns(wait) - wait->start_ns,
		.stack = wait->stack,
		.count = 1,
		.flags = wait->header.flags & RECORD_IS_OPEN ? PIECE_IS_OPEN : 0,
	};

	switch (wait->state) {
	case STATE_WAITING:
		piece.kind = PIECE_WAIT;
		piece.detail = wait->reason;
		piece.by_goid = wait->by_goid;
		piece.by_stack = wait->by_stack;
		break;
	case STATE_SYSCALL:
		piece.kind = PIECE_SYSCALL;
		piece.detail = wait->syscall < 0 ? -1 : wait->syscall;
		piece.asleep_ns = wait->asleep_ns;
		break;
	case STATE_PREEMPTED:
		piece.kind = PIECE_STOPPED;
		piece.by_goid = wait->by_goid;
		piece.by_stack = wait->by_stack;
		break;
	case STATE_RUNNABLE:
		piece.kind = PIECE_RUNNABLE;
		break;
	case STATE_COPYSTACK: /* it does that itself */
	case STATE_RUNNING:
		piece.kind = PIECE_CPU;
		break;
	default:
		piece.kind = PIECE_UNSEEN;
		piece.stack = 0;
	}
	if ((piece.kind == PIECE_WAIT || piece.kind == PIECE_SYSCALL) && !piece.flags &&
	    wait->header.time_ns - wait->start_ns < HUNT_LONG_WAIT_NS)
		piece.flags = PIECE_IS_SHORT;
	return piece;
}

bool wait_remember(struct history *history, const struct record_wait *wait,
		   const struct piece *piece, bool is_in_target)
{
	const struct history_wait entry = {
		.goroutine = {.first = wait->header.goid, .second = wait->header.pid},
		.piece = *piece,
		.end_ns = wait->header.time_ns,
		.is_in_target = is_in_target,
	};

	if (wait->header.time_ns < wait->start_ns + HISTORY_MIN_WAIT_NS)
		return true;
	return history_add_wait(history, &entry);
}
