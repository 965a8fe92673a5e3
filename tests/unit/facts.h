/* SPDX-License-Identifier: MIT */
/*
 * facts.h - records for tests: what one says, as one flat struct whatever its kind.
 */
#ifndef GOFUNCGRAPH_FACTS_H
#define GOFUNCGRAPH_FACTS_H

#include <stdint.h>
#include <string.h>

#include "gofuncgraph/record.h"

struct facts {
	uint8_t kind; /* enum record_kind */
	uint8_t flags; /* enum record_flags */
	uint32_t lost;
	uint64_t time_ns;
	uint64_t goid;
	uint32_t pid;
	uint32_t tid;
	uint64_t caller_va; /* of RECORD_GO: go_va of its origin */
	uint32_t site;
	uint32_t frame;
	uint8_t old_state;
	uint8_t new_state;
	uint8_t reason;
	uint64_t program;
	uint64_t num_lost; /* of RECORD_STATISTICS: STAT_LOST */
	bool has_origin; /* RECORD_STATE: a struct record_state_origin */
	uint64_t by_goid;
	uint64_t start_va, go_va;
	uint64_t by_stack[WAKER_DEPTH];
	uint64_t stack; /* an entry with it is a struct record_entry_stack; of others their stack */
	/* an entry with it is a struct record_entry_values, a return a struct record_frame_values: one number
	 * of list 0 */
	uint64_t value;
	/* RECORD_STACK, whose id is `stack`: its addresses, the first of by_stack that are not 0 */
	uint8_t stack_end;
	uint32_t one_in;
};

union any_record {
	struct record header;
	struct record_entry_stack entry_stack;
	struct record_entry_values entry_values;
	char entry_value[sizeof(struct record_entry_values) + sizeof(uint64_t)];
	struct record_frame_values frame_values;
	char frame_value[sizeof(struct record_frame_values) + sizeof(uint64_t)];
	struct record_stack stack;
	struct record_wait wait;
	struct record_wait_on wait_on;
	struct record_look_on look_on;
	struct record_short_waits short_waits;
	struct record_offcpu offcpu;
	struct record_sample sample;
	struct record_stack_copy copy;
	struct record_look look;
	struct record_stuck stuck;
	struct record_stuck_leads stuck_leads;
	struct record_holder holder;
	struct record_entry_hunt entry_hunt;
	struct record_entry entry;
	struct record_frame at;
	struct record_state_origin state;
	struct record_go go;
	struct record_process process;
	struct record_statistics statistics;
	struct record_one_in one_in;
};

static inline struct origin facts_origin(const struct facts *facts)
{
	struct origin origin = {
		.by_goid = facts->by_goid, .start_va = facts->start_va, .go_va = facts->go_va};

	for (size_t i = 0; i < WAKER_DEPTH; i++)
		origin.by_stack[i] = facts->by_stack[i];
	return origin;
}

static inline void facts_value(const struct facts *facts, struct captured *captured, char *bytes)
{
	captured->size = sizeof(facts->value);
	captured->states[0] = VALUE_WHOLE;
	memcpy(bytes, &facts->value, sizeof(facts->value));
}

/* The record of these facts, in `room`. */
static inline const struct record *facts_record(const struct facts *facts, union any_record *room)
{
	memset(room, 0, sizeof(*room));
	room->header = (struct record){.kind = facts->kind,
				       .flags = facts->flags,
				       .size = (uint16_t)record_min_size(facts->kind),
				       .lost = facts->lost,
				       .time_ns = facts->time_ns,
				       .goid = facts->goid,
				       .pid = facts->pid,
				       .tid = facts->tid};
	switch (facts->kind) {
	case RECORD_ENTRY:
		room->entry.caller_va = facts->caller_va;
		room->at.site = facts->site;
		room->at.frame = facts->frame;
		if (facts->stack) {
			room->header.size = sizeof(struct record_entry_stack);
			room->entry_stack.stack = facts->stack;
		}
		if (facts->value) {
			room->header.size = sizeof(room->entry_value);
			facts_value(facts, &room->entry_values.values,
				    room->entry_value + sizeof(room->entry_values));
		}
		break;
	case RECORD_STACK:
		room->stack.id = facts->stack;
		room->stack.end = facts->stack_end;
		while (room->stack.count < WAKER_DEPTH && facts->by_stack[room->stack.count]) {
			room->stack.addresses[room->stack.count] =
				facts->by_stack[room->stack.count];
			room->stack.count++;
		}
		room->header.size += room->stack.count * sizeof(uint64_t);
		break;
	case RECORD_RETURN:
		if (facts->value) {
			room->header.size = sizeof(room->frame_value);
			facts_value(facts, &room->frame_values.values,
				    room->frame_value + sizeof(room->frame_values));
		}
		/* fall through */
	case RECORD_TAIL_CALL:
	case RECORD_UNWIND:
	case RECORD_GOEXIT:
	case RECORD_LEFT:
	case RECORD_TAKEN_OFF:
		room->at.site = facts->site;
		room->at.frame = facts->frame;
		break;
	case RECORD_STATE:
		room->state.state.caller_va = facts->caller_va;
		room->state.state.old_state = facts->old_state;
		room->state.state.new_state = facts->new_state;
		room->state.state.reason = facts->reason;
		if (facts->has_origin) {
			room->header.size = sizeof(struct record_state_origin);
			room->state.origin = facts_origin(facts);
		}
		break;
	case RECORD_GO:
		room->go.frame = facts->frame;
		room->go.old_state = facts->old_state;
		room->go.new_state = facts->new_state;
		room->go.reason = facts->reason;
		room->go.origin = facts_origin(facts);
		room->go.origin.go_va = facts->caller_va;
		break;
	case RECORD_UNREADABLE:
	case RECORD_EXEC:
	case RECORD_PROCESS_EXIT:
	case RECORD_WRONG_GOID:
		room->process.program = facts->program;
		break;
	case RECORD_ONE_IN:
		room->one_in.one_in = facts->one_in;
		break;
	case RECORD_STATISTICS:
		room->statistics.counts[STAT_LOST] = facts->num_lost;
	}
	return &room->header;
}

/* The same, good until the end of the block. */
#define FACTS_RECORD(facts) facts_record(facts, &(union any_record){0})

#endif
