/* SPDX-License-Identifier: MIT */
/* bill.h - hits into what they cost: by site, by function, all together, and as text. Pure. */
#ifndef GUARD_BILL_H
#define GUARD_BILL_H

#include "gofuncgraph/calltree.h"
#include "gofuncgraph/plan.h"
#include "guard/cost.h"

/* What a hit costs; all are nanoseconds of CPU time. */
struct tariff {
	struct hit_costs trap;
	bool performs_ret; /* the program at exits performs the `ret` */
	uint64_t program_ns; /* of the BPF program that runs at it, on average */
};

static inline uint64_t tariff_ns(const struct tariff *tariff, const struct site *site)
{
	return hit_cost_ns(&tariff->trap, site, tariff->performs_ret) + tariff->program_ns;
}

/* A record tells the moment when the program runs at it, and what is single-stepped comes behind. */
struct hit_time tariff_hit_time(const struct tariff *tariff, const struct site *site);

struct bill {
	uint64_t num_hits, cost_ns;
	/* What cost most; NULL: there are no hits. State sites count as one. */
	const struct gobin_func *dearest;
	bool dearest_is_state;
	uint64_t dearest_ns;
};

/* `hits`: by site of the plan. */
struct bill bill_make(const struct plan *plan, const struct tariff *tariff, const uint64_t *hits);

/* "6.9 s", "78 ms": two digits or more. */
#define BILL_TIME_SIZE 32
void bill_put_time(char text[BILL_TIME_SIZE], uint64_t ns);

/* Of a whole in percent, rounded, at most 100. */
unsigned bill_percent(uint64_t part, uint64_t whole);

/*
 * "300,412 probe hits, about 6.9 s of the program's CPU time (78 %), 71 % of it in main.mulMod".
 * `cpu_ns`: of the traced processes; 0: unknown. NULL: out of memory. The caller frees it.
 */
char *bill_text(const struct bill *bill, uint64_t cpu_ns, size_t num_processes);
/* The same of processes that are not traced: "and 1,230 by processes that run it and were not chosen, about 2.1 ms of
 * their CPU time (1 %)". */
char *bill_text_of_others(const struct bill *bill, uint64_t cpu_ns);

#endif
