/* SPDX-License-Identifier: MIT */
/* foreign.c - addresses in other files; see foreign.h. */
#include "source/foreign.h"

#include <string.h>

/* Where addresses are in a record. */
struct addresses {
	__u64 *at[STACK_DEPTH]; /* more than any other kind has */
	size_t count;
};

static void add_origin(struct addresses *addresses, struct origin *origin)
{
	addresses->at[addresses->count++] = &origin->start_va;
	addresses->at[addresses->count++] = &origin->go_va;
	for (size_t i = 0; i < WAKER_DEPTH; i++)
		addresses->at[addresses->count++] = &origin->by_stack[i];
}

static void find_addresses(union foreign_room *record, struct addresses *addresses)
{
	addresses->count = 0;
	switch (record->header.kind) {
	case RECORD_ENTRY:
		addresses->at[addresses->count++] = &record->entry.caller_va;
		break;
	case RECORD_STATE:
		addresses->at[addresses->count++] = &record->state.state.caller_va;
		if (record_origin(&record->header))
			add_origin(addresses, &record->state.origin);
		break;
	case RECORD_STACK:
		for (size_t i = 0; i < record->stack.count; i++)
			addresses->at[addresses->count++] = &record->stack.addresses[i];
		break;
	case RECORD_SAMPLE:
		addresses->at[addresses->count++] = &record->sample.ip_va;
		break;
	case RECORD_GO:
		add_origin(addresses, &record->go.origin);
		break;
	}
}

const struct record *foreign_number(struct modules *modules, const struct record *record,
				    union foreign_room *room)
{
	struct addresses addresses;
	uint64_t all = 0;

	/* Only read until there is something to change. */
	find_addresses((union foreign_room *)record, &addresses);
	for (size_t i = 0; i < addresses.count; i++)
		all |= *addresses.at[i];
	if (!(all & FOREIGN_ADDRESS))
		return record;
	memcpy(room, record, record->size < sizeof(*room) ? record->size : sizeof(*room));
	room->header.size = record->size < sizeof(*room) ? record->size : sizeof(*room);
	find_addresses(room, &addresses);
	for (size_t i = 0; i < addresses.count; i++) {
		if (*addresses.at[i] & FOREIGN_ADDRESS)
			*addresses.at[i] = modules_number(modules, record->pid, *addresses.at[i],
							  record->time_ns);
	}
	return &room->header;
}
