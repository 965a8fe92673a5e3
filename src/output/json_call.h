/* SPDX-License-Identifier: MIT */
/* json_call.h - what objects of calls, of their beginnings and waits, and of their sums have in
 * common. */
#ifndef GOFUNCGRAPH_OUTPUT_JSON_CALL_H
#define GOFUNCGRAPH_OUTPUT_JSON_CALL_H

#include "output/format.h"
#include "output/json_writer.h"
#include "values/value.h"

/* Of enum call_end. */
const char *json_end_name(uint8_t end);

/* Members that tell which call it is. */
void json_call_identity(struct output *out, struct json_writer *json, const struct tree *tree,
			const struct call *call);

/* Members that tell where it came from. */
void json_call_origin(struct output *out, struct json_writer *json, const struct tree *tree,
		      const struct call *call);

/* All members of a call that has ended, those above too. */
void json_call(struct output *out, struct json_writer *json, const struct tree *tree,
	       const struct call *call);

/* Members of a wait, but for when it ended. */
void json_wait(struct output *out, struct json_writer *json, const struct wait *wait);

/* Members that tell of the values that were fetched at its entry, and at its end. */
void json_values(struct output *out, struct json_writer *json, const struct call *call);

/*
 * The same by name, as viewers show what they take for arguments, and can be asked for it:
 *   "args": {"n": 7, "req": {...}}, "results": {"err": null}, "not_whole": {"args.req.URL.Path": "truncated"}
 * A name that another one has, too, is the whole of what the user wrote.
 */
void json_named_values(struct output *out, struct json_writer *json, const struct call *call);
/* Whether there are any, also what follows. */
bool json_has_values(const struct call *call);
/* Members of a tree's first call: "labels", and what trace it is part of. */
void json_labels(struct output *out, struct json_writer *json, const struct call *call);
/* One that was written, in JSON's natural form. */
void json_value_form(struct json_writer *json, const struct value *value);

/* The value of "states_ns". */
void json_states(struct output *out, struct json_writer *json, const struct call *call);

#endif
