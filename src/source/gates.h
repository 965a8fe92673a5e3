/* SPDX-License-Identifier: MIT */
/*
 * gates.h - the BPF programs' map of goroutines inside targets (struct gate), as user space
 * looks after it: of programs that are gone nothing stays there.
 *
 * A walk through the map takes as long as there are goroutines inside targets. The end of a program
 * needs one at once only where it has lost records; else one now and then is enough for all programs
 * that have ended meanwhile, the rarer the more there is to be looked at.
 */
#ifndef SOURCE_GATES_H
#define SOURCE_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"

struct gates {
	int fd; /* of the map; not owned */
	uint32_t *count; /* how many there are, as the BPF programs count them; not owned */
	struct hash ended; /* programs, since the last walk, by pid */
	uint64_t next_walk_ns; /* not before */
};

/* The program that ran under the pid is gone, or not traced any more. */
static inline bool gates_are_over(const struct record *record)
{
	return record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT ||
	       record->kind == RECORD_WRONG_GOID;
}

/* Of such a record: gate.program of those under this pid that are not gone is that or above. Programs of one pid are
 * numbered in order of beginning: program_of() in bpf/who.h. */
uint64_t gates_first_alive(const struct record_process *end);

/* Such a record. */
void gates_note_end(struct gates *gates, const struct record_process *end);

/* Takes the gates of that program out, and tells what they lost that nobody was told of yet
 * (RECORD_LOST, RECORD_LOST_END). */
void gates_take_losses(struct gates *gates, const struct record_process *end,
		       void (*tell)(void *context, const struct record *loss), void *context);

/* The same of all gates, which stay. */
void gates_visit_losses(struct gates *gates, uint64_t time_ns,
			void (*tell)(void *context, const struct record *loss), void *context);

/* Goroutines that are inside targets. */
void gates_visit_open(struct gates *gates,
		      void (*visit)(void *context, const struct gate_key *key, uint64_t goid),
		      void *context);

/* Takes all out, while nothing is traced. */
void gates_forget(struct gates *gates);

/* To be called now and then. */
void gates_sweep(struct gates *gates, uint64_t now_ns);

void gates_destroy(struct gates *gates);

#endif
