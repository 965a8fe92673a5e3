/* SPDX-License-Identifier: MIT */
/* limits.h - what tracing needs of its surroundings, looked at before a library fails of it. */
#ifndef SOURCE_LIMITS_H
#define SOURCE_LIMITS_H

#include <stdint.h>

#include "base/error.h"

/* Processes, their executables and our own files are found there. */
struct error *limits_check_proc(void);

/* More open files that hunt needs: programs, maps and, for each of the processors that there may be, a clock and
 * what attaches it. */
#define LIMITS_HUNT_FILES(processors) (8u + 2u * (unsigned)(processors))

/*
 * So many open files more than tracing needs anyway (the soft limit is raised to the hard one if that helps; a program that is
 * started gets the old one back, see inherited.h), and enough address space for a ring buffer of so
 * many bytes.
 */
struct error *limits_check(uint64_t ring_bytes, unsigned more_files);

#endif
