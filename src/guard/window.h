/* SPDX-License-Identifier: MIT */
/*
 * window.h - what probes have cost during a stretch of time, by function: what the guard's decisions
 * are made from. Pure: fed with counters, which only ever rise.
 */
#ifndef GUARD_WINDOW_H
#define GUARD_WINDOW_H

#include "base/error.h"
#include "guard/bill.h"

/* All counters at one moment, of all processes that run the file. */
struct sample {
	uint64_t now_ns; /* of any clock */
	uint64_t cpu_ns;
	uint64_t attach_ns; /* CPU time of who attaches and detaches */
	const uint64_t *hits; /* by site of the plan */
	/* Of these, of processes that are not traced, where some were chosen; NULL: all are. */
	uint64_t others_cpu_ns;
	const uint64_t *others_hits;
	uint64_t num_told; /* hits that sent a record */
	uint64_t told_extra_ns; /* how much longer the BPF program takes for one of them */
	struct tariff tariff; /* as far as it is known by then */
};

/* One that was called. */
struct heat {
	uint32_t
		func; /* its number: plan_func_at(). SITE_RESUME may be in one of the tracer's own */
	uint64_t calls; /* hits of its entry, or of SITE_RESUME */
	uint64_t cost_ns; /* of its probes */
};

/* Of one CPU: probes that take less are never too much. */
#define NEVER_TOO_MUCH 0.01

struct window {
	const struct plan *plan; /* not owned */
	struct sample start; /* its hits: owned */
	/*
	 * Of a program that is idle most of the time, else 0: what comes in less time than that came by chance. It counts
	 * as if nothing more had come in all of this time, in which the program had so many CPUs for itself as usual.
	 */
	uint64_t least_ns;
	double usual_cpus;
	/* Of the last measurement. */
	uint64_t length_ns, cpu_ns;
	uint64_t spent_ns; /* by all probes */
	uint64_t cost_ns; /* the same; with whole_calls what it would be */
	uint64_t state_ns,
		own_ns; /* of it, where goroutines change states; of the tracer's others */
	uint64_t target_ns; /* of it, in targets */
	uint64_t told_ns; /* of it, for records: what it would not take if nothing were told */
	struct heat *heats; /* the dearest first */
	size_t num_heats;
};

/*
 * Hits of the traced processes, by site: all but those of others. Others were read first, and have hit more since, which
 * looks like hits of the traced ones, less of it at the next reading, perhaps. Counters only rise: `traced` is raised, and
 * `hits` becomes the sum of it and `others`.
 */
void sample_split_hits(const struct plan *plan, uint64_t *hits, const uint64_t *others,
		       uint64_t *traced);

struct error *window_init(struct window *window, const struct plan *plan);
void window_destroy(struct window *window);

void window_start(struct window *window, const struct sample *sample);

/*
 * What happened from the start until now. With `whole_calls` a function costs what it would with all
 * its probes: as many exits as entries are counted, though none are attached yet.
 */
void window_measure(struct window *window, const struct sample *sample, bool whole_calls);

/* What all hits have cost so far. */
uint64_t sample_spent_ns(const struct plan *plan, const struct sample *sample);

/* What a program had for itself of so much CPU time, in which probes took so much. */
double own_cpu_ns(uint64_t cpu_ns, uint64_t spent_ns);

/* What the program had of its CPU time for itself; at least 1. */
double window_rest_ns(const struct window *window);

/* So many CPUs it would have without probes. */
double window_cpus(const struct window *window);

/* What probes that cost so much would be of the CPU time, had they not been there at all in the
 * window's: 0.2 is 20 %. 0 when they take less than NEVER_TOO_MUCH. */
double window_share(const struct window *window, uint64_t cost_ns);

/* Probes that cost so much hardly hold a program up: where it is too much all the same, it may be over soon. */
bool window_is_little(const struct window *window, uint64_t cost_ns);

#endif
