/* SPDX-License-Identifier: MIT */
#include "guard/meter.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"

/* Of fewer runs of the programs it is chance how long they took. */
#define MIN_TIMED_RUNS 64

struct error *meter_init(struct meter *meter, const struct guard_options *options)
{
	const struct plan *plan = options->plan;

	meter->options = options;
	meter->measurement = cost_measure_begin(options->method);
	meter->times =
		cpu_times_new(gobin_stat(plan->bin), gobin_is_library(plan->bin), &options->chosen);
	meter->hits = calloc(plan->num_sites + 1, sizeof(*meter->hits));
	meter->other_hits = calloc(plan->num_sites + 1, sizeof(*meter->other_hits));
	meter->traced_hits = calloc(plan->num_sites + 1, sizeof(*meter->traced_hits));
	if (!meter->times || !meter->hits || !meter->other_hits || !meter->traced_hits)
		return error_out_of_memory();
	return NULL;
}

void meter_release(struct meter *meter)
{
	cost_measure_end(meter->measurement);
	cpu_times_free(meter->times);
	free(meter->hits);
	free(meter->other_hits);
	free(meter->traced_hits);
}

void meter_start(struct meter *meter, struct source *source)
{
	meter->source = source;
	meter->tariff.trap = cost_measure_end(take_pointer(meter->measurement));
	meter->tariff.performs_ret = live_performs_ret(source);
	log_verbose(
		"a probe hit costs %s ns where the kernel emulates, %s ns where it single-steps%s",
		text_count(meter->tariff.trap.emulated_ns).text,
		text_count(meter->tariff.trap.stepped_ns).text,
		meter->tariff.trap.is_measured ? ""
					       : " (taken for granted, it could not be measured)");
}

/* When it is known better: the programs' time changes. */
static void update_hit_times(const struct meter *meter)
{
	const struct plan *plan = meter->options->plan;

	for (size_t i = 0; i < plan->num_sites; i++)
		meter->options->hit_times[i] = tariff_hit_time(&meter->tariff, &plan->sites[i]);
}

void meter_begin(struct meter *meter)
{
	meter->is_tracing = true;
	update_hit_times(meter);
}

static uint64_t told_extra_ns(const struct live_program_time *time)
{
	uint64_t num_quiet = time->num_runs - time->num_told_runs, told_ns, quiet_ns;

	if (!time->num_told_runs || !num_quiet)
		return 0;
	told_ns = time->told_ns / time->num_told_runs;
	quiet_ns = (time->ns - time->told_ns) / num_quiet;
	return told_ns > quiet_ns ? told_ns - quiet_ns : 0;
}

/* How long the programs took lately: what they do changes with what is called. */
static uint64_t recent_program_ns(struct meter *meter, const struct live_program_time *time)
{
	struct live_program_time before = meter->program_time;
	uint64_t num_runs = time->num_runs - before.num_runs;

	if (!meter->is_tracing || num_runs < MIN_TIMED_RUNS)
		return meter->tariff.program_ns;
	meter->program_time = *time;
	return (time->ns - before.ns) / num_runs;
}

static void read_hits(struct meter *meter)
{
	live_other_hits(meter->source, meter->other_hits);
	live_hits(meter->source, meter->hits);
	sample_split_hits(meter->options->plan, meter->hits, meter->other_hits, meter->traced_hits);
}

struct sample meter_read(struct meter *meter, uint64_t now_ns)
{
	struct live_program_time time = live_program_time(meter->source);
	struct tariff tariff;

	read_hits(meter);
	meter->cpu = cpu_times_read(meter->times, now_ns);
	meter->read_ns = now_ns;
	if (time.num_runs)
		meter->tariff.program_ns = time.ns / time.num_runs;
	tariff = meter->tariff;
	tariff.program_ns = recent_program_ns(meter, &time);
	if (meter->is_tracing)
		update_hit_times(meter);
	return (struct sample){
		.now_ns = now_ns,
		.cpu_ns = meter->cpu.traced_ns + meter->cpu.others_ns,
		.attach_ns = live_attach_cpu_ns(meter->source),
		.hits = meter->hits,
		.others_cpu_ns = meter->cpu.others_ns,
		.others_hits = chosen_are_all(&meter->options->chosen) ? NULL : meter->other_hits,
		.num_told = time.num_told,
		.told_extra_ns = told_extra_ns(&time),
		.tariff = tariff};
}
