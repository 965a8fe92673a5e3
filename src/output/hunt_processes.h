/* SPDX-License-Identifier: MIT */
/* hunt_processes.h - which processes made the slow calls, where several run the binary. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_PROCESSES_H
#define GOFUNCGRAPH_OUTPUT_HUNT_PROCESSES_H

#include "output/format.h"
#include "output/json_writer.h"

void hunt_processes_put(struct output *out, const struct hunt_report *report);

/* The member "processes", also of a single one. */
void hunt_processes_put_json(struct output *out, struct json_writer *json,
			     const struct hunt_report *report);

#endif
