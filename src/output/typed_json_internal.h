/* SPDX-License-Identifier: MIT */
/* typed_json_internal.h - one value in JSON, and which parts of it are not whole. */
#ifndef GOFUNCGRAPH_OUTPUT_TYPED_JSON_INTERNAL_H
#define GOFUNCGRAPH_OUTPUT_TYPED_JSON_INTERNAL_H

#include "output/typed_json.h"

#define TYPED_JSON_MAX_VALUES 4000
/* Parts that are told of as not whole; of more the first ones are. */
#define MAX_STATES 32
#define PATH_SIZE  256

struct part_state {
	char path[PATH_SIZE];
	uint8_t state;
};

/* One value of the list, or all of them as members of an object. */
struct json_writing {
	struct json_writer *json;
	size_t left; /* values that may still be written */
	unsigned nesting;
	char path[PATH_SIZE]; /* of the part in hand */
	size_t path_length;
	uint8_t state; /* of the value itself, where it has no path */
	struct part_state states[MAX_STATES];
	size_t num_states;
};

/* The part in hand is this one of the part in hand; returns what json_leave() takes. */
__attribute__((format(printf, 2, 3))) size_t json_enter(struct json_writing *writing,
							const char *format, ...);
void json_leave(struct json_writing *writing, size_t before);
/* What is nil is null, which needs no more words where it is a part. */
void json_note_state(struct json_writing *writing, uint8_t state);
/* null, as the part in hand is in this state. */
void json_put_missing(struct json_writing *writing, uint8_t state);
/* "state" and "states" */
void json_put_states(const struct json_writing *writing);
/* The members of the latter. */
void json_put_part_states(const struct json_writing *writing);

/* The key of a member, which is from here on the part in hand of the object; whatever it is, escaped. Returns what
 * json_leave() takes. */
size_t json_begin_named(struct json_writing *writing, const char *name);
/* Members of the object that is the part in hand, by name; one writing is for all of them. */
void typed_json_put_named(struct json_writing *writing, const struct typed_list *typed,
			  const struct captured *captured);

/* A text that may hold anything. */
void json_put_clean(struct json_writing *writing, const char *text);
/* A string, or a slice of bytes. */
void json_put_text(struct json_writing *writing, const struct go_value *value);
/* A member of the object that the interface is. */
void json_put_context(struct json_writing *writing, const struct go_value *value);
void json_put_map(struct json_writing *writing, const struct go_value *value);
/* Any value. */
void json_put_value(struct json_writing *writing, const struct go_value *value);

#endif
