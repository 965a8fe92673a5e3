/* SPDX-License-Identifier: MIT */
/*
 * typed_json.h - values by name and Go type in JSON.
 *
 *   {"name", "type", "value", "state", "states"}
 *
 * "value" is JSON's natural form. "state" is there where it is not whole itself; "states" names the parts of
 * it that are not, by their paths, as Go has them: {".URL.Path": "truncated", "[3]": "depth"}.
 */
#ifndef GOFUNCGRAPH_OUTPUT_TYPED_JSON_H
#define GOFUNCGRAPH_OUTPUT_TYPED_JSON_H

#include "output/json_writer.h"
#include "values/go_value.h"

/* The elements of an array. */
void typed_json_put(struct json_writer *json, const struct typed_list *typed,
		    const struct captured *captured);

#endif
