/* SPDX-License-Identifier: MIT */
/* hunt_drill.h - what `hunt --drill` traces behind its report, in each format. */
#ifndef GOFUNCGRAPH_OUTPUT_HUNT_DRILL_H
#define GOFUNCGRAPH_OUTPUT_HUNT_DRILL_H

#include "output/format.h"

void hunt_drill_put(struct output *out, const struct hunt_drill *drill);
void hunt_drill_put_json(struct output *out, const struct hunt_drill *drill);

#endif
