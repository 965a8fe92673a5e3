/* SPDX-License-Identifier: MIT */
/* timeline.c - what one goroutine did when; see gofuncgraph/timeline.h. */
#include "gofuncgraph/timeline.h"

/* Its state begins now. */
static inline void begin(struct timeline *line, const struct record *record, uint8_t state,
			 uint8_t reason, bool saw_begin)
{
	line->since_ns = line->now_ns;
	line->tid = record->tid;
	line->state = state_bare(state);
	line->reason = line->state == STATE_WAITING ? reason : 0;
	line->has_mark = state & STATE_SCAN;
	line->saw_begin = saw_begin;
	line->has_lost = false;
}

static inline void tell(const struct timeline *line, struct interval *interval)
{
	*interval = (struct interval){
		.begin_ns = line->since_ns,
		.end_ns = line->now_ns,
		.begin_tid = line->tid,
		.state = line->state,
		.reason = line->reason,
		.saw_begin = line->saw_begin,
		.has_lost = line->has_lost,
	};
}

void timeline_meet(struct timeline *line, const struct record *record, uint64_t since_ns)
{
	const struct record_state *told = (const struct record_state *)record;

	line->now_ns = record->time_ns;
	if (record->kind == RECORD_STATE) {
		begin(line, record, told->old_state, 0, false);
		/* Whatever this record says of the mark is news. */
		line->has_mark = !(told->new_state & STATE_SCAN);
	} else {
		begin(line, record, STATE_RUNNING, 0, false);
	}
	if (since_ns < line->since_ns)
		line->since_ns = since_ns;
}

void timeline_start(struct timeline *line, const struct record_go *go)
{
	line->now_ns = go->header.time_ns;
	begin(line, &go->header, go->new_state, go->reason, true);
}

struct interval timeline_so_far(const struct timeline *line)
{
	struct interval interval;

	tell(line, &interval);
	return interval;
}

/* ---- records ---- */

/* To Go it runs, with or without a processor. */
static inline uint8_t state_of_go(uint8_t state)
{
	return state == STATE_NO_CPU ? STATE_RUNNING : state;
}

static enum timeline_news on_state(struct timeline *line, const struct record_state *told,
				   struct interval *interval)
{
	uint8_t old_state = state_bare(told->old_state), new_state = state_bare(told->new_state);
	bool is_mark = old_state == new_state, has_mark = told->new_state & STATE_SCAN;
	uint8_t state = is_mark ? state_of_go(line->state) : line->state;
	bool is_expected = state == old_state && !told->header.lost;

	/* It was told before. The collector's mark, for which the runtime's own swap failed, may
	 * have been told in between. */
	if (state == new_state && !told->header.lost && (!is_mark || line->has_mark == has_mark))
		return TIMELINE_NOTHING;
	if (old_state == STATE_WAITING && line->state == STATE_WAITING)
		line->reason = told->reason;
	tell(line, interval);
	interval->end_tid = told->header.tid;
	interval->is_broken = !is_expected;
	if (is_mark) {
		line->has_mark = has_mark;
		return TIMELINE_MARK;
	}
	if (old_state == STATE_WAITING)
		interval->waker = timeline_other(&told->header);
	/* Of marks the kernel knows nothing. */
	has_mark = state_of_go(old_state) == state_of_go(new_state) ? line->has_mark : has_mark;
	begin(line, &told->header, told->new_state, told->reason, true);
	line->has_mark = has_mark;
	return TIMELINE_CHANGE;
}

/* True of what the goroutine's own code does. Code on the system stack may run for one that stands
 * still. */
static bool shows_it_runs(const struct timeline *line, const struct record *record)
{
	switch (record->kind) {
	case RECORD_GOEXIT:
		return true;
	case RECORD_ENTRY:
	case RECORD_RETURN:
	case RECORD_TAIL_CALL:
	case RECORD_UNWIND:
	case RECORD_LEFT:
		return !(record->flags & RECORD_SYSTEM_STACK) &&
		       (line->state != STATE_SYSCALL || record->lost);
	default:
		return false;
	}
}

enum timeline_news timeline_judge(struct timeline *line, const struct record *record,
				  struct interval *interval)
{
	if (record->kind == RECORD_STATE)
		return on_state(line, (const struct record_state *)record, interval);
	if (!shows_it_runs(line, record))
		return TIMELINE_NOTHING;
	tell(line, interval);
	interval->end_tid = record->tid;
	interval->is_broken = true;
	begin(line, record, STATE_RUNNING, 0, false);
	return TIMELINE_CHANGE;
}
