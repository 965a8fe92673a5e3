/* SPDX-License-Identifier: MIT */
/* utc.h - for tests: times are printed in UTC, whatever the machine's zone is. */
#ifndef GOFUNCGRAPH_TESTS_UTC_H
#define GOFUNCGRAPH_TESTS_UTC_H

#include <stdlib.h>
#include <time.h>

static inline void use_utc(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
}

#endif
