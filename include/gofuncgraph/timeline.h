/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - what goroutines did when: Go's rules of states, once for all who read records.
 *
 * Takes the records of a goroutine, one after the other, and says what each means: that an interval
 * has ended, in which the goroutine was in one state. The intervals of a goroutine follow each
 * other without gaps. Pure state machines: whoever reads records keeps a struct timeline in what it
 * keeps of a goroutine, and a struct timeline_coverage for the whole stream. Both own nothing, and
 * nothing here can fail.
 *
 * What the records themselves do not say:
 * - Marks come late. casgstatus is told when it is entered, but then it waits until the garbage
 *   collector has taken its mark (_Gscan) away. That is told later, and is no way back to the old
 *   state.
 * - A change may be told twice. From Go 1.26 the runtime tries to swap the state itself before it
 *   calls casgstatus (reentersyscall, exitsyscall in src/runtime/proc.go).
 * - Reasons come late. Before Go 1.21 some are set after the change (runtime.park_m). The reason that
 *   a wait ends with is the right one.
 * - A goroutine that is RUNNING may have no processor (STATE_NO_CPU). Go knows nothing of that: to the
 *   collector's marks it is RUNNING.
 * - A goroutine whose own code does something runs, even if no record told so. But between
 *   entersyscall and exitsyscall it runs code of its own, too.
 * - Records are lost: those of a goroutine (record.lost), or of nobody knows whom.
 * - A goroutine begins when newproc1 returns it (RECORD_GO). In Go 1.19 its g has its predecessor's
 *   goid before: what happens to it then is not sent.
 */
#ifndef GOFUNCGRAPH_TIMELINE_H
#define GOFUNCGRAPH_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "gofuncgraph/record.h"

/* The state without the collector's mark. */
static inline uint8_t state_bare(uint8_t state)
{
	return state & STATE_NUMBER;
}

/* A g that is kept for the next goroutine is none. */
static inline bool state_is_alive(uint8_t state)
{
	return state != STATE_DEAD && state != STATE_IDLE && state != STATE_DEAD_EXTRA;
}

/* False: the goroutine is kept from running. A stack is copied while its goroutine runs into its end
 * (runtime.newstack). */
static inline bool state_is_running(uint8_t state)
{
	return state == STATE_RUNNING || state == STATE_COPYSTACK || !state_is_alive(state);
}

/* ---- one goroutine ---- */

/* What a goroutine is doing now, as far as is known. */
struct timeline {
	uint64_t now_ns; /* of its last record: time never goes back, whatever a record says */
	uint64_t since_ns; /* when its state began, or from when on it is known */
	/* The thread that changed its state: of RUNNING and SYSCALL, the one that it is on. */
	uint32_t tid;
	uint8_t state; /* enum goroutine_state without STATE_SCAN */
	uint8_t reason; /* of STATE_WAITING, else 0 */
	bool has_mark; /* STATE_SCAN */
	bool saw_begin; /* of its state */
	bool has_lost; /* some of its records were lost since */
};

/* A time that a goroutine spent in one state. */
struct interval {
	uint64_t begin_ns, end_ns; /* by the clock of records; never end before begin */
	/* Another goroutine that ended this wait, and where that one was. Part of the record, and
	 * good as long. NULL: nobody, or it is not known. */
	const struct origin *waker;
	uint32_t begin_tid; /* as struct timeline.tid */
	uint32_t end_tid; /* of the thread that ended it; 0: it has not ended */
	uint8_t state, reason; /* as in struct timeline */
	bool saw_begin; /* false: it may have begun before begin_ns */
	/* Some records of the goroutine were lost meanwhile: it may have left the state and come
	 * back. See timeline_is_doubtful() for those of nobody knows whom. */
	bool has_lost;
	/* What ended it does not fit, or the record before that was lost: the goroutine left the
	 * state at some time before end_ns, and nobody knows when. */
	bool is_broken;
};

enum timeline_news {
	TIMELINE_NOTHING, /* the interval goes on, or the change was told before */
	TIMELINE_MARK, /* the interval goes on, but the collector's mark came or went */
	TIMELINE_CHANGE, /* an interval has ended, and another one begins */
};

/* A goroutine is met by this record, which is to be heard next. Nobody saw the beginning of the state
 * that it was in: that is known from since_ns on, or from the record's time if that is earlier. */
void timeline_meet(struct timeline *line, const struct record *record, uint64_t since_ns);

/* True of what the kernel does with a goroutine that runs on, for all that Go knows: who is not known yet is not
 * met by it. */
static inline bool timeline_is_of_kernel(const struct record *record)
{
	const struct record_state *told = (const struct record_state *)record;

	return record->kind == RECORD_STATE && (state_bare(told->old_state) == STATE_NO_CPU ||
						state_bare(told->new_state) == STATE_NO_CPU);
}

/* A goroutine begins. */
void timeline_start(struct timeline *line, const struct record_go *go);

/* Time goes on, and the goroutine does what it did. */
static inline void timeline_pass(struct timeline *line, uint64_t time_ns)
{
	if (time_ns > line->now_ns)
		line->now_ns = time_ns;
}

/* The interval that has not ended yet, up to now. */
struct interval timeline_so_far(const struct timeline *line);

/* Each record of the goroutine but RECORD_GO. True: it may be news, and is to be judged next. */
static inline bool timeline_hear(struct timeline *line, const struct record *record)
{
	timeline_pass(line, record->time_ns);
	if (record->lost)
		line->has_lost = true;
	return record->kind == RECORD_STATE || !state_is_running(line->state);
}

/* *interval, unless there is no news: what has ended; with TIMELINE_MARK what has not ended yet, and
 * is_broken if the mark was that of another state. */
enum timeline_news timeline_judge(struct timeline *line, const struct record *record,
				  struct interval *interval);

/* Another goroutine that did what the record tells: it ended a wait (RECORD_STATE), or started this
 * goroutine (RECORD_GO). NULL: none did, or it is not known. */
static inline const struct origin *timeline_other(const struct record *record)
{
	const struct record_state *told = (const struct record_state *)record;
	const struct origin *origin = record_origin(record);

	if (!origin || !origin->by_goid || origin->by_goid == record->goid ||
	    (record->kind == RECORD_STATE && state_bare(told->old_state) != STATE_WAITING))
		return NULL;
	return origin;
}

/* ---- the stream ---- */

/* How much is seen of what all goroutines do. */
struct timeline_coverage {
	/* Everything is seen since then: a goroutine that is met later was in its state all the
	 * time, for all that is known. At first, when tracing began. */
	uint64_t since_ns;
	uint64_t lost_ns; /* when a loss was noticed last, or probes were off; 0: never */
	uint64_t num_lost; /* STAT_LOST, as it was told last */
	bool is_gap; /* probes are off (RECORD_GAP) */
};

/* Each record of the stream, before its goroutine's timeline hears it: maybe it tells that records
 * were lost, of nobody knows whom, or probes are off. */
void timeline_cover(struct timeline_coverage *coverage, const struct record *record);

/* Something may have been missed until now_ns. */
static inline void timeline_cover_since(struct timeline_coverage *coverage, uint64_t now_ns)
{
	if (now_ns > coverage->since_ns)
		coverage->since_ns = now_ns;
}

/* Records of nobody knows whom were lost in that time, or probes were off: the goroutine may have left the state and come
 * back. */
static inline bool timeline_is_doubtful(const struct timeline_coverage *coverage,
					const struct interval *interval)
{
	return interval->begin_ns < coverage->lost_ns;
}

#endif
