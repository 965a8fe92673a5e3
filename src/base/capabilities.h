/* SPDX-License-Identifier: MIT */
/*
 * capabilities.h - what a process may do beyond others, and giving it up: capabilities(7).
 *
 * Sets are bits by number, as in <linux/capability.h>: CAPABILITY(CAP_KILL).
 */
#ifndef GOFUNCGRAPH_CAPABILITIES_H
#define GOFUNCGRAPH_CAPABILITIES_H

#include <stdint.h>

#include <linux/capability.h>

#define CAPABILITY(number) (UINT64_C(1) << (number))

/* Those in effect; 0 when that cannot be told. */
uint64_t capabilities_effective(void);

/*
 * Gives up all but these, for good: also in the bounding set where that is allowed, and for whatever
 * is executed later. CAP_SYS_ADMIN is kept where it stands in for CAP_BPF or CAP_PERFMON. Of this
 * thread.
 */
void capabilities_keep(uint64_t keep);

#endif
