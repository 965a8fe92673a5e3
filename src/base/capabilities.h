/* SPDX-License-Identifier: MIT */
/*
 * capabilities.h - capabilities(7): what a process may do that others may not, and how it gives
 * that up.
 *
 * A set of capabilities is a number with a bit for each, as <linux/capability.h> numbers them:
 * CAPABILITY(CAP_KILL).
 */
#ifndef GOFUNCGRAPH_CAPABILITIES_H
#define GOFUNCGRAPH_CAPABILITIES_H

#include <stdint.h>

#include <linux/capability.h>

#define CAPABILITY(number) (UINT64_C(1) << (number))

/* The capabilities in effect; 0 when they cannot be told. */
uint64_t capabilities_effective(void);

/*
 * Gives up all capabilities of this thread but these, for good: in the bounding set too, where that
 * is allowed, and so for every program that is executed later. CAP_SYS_ADMIN is kept where it
 * stands in for CAP_BPF or CAP_PERFMON.
 */
void capabilities_keep(uint64_t keep);

#endif
