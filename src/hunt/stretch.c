/* SPDX-License-Identifier: MIT */
#include "hunt/stretch.h"

#include "hunt/waits.h"

bool stretch_goes_on(struct stretch *stretch, const struct record_look *look, uint32_t object)
{
	if (!stretch->last_ns || stretch->state != look->state || stretch->reason != look->reason ||
	    stretch->stack != look->stack || stretch->object != object ||
	    stretch->syscall != look->syscall)
		return false;
	stretch->last_ns = look->header.time_ns;
	return true;
}

uint64_t stretch_border_ns(const struct stretch *stretch, const struct record_look *look)
{
	return stretch->last_ns + (look->header.time_ns - stretch->last_ns) / 2;
}

void stretch_begin(struct stretch *stretch, uint64_t start_ns, const struct record_look *look,
		   uint32_t object)
{
	*stretch = (struct stretch){.start_ns = start_ns,
				    .last_ns = look->header.time_ns,
				    .stack = look->stack,
				    .object = object,
				    .state = look->state,
				    .reason = look->reason,
				    .syscall = look->syscall};
}

bool stretch_note_holder(struct stretch *stretch, const struct record_holder *holder)
{
	if (!stretch->last_ns || stretch->state != STATE_WAITING ||
	    holder->header.time_ns < stretch->last_ns || stretch->by_goid == holder->by_goid)
		return true;
	if (stretch->by_goid)
		return false;
	stretch->by_goid = holder->by_goid;
	stretch->by_stack = holder->by_stack;
	return true;
}

void stretch_change_holder(struct stretch *stretch, const struct record_holder *holder)
{
	stretch->start_ns = holder->header.time_ns;
	stretch->last_ns = holder->header.time_ns;
	stretch->told_ns = 0;
	stretch->by_goid = holder->by_goid;
	stretch->by_stack = holder->by_stack;
}

bool stretch_wait(const struct stretch *stretch, struct hash_key goroutine, uint64_t start_ns,
		  uint64_t end_ns, struct record_wait *wait, struct piece *piece)
{
	if (!stretch->last_ns || stretch->state == STATE_RUNNING)
		return false;
	*wait = (struct record_wait){
		.header = {.time_ns = end_ns,
			   .goid = goroutine.first,
			   .pid = (uint32_t)goroutine.second},
		.start_ns = start_ns,
		.ready_ns = stretch->state == STATE_RUNNABLE ? start_ns : end_ns,
		.stack = stretch->stack,
		.by_goid = stretch->by_goid,
		.by_stack = stretch->by_stack,
		.state = stretch->state,
		.reason = stretch->reason,
		.syscall = stretch->syscall - 1,
	};
	*piece = wait_piece(wait);
	piece->object = stretch->object;
	piece->flags |= stretch->by_goid ? PIECE_BY_HOLDER : 0;
	return true;
}

bool stretch_remember(struct stretch *stretch, struct hash_key goroutine, uint64_t end_ns,
		      bool is_in_target, struct history *history)
{
	uint64_t start_ns = stretch->told_ns ?: stretch->start_ns;
	struct record_wait wait;
	struct piece piece;

	if (end_ns <= start_ns ||
	    !stretch_wait(stretch, goroutine, start_ns, end_ns, &wait, &piece))
		return true;
	stretch->told_ns = end_ns;
	return wait_remember(history, &wait, &piece, is_in_target);
}
