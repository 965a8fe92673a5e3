/* SPDX-License-Identifier: MIT */
/*
 * go_context.h - what a context.Context says: that of all contexts that it is made from, as its methods would tell it
 * (src/context/context.go).
 */
#ifndef VALUES_GO_CONTEXT_H
#define VALUES_GO_CONTEXT_H

#include "values/go_value.h"

enum context_end {
	CONTEXT_UNKNOWN,
	CONTEXT_OPEN, /* Err() is nil */
	CONTEXT_CANCELED,
	CONTEXT_EXPIRED, /* its deadline is over */
	CONTEXT_ENDED, /* why is not known: with an error of the program's own, above all */
};

/* The innermost ones, the last to be made first. */
#define CONTEXT_MAX_VALUES 8

struct go_context {
	uint8_t end; /* enum context_end */
	bool has_deadline;
	bool is_whole; /* else it is made from others, of which nothing is known */
	struct go_value deadline; /* a time.Time */
	struct {
		struct go_value key, value;
	} values[CONTEXT_MAX_VALUES];
	size_t num_values;
};

/* False: it is no interface of this type, or none of package context's own is in it. */
bool go_context_read(const struct go_value *value, struct go_context *context);

/* "canceled", "deadline exceeded", "why is not known"; NULL: it is not known to have ended. */
const char *go_context_end(const struct go_context *context);

#endif
