/* SPDX-License-Identifier: MIT */
/* hunt_internal.h - what the files of this room share. */
#ifndef HUNT_INTERNAL_H
#define HUNT_INTERNAL_H

#include "base/processes.h"
#include "gofuncgraph/hunt.h"
#include "gofuncgraph/stacks.h"
#include "goroutines/unwind.h"
#include "hunt/history.h"
#include "hunt/kept.h"
#include "hunt/objects.h"
#include "hunt/outside.h"
#include "hunt/span.h"
#include "hunt/starts.h"
#include "hunt/stretch.h"

/* Targets that are told; calls of further ones are not. */
#define HUNT_MAX_TARGETS 4096

/* Calls that are open at once; the one that began first gives way. */
#define HUNT_MAX_OPEN (1u << 17)

/* Calls of one function. */
struct hunt_target {
	struct hash_key func; /* its number */
	uint32_t site; /* where one was entered */
	uint64_t first_ns, last_ns; /* when calls began and ended */
	uint64_t lost; /* calls whose end was not seen */
	uint64_t holes,
		holes_max_ns; /* calls that ended, of which records are missing, and the slowest */
	uint64_t open; /* that were open when tracing, or their process, ended */
	uint64_t num_samples; /* within calls */
	uint64_t num_looks, looked_ns; /* the same, and the time of these calls */
	bool is_taken_off; /* its probes are gone */
	struct kept kept;
	struct hunt_target *next; /* in order of their first calls */
};

/* A call that has not ended. */
struct open_call {
	struct hunt_target *target;
	uint32_t site;
	uint32_t frame; /* of its entry */
	uint64_t g; /* struct hunt_open */
	uint64_t start_ns, looked_from_ns; /* from then on, where waits are looked for */
	struct pieces pieces; /* up to where the span begins */
	struct span span;
	struct starts starts;
	struct stretch stretch; /* of what looks found last; its time is in the span as yet */
	bool has_holes; /* records are missing */
	bool was_told; /* that it is stuck */
	bool awaits_copy; /* of the last sample's stack */
	uint64_t
		off_stack; /* by a copy, where its thread loses its processor next; 0: there was none */
};

/* A goroutine inside of a target. */
struct hunt_goroutine {
	struct hash_key key; /* goid, pid */
	struct process_member of_process;
	struct hunt_goroutine *prev, *next; /* the call that began first is first */
	struct open_call call;
};

struct hunt {
	struct hunt_settings settings;
	struct hunt_sink sink;
	struct unwind_code code;
	struct stacks stacks;
	struct objects objects;
	struct history history;
	struct hash goroutines; /* inside of targets */
	struct processes processes; /* of these */
	struct hunt_goroutine *open; /* a list of the same */
	bool is_in_gap; /* what happens now may not be seen */
	uint64_t rest_ns; /* since when there are no probes; 0: there are */
	uint64_t rested_ns; /* so long there were none */
	bool is_sampled; /* waits are not told any more, but looked for */
	bool lacks_starts; /* nor are, at some time, goroutines that begin */
	struct outside outside; /* with is_sampled */
	struct hash targets; /* by function */
	struct hunt_target *first_target, *last_target;
	size_t num_targets;
	uint64_t num_calls;
	uint64_t num_samples; /* of all goroutines, and threads without one */
	uint64_t num_tracer_samples; /* of those, in our own breakpoints */
	uint64_t lost; /* records, as RECORD_STATISTICS has them */
	uint32_t one_in; /* calls of targets that are traced; 0: all */
	uint64_t left_out; /* those that were not */
	uint64_t first_ns, last_ns; /* of all records with a time */
};

/* ---- calls.c ---- */

/* What happens to a call, or may. False: out of memory. */
bool calls_begin(struct hunt *hunt, const struct record_entry *entry);
void calls_drop(struct hunt *hunt,
		struct hunt_goroutine *goroutine); /* how it ended is not known */
bool calls_end(struct hunt *hunt, struct hunt_goroutine *goroutine, uint64_t end_ns, bool is_open);
/* `object`: what it was on; 0: unknown. */
bool calls_wait(struct hunt *hunt, struct hunt_goroutine *goroutine, const struct record_wait *wait,
		uint32_t object);
void calls_short_waits(struct hunt_goroutine *goroutine, const struct record_short_waits *waits);
/* From now on waits are looked for: of those that are not over the records told so far are all. */
bool calls_see_less(struct hunt *hunt, uint64_t now_ns);
bool calls_off_cpu(struct hunt_goroutine *goroutine, const struct record_offcpu *off);
bool calls_look(struct hunt *hunt, struct hunt_goroutine *goroutine, const struct record_look *look,
		uint32_t object);
bool calls_holder(struct hunt *hunt, struct hunt_goroutine *goroutine,
		  const struct record_holder *holder);
/* `stack`: the sample's, put right. */
bool calls_sample(struct hunt *hunt, struct hunt_goroutine *goroutine,
		  const struct record_sample *sample, uint64_t stack);

/* NULL: it is inside of no target. */
struct hunt_goroutine *calls_find(const struct hunt *hunt, const struct record *record);

/* ---- stacked.c ---- */

/* `goroutine`: NULL outside of targets. Error: out of memory. */
struct error *stacked_sample(struct hunt *hunt, struct hunt_goroutine *goroutine,
			     const struct record_sample *sample);
struct error *stacked_wait(struct hunt *hunt, struct hunt_goroutine *goroutine,
			   const struct record_wait *wait);
struct error *stacked_off_cpu(struct hunt *hunt, struct hunt_goroutine *goroutine,
			      const struct record_offcpu *off);
struct error *stacked_copy(struct hunt *hunt, struct hunt_goroutine *goroutine,
			   const struct record_stack_copy *copy);

/* ---- stuck.c ---- */

/* Tells of calls that are open for too long. */
void stuck_look(struct hunt *hunt, uint64_t now_ns);
/* One of them was looked at. */
void stuck_tell(struct hunt *hunt, const struct hunt_goroutine *goroutine,
		const struct record_stuck *look);

#endif
