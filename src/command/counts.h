/* SPDX-License-Identifier: MIT */
/* counts.h - what was counted while tracing (enum statistic), as messages at its end, or a recording's. */
#ifndef COMMAND_COUNTS_H
#define COMMAND_COUNTS_H

#include <stdint.h>

#include "gofuncgraph/record.h"

/* Of a RECORD_STATISTICS; any other record changes nothing. */
void counts_take(uint64_t counts[STAT_COUNT], const struct record *record);

/* What is missing, and why. `advice`: against a full ring buffer. */
void counts_report(const uint64_t counts[STAT_COUNT], const char *advice);

#endif
