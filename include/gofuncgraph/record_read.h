/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * record_read.h - records as user space reads them: whether one is what it says to be, and what it has beyond
 * the least of its kind; part of record.h.
 */
#ifndef GOFUNCGRAPH_RECORD_READ_H
#define GOFUNCGRAPH_RECORD_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "gofuncgraph/record.h"

/* It begins with a struct record_frame. */
static inline bool record_has_frame(__u8 kind)
{
	switch (kind) {
	case RECORD_ENTRY:
	case RECORD_RETURN:
	case RECORD_TAIL_CALL:
	case RECORD_UNWIND:
	case RECORD_GOEXIT:
	case RECORD_LEFT:
	case RECORD_TAKEN_OFF:
		return true;
	default:
		return false;
	}
}

/* Bytes that a record of this kind has at least; 0: there is no such kind. */
static inline __u32 record_min_size(__u8 kind)
{
	if (kind != RECORD_ENTRY && record_has_frame(kind))
		return sizeof(struct record_frame);
	switch (kind) {
	case RECORD_ENTRY:
		return sizeof(struct record_entry);
	case RECORD_STATE:
		return sizeof(struct record_state);
	case RECORD_GO:
		return sizeof(struct record_go);
	case RECORD_UNREADABLE:
	case RECORD_EXEC:
	case RECORD_PROCESS_EXIT:
	case RECORD_WRONG_GOID:
		return sizeof(struct record_process);
	case RECORD_LOST:
	case RECORD_LOST_END:
	case RECORD_TICK:
	case RECORD_STOPPED:
	case RECORD_GAP:
	case RECORD_GAP_END:
	case RECORD_STATES_OFF:
	case RECORD_REST:
	case RECORD_REST_END:
		return sizeof(struct record);
	case RECORD_STATISTICS:
		return sizeof(struct record_statistics);
	case RECORD_ONE_IN:
		return sizeof(struct record_one_in);
	case RECORD_STACK:
		return offsetof(struct record_stack, addresses);
	case RECORD_WAIT:
		return sizeof(struct record_wait);
	case RECORD_SHORT_WAITS:
		return sizeof(struct record_short_waits);
	case RECORD_OFFCPU:
		return sizeof(struct record_offcpu);
	case RECORD_SAMPLE:
		return sizeof(struct record_sample);
	case RECORD_STACK_COPY:
		return offsetof(struct record_stack_copy, bytes);
	case RECORD_LOOK:
		return sizeof(struct record_look);
	case RECORD_STUCK:
		return sizeof(struct record_stuck);
	case RECORD_HOLDER:
		return sizeof(struct record_holder);
	default:
		return 0;
	}
}

/* Of an entry or a return: the values that came with it, or NULL. */
static inline const struct captured *record_captured(const struct record *record)
{
	if (record->kind == RECORD_ENTRY && record->size >= sizeof(struct record_entry_values))
		return &((const struct record_entry_values *)record)->values;
	if (record->kind == RECORD_RETURN && record->size >= sizeof(struct record_frame_values))
		return &((const struct record_frame_values *)record)->values;
	return NULL;
}

/* The one check before a record is read by its kind: it is of a known one, as long as that takes,
 * and lies within `size` bytes. */
static inline bool record_is_valid(const struct record *record, size_t size)
{
	__u32 needed = record_min_size(record->kind);

	if (size < sizeof(*record) || record->size > size || !needed || record->size < needed)
		return false;
	if (record->kind == RECORD_STACK) {
		const struct record_stack *stack = (const struct record_stack *)record;
		return stack->count <= STACK_DEPTH &&
		       record->size >= needed + stack->count * sizeof(*stack->addresses);
	}
	if (record->kind == RECORD_STACK_COPY) {
		const struct record_stack_copy *copy = (const struct record_stack_copy *)record;
		return copy->size <= COPY_SIZE && record->size >= needed + copy->size;
	}
	const struct captured *captured = record_captured(record);
	return !captured ||
	       record->size >= (size_t)((const char *)captured - (const char *)record) +
				       captured_size(captured);
}

/* What a RECORD_WAIT or RECORD_LOOK was on; NULL: it does not say so. */
static inline const struct waited_on *record_waited_on(const struct record *record)
{
	if (record->kind == RECORD_WAIT && record->size >= sizeof(struct record_wait_on))
		return &((const struct record_wait_on *)record)->on;
	if (record->kind == RECORD_LOOK && record->size >= sizeof(struct record_look_on))
		return &((const struct record_look_on *)record)->on;
	return NULL;
}

/* Of a RECORD_STUCK, as far as it is long enough. Returns how many. */
static inline size_t record_stuck_leads(const struct record_stuck *stuck,
					const struct stuck_lead **leads)
{
	const struct record_stuck_leads *record = (const struct record_stuck_leads *)stuck;
	size_t begin = offsetof(struct record_stuck_leads, leads), room;

	if (stuck->header.size < begin)
		return 0;
	*leads = record->leads;
	room = (stuck->header.size - begin) / sizeof(record->leads[0]);
	if (room > LEADS_MAX)
		room = LEADS_MAX;
	return record->num_leads < room ? record->num_leads : room;
}

/* Of an entry: record_stack.id, or 0. */
static inline __u64 record_entry_stack(const struct record *record)
{
	if (record->kind != RECORD_ENTRY || record->size < sizeof(struct record_entry_stack))
		return 0;
	return ((const struct record_entry_stack *)record)->stack;
}

/* Of an entry: record_entry_hunt.g, or 0. */
static inline __u64 record_entry_g(const struct record *record)
{
	if (record->kind != RECORD_ENTRY || record->size != sizeof(struct record_entry_hunt))
		return 0;
	return ((const struct record_entry_hunt *)record)->g;
}

/* Of a goroutine that begins: record_go_hunt.g, or 0. */
static inline __u64 record_go_g(const struct record *record)
{
	if (record->kind != RECORD_GO || record->size < sizeof(struct record_go_hunt))
		return 0;
	return ((const struct record_go_hunt *)record)->g;
}

/* NULL: a record that tells of none. */
static inline const struct origin *record_origin(const struct record *record)
{
	if (record->kind == RECORD_GO)
		return &((const struct record_go *)record)->origin;
	if (record->kind == RECORD_STATE && record->size >= sizeof(struct record_state_origin))
		return &((const struct record_state_origin *)record)->origin;
	return NULL;
}

#endif
