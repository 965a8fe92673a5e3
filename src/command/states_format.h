/* SPDX-License-Identifier: MIT */
/* states_format.h - what the formats of states_print.h share. */
#ifndef COMMAND_STATES_FORMAT_H
#define COMMAND_STATES_FORMAT_H

#include "command/states_print.h"
#include "names/goroutine_state.h"
#include "output/writer.h"

/* One format. The texts that it prints are escaped: see names.h. */
struct states_formatter {
	void (*change)(struct states_print *print, const struct state_change *change);
	void (*goroutine)(struct states_print *print, const struct state_goroutine *one);
	void (*function)(struct states_print *print, const struct state_goroutine *one);
};

struct states_print {
	const struct states_formatter *formatter;
	const struct event_clock *clock;
	struct names *names;
	bool has_change_header, has_goroutine_header, has_function_header;
	struct writer writer;
};

extern const struct states_formatter states_text, states_json;

/* Waits of one reason. */
struct reason_sum {
	const char *name; /* NULL: unknown */
	uint64_t ns;
	uint64_t count;
};

/* The reasons that a goroutine waited for, the longest first. Reasons of one name count as one. */
#define MAX_REASONS 256
size_t states_reasons(struct states_print *print, const struct state_sums *sums,
		      struct reason_sum reasons[MAX_REASONS]);

/* Where the other goroutine was that did it: the `go` statement, or see waker_va(). NULL: unknown.
 */
const struct place *states_by_place(struct states_print *print, const struct state_change *change);

#endif
