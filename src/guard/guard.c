/* SPDX-License-Identifier: MIT */
/* guard.c - what probes cost, read now and then; see guard.h. */
#include "guard/guard.h"

#include <stdlib.h>

#include "base/log.h"
#include "guard/bill.h"
#include "guard/cpu.h"

/* Processes that come and go are to be found. */
#define READ_EVERY_NS 500000000ull

struct guard {
	struct guard_options options;
	struct cost_measurement *measurement;
	struct tariff tariff;
	struct cpu_times *times;
	struct source *source; /* not owned */
	uint64_t *hits; /* by site */
	uint64_t cpu_ns;
	uint64_t read_ns; /* when they were read last */
};

/* ---- life ---- */

struct error *guard_new(const struct guard_options *options, struct guard **out)
{
	const struct plan *plan = options->plan;
	struct guard *guard = *out = calloc(1, sizeof(*guard));

	if (!guard)
		return error_out_of_memory();
	guard->options = *options;
	guard->measurement = cost_measure_begin(options->method);
	guard->times =
		cpu_times_new(gobin_stat(plan->bin), gobin_is_library(plan->bin), options->only);
	guard->hits = calloc(plan->num_sites + 1, sizeof(*guard->hits));
	if (!guard->times || !guard->hits)
		return error_out_of_memory();
	return NULL;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	cost_measure_end(guard->measurement);
	cpu_times_free(guard->times);
	free(guard->hits);
	free(guard);
}

/* ---- counters ---- */

/* When it is known better: the programs' time changes. */
static void update_hit_times(struct guard *guard)
{
	const struct plan *plan = guard->options.plan;

	for (size_t i = 0; i < plan->num_sites; i++)
		guard->options.hit_times[i] = tariff_hit_time(&guard->tariff, &plan->sites[i]);
}

static void read_all(struct guard *guard, uint64_t now_ns)
{
	struct live_program_time time = live_program_time(guard->source);

	live_hits(guard->source, guard->hits);
	guard->cpu_ns = cpu_times_read(guard->times, now_ns);
	guard->read_ns = now_ns;
	if (time.num_runs)
		guard->tariff.program_ns = time.ns / time.num_runs;
	update_hit_times(guard);
}

void guard_start(struct guard *guard, struct source *source, uint64_t now_ns)
{
	guard->source = source;
	guard->tariff.trap = cost_measure_end(take_pointer(guard->measurement));
	guard->tariff.performs_ret = live_performs_ret(source);
	log_verbose(
		"a probe hit costs %llu ns where the kernel emulates, %llu ns where it single-steps%s",
		(unsigned long long)guard->tariff.trap.emulated_ns,
		(unsigned long long)guard->tariff.trap.stepped_ns,
		guard->tariff.trap.is_measured ? ""
					       : " (taken for granted, it could not be measured)");
	read_all(guard, now_ns);
}

void guard_note_end(struct guard *guard, uint64_t cpu_ns)
{
	cpu_times_end(guard->times, guard->options.only, cpu_ns);
}

void guard_stop(struct guard *guard, uint64_t now_ns)
{
	read_all(guard, now_ns);
}

void guard_report(const struct guard *guard)
{
	struct bill bill = bill_make(guard->options.plan, &guard->tariff, guard->hits);
	_cleanup_free_ char *text = bill_text(&bill, guard->cpu_ns, cpu_times_count(guard->times));

	if (text)
		log_info("%s", text);
}

void guard_look(struct guard *guard, uint64_t now_ns)
{
	if (now_ns - guard->read_ns >= READ_EVERY_NS)
		read_all(guard, now_ns);
}
