/* SPDX-License-Identifier: MIT */
/*
 * meter.h - what the guard goes by, read from a live source and from the clocks of the processes: how often probes were
 * hit, what a hit costs here, and how much CPU time the program had.
 *
 * meter_init() - meter_start() - meter_begin() when tracing begins - meter_read() now and then - meter_release().
 */
#ifndef GUARD_METER_H
#define GUARD_METER_H

#include "gofuncgraph/live.h"
#include "guard/cpu.h"
#include "guard/guard.h"
#include "guard/window.h"

struct meter {
	const struct guard_options *options; /* not owned, nor is this */
	struct source *source;
	struct cost_measurement *measurement; /* until it is started; else NULL */
	struct tariff tariff;
	struct cpu_times *times;
	uint64_t *hits, *other_hits; /* by site; those of others are among all */
	uint64_t *traced_hits; /* the rest */
	struct cpu_time cpu;
	uint64_t read_ns; /* when all was read last */
	struct live_program_time
		program_time; /* of when so many runs had been timed that they tell */
	bool is_tracing; /* meter_begin() */
};

/* All zero before. Begins to measure what a hit costs. Error: out of memory. meter_release() in any case. */
struct error *meter_init(struct meter *meter, const struct guard_options *options);
void meter_release(struct meter *meter);

/* The source was started. */
void meter_start(struct meter *meter, struct source *source);

/* Tracing begins: from now on the hits' times are kept up to date, as they are known by then. */
void meter_begin(struct meter *meter);

/* Reads all counters. The sample's hits are the meter's. */
struct sample meter_read(struct meter *meter, uint64_t now_ns);

#endif
