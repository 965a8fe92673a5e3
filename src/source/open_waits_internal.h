/* SPDX-License-Identifier: MIT */
/*
 * open_waits_internal.h - what is noted of open waits: open_waits.c notes it, open_waits_tell.c tells it.
 */
#ifndef SOURCE_OPEN_WAITS_INTERNAL_H
#define SOURCE_OPEN_WAITS_INTERNAL_H

#include "base/cost_limit.h"
#include "base/hash.h"
#include "source/open_wait.h"
#include "source/open_waits.h"
#include "source/target_stacks.h"

/* What is known of some of them. */
struct details {
	struct record_stack stack; /* wait.stack is 0: none */
	struct waited_on on; /* the wait's size says whether it is on something */
};

struct noted {
	struct hash_key key; /* g, pid */
	struct record_wait wait;
	struct details *details; /* NULL: nothing */
};

struct open_waits {
	const struct graph_bpf *bpf; /* not owned */
	struct hunt_options options;
	struct target_stacks stacks;
	bool has_stacks;
	/* What goroutines of one process are read from; pid 0: of none. */
	pid_t pid;
	struct snapshot_source source;
	uint64_t time_ns;
	uint64_t next_ns; /* see open_waits_note_long() */
	struct hash noted;
	size_t num_details, max_details;
	struct cost_limit ended_cost; /* of open_waits_tell_ended() */
};

static inline struct gate_key gate_key_of(const struct noted *noted)
{
	return (struct gate_key){.g = noted->key.first, .pid = noted->key.second};
}

/* NULL: it is not noted. */
static inline struct noted *open_waits_find(const struct open_waits *waits,
					    const struct gate_key *key)
{
	return hash_find(&waits->noted, (struct hash_key){.first = key->g, .second = key->pid});
}

/* It was open at waits->time_ns. */
static inline bool open_waits_was_open(const struct open_waits *waits,
				       const struct hunted_wait *wait)
{
	return wait->start_ns && wait->start_ns <= waits->time_ns;
}

/* It is still. */
static inline bool open_waits_goes_on(const struct open_waits *waits, const struct noted *noted)
{
	const struct gate_key key = gate_key_of(noted);

	return open_wait_goes_on(waits->bpf, &key, noted->wait.start_ns);
}

/* That one is freed. */
void open_waits_forget(struct open_waits *waits, struct noted *noted);
void open_waits_forget_all(struct open_waits *waits);

#endif
