/* SPDX-License-Identifier: MIT */
/*
 * cost.h - what a hit of a probe costs the program that hits it, on this machine and kernel, besides
 * the time of the BPF program that runs at it.
 *
 * It is measured: a child of our own runs into probes on our own executable, with a program that
 * does nothing. Some instructions are emulated by the kernel, others are executed out of line and
 * single-stepped, which takes a second trap (kernel/events/uprobes.c, handle_swbp()); a `ret` that
 * the program itself performs costs what an emulated one does.
 */
#ifndef GUARD_COST_H
#define GUARD_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "gofuncgraph/attach.h"
#include "gofuncgraph/site.h"

struct hit_costs {
	uint64_t emulated_ns, stepped_ns; /* CPU time of one hit */
	bool is_measured; /* else it could not be, and these are those of another machine */
};

/* `performs_ret`: the program at exits performs the `ret`. */
uint64_t hit_cost_ns(const struct hit_costs *costs, const struct site *site, bool performs_ret);

struct cost_measurement;

/* Begins to measure, which takes some ten milliseconds, in a child. NULL: that cannot be. */
struct cost_measurement *cost_measure_begin(enum attach_method method);

/* Waits for its end, and frees. NULL is fine. */
struct hit_costs cost_measure_end(struct cost_measurement *measurement);

#endif
