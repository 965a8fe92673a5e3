/* SPDX-License-Identifier: MIT */
/* perfetto_json.h - an object of JSON that this tool has written, as arguments of an event of Perfetto. */
#ifndef GOFUNCGRAPH_OUTPUT_PERFETTO_JSON_H
#define GOFUNCGRAPH_OUTPUT_PERFETTO_JSON_H

#include "base/bytes.h"

/* Each member becomes one of the message, with this number: a DebugAnnotation, in which objects and arrays are
 * such again. Of what is no JSON, or nested deeper than PERFETTO_JSON_MAX_NESTING, the rest is left out. */
#define PERFETTO_JSON_MAX_NESTING 40
void perfetto_put_json(struct bytes *message, unsigned member, const char *json, size_t size);

#endif
