/* SPDX-License-Identifier: MIT */
/* json_call.h - what objects of calls and of their sums have in common. */
#ifndef GOFUNCGRAPH_OUTPUT_JSON_CALL_H
#define GOFUNCGRAPH_OUTPUT_JSON_CALL_H

#include "output/format.h"
#include "output/json_writer.h"

/* Of enum call_end. */
const char *json_end_name(uint8_t end);

/* The value of "states_ns". */
void json_states(struct output *out, struct json_writer *json, const struct call *call);

#endif
