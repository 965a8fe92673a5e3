/* SPDX-License-Identifier: MIT */
/* foreign.h - addresses in other files than the probed one, in records. */
#ifndef SOURCE_FOREIGN_H
#define SOURCE_FOREIGN_H

#include "gofuncgraph/modules.h"
#include "gofuncgraph/record.h"

/* Room for any record that has addresses. */
union foreign_room {
	struct record header;
	struct record_entry entry;
	char entry_values[sizeof(struct record_entry_values) + VALUES_LARGE_BYTES];
	struct record_stack stack;
	struct record_state_origin state;
	struct record_go go;
	struct record_sample sample;
};

/*
 * Gives addresses in other files their numbers, which must be done as long as the process is there.
 * Returns the record itself if it has none, or its copy in `room`.
 */
const struct record *foreign_number(struct modules *modules, const struct record *record,
				    union foreign_room *room);

#endif
