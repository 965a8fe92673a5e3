/* SPDX-License-Identifier: MIT */
/* lead_json.h - who may serve what a goroutine waits for, in JSON: of the goroutines command and of hunt's stuck calls. */
#ifndef GOFUNCGRAPH_OUTPUT_LEAD_JSON_H
#define GOFUNCGRAPH_OUTPUT_LEAD_JSON_H

#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/lead.h"
#include "output/json_writer.h"

/* Members of an object that is open. `object`: the address of what is waited for; 0: it is not told. `on`: what its own
 * wait is on; NULL: nothing, or unknown. */
void lead_json_put(struct json_writer *json, uint64_t goid, enum lead_by by, uint64_t object,
		   const struct hunt_object *on);

#endif
