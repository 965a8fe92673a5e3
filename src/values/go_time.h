/* SPDX-License-Identifier: MIT */
/* go_time.h - values of package time as people read them. */
#ifndef VALUES_GO_TIME_H
#define VALUES_GO_TIME_H

#include "values/go_value.h"

#define GO_TIME_SIZE 48

/* "1.5s", "1h0m3s", "-2ms", as time.Duration.String() has it. Returns its length, without a NUL. */
size_t go_duration_put(int64_t ns, char to[GO_TIME_SIZE]);

/* "2026-11-29T13:07:54.25Z", in UTC. 0: the value is no time.Time, or not all there, or of no year with four
 * digits. */
size_t go_time_put(const struct go_value *value, char to[GO_TIME_SIZE]);

#endif
