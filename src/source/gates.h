/* SPDX-License-Identifier: MIT */
/*
 * gates.h - the BPF programs' map of goroutines inside targets (struct gate), as user space
 * looks after it: of programs that are gone nothing stays there.
 *
 * A walk through the map takes as long as there are goroutines inside targets, so the end of a
 * process does without: whoever knows its open trees asks for their gates, gates_take(). What else
 * there may be is of trees whose beginning was lost. It does no harm but takes room, so one walk now
 * and then is enough for all programs that have ended meanwhile.
 */
#ifndef SOURCE_GATES_H
#define SOURCE_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"
#include "gofuncgraph/session.h"

struct ended_program;

struct gates {
	int fd;			     /* of the map; not owned */
	struct ended_program *ended; /* since the last walk, a hash table */
	uint64_t walked_ns;	     /* when that was */
};

/* The program that ran under the pid is gone, or not traced any more. */
static inline bool gates_are_over(const struct record *record)
{
	return record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT ||
	       record->kind == RECORD_WRONG_GOID;
}

/* Such a record. */
void gates_note_end(struct gates *gates, const struct record_process *end);

/*
 * Takes the gate of a goroutine of that program out (tid: of a thread without a goroutine, whose
 * goid is 0). True: the end of its tree was lost. `lost`: how many records were, and nobody was told.
 */
bool gates_take(struct gates *gates, const struct record_process *end, uint64_t goid, uint32_t tid,
		uint32_t *lost);

/* To be called now and then; `num_lost`: records lost since tracing began. */
void gates_sweep(struct gates *gates, uint64_t num_lost, uint64_t now_ns);

/* Visits those that lost records which nobody was told of yet. */
void gates_visit_losses(const struct gates *gates,
			void (*visit)(void *context, const struct gate_loss *loss), void *context);

void gates_destroy(struct gates *gates);

#endif
