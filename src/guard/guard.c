/* SPDX-License-Identifier: MIT */
/* guard.c - the policy carried out on a live source; see guard.h. */
#include "guard/guard.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "guard/activity.h"
#include "guard/begin.h"
#include "guard/bill.h"
#include "guard/cpu.h"
#include "guard/policy.h"
#include "guard/told.h"

/* While tracing; processes that come and go are found so, too. */
#define READ_EVERY_NS 500000000ull

#define MIN_TIMED_RUNS 64

/* Too many functions to attach all of their probes at once. */
#define MANY_FUNCS 300
/* How long the program is looked at before it gets the first of them. */
#define LOOK_NS 500000000ull

struct guard {
	struct guard_options options;
	struct cost_measurement *measurement;
	struct tariff tariff;
	struct cpu_times *times;
	struct policy *policy;
	struct activity *activity; /* before the first probe; or NULL */
	uint64_t first_look_ns, first_cpu_ns; /* at it, and the CPU time that it had by then */
	struct begin *begin; /* from there until it has begun; else NULL */
	struct source *source; /* not owned */
	uint64_t *hits, *other_hits; /* by site; those of others are among all */
	uint64_t *traced_hits; /* the rest */
	struct cpu_time cpu;
	uint64_t read_ns; /* when they were read last */
	struct live_program_time
		program_time; /* of when so many runs had been timed that they tell */
	bool is_careful, has_begun, wants_end;
	double share_of_states; /* see guard_share_of_states() */
	uint64_t rest_end_ns; /* GUARD_REST is the last step, until then at least; else 0 */
	bool is_waking; /* it is over, and probes come again */
	bool is_busy; /* `step` is being carried out */
	struct guard_step step; /* the last */
	struct told told;
};

/* ---- life ---- */

/* Nobody waits for probes in a program that does not run. */
static bool wants_care(const struct guard *guard)
{
	return guard->options.max_overhead && !guard->options.is_waiting &&
	       plan_num_traced(guard->options.plan) > MANY_FUNCS &&
	       cpu_times_num_running(guard->times);
}

struct error *guard_new(const struct guard_options *options, struct guard **out)
{
	const struct plan *plan = options->plan;
	const struct policy_options policy = {
		.max_share = options->max_overhead ? options->max_overhead / 100.0 : INFINITY,
		.needs_states = options->needs_states,
		.may_rest = options->hunts && !options->needs_states,
		.keeps_births = options->hunts,
	};
	struct guard *guard = *out = calloc(1, sizeof(*guard));
	struct error *err;

	if (!guard)
		return error_out_of_memory();
	guard->options = *options;
	guard->measurement = cost_measure_begin(options->method);
	guard->times =
		cpu_times_new(gobin_stat(plan->bin), gobin_is_library(plan->bin), &options->chosen);
	guard->hits = calloc(plan->num_sites + 1, sizeof(*guard->hits));
	guard->other_hits = calloc(plan->num_sites + 1, sizeof(*guard->other_hits));
	guard->traced_hits = calloc(plan->num_sites + 1, sizeof(*guard->traced_hits));
	if (!guard->times || !guard->hits || !guard->other_hits || !guard->traced_hits)
		return error_out_of_memory();
	err = policy_new(plan, &policy, &guard->policy);
	told_init(&guard->told, plan, options->max_overhead, options->hunts);
	guard->is_careful = !err && wants_care(guard);
	if (guard->is_careful)
		guard->activity = activity_begin(plan, options->chosen.only);
	return err;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	cost_measure_end(guard->measurement);
	cpu_times_free(guard->times);
	policy_free(guard->policy);
	activity_end(guard->activity);
	begin_free(guard->begin);
	free(guard->hits);
	free(guard->other_hits);
	free(guard->traced_hits);
	free(guard);
}

bool guard_is_careful(const struct guard *guard)
{
	return guard->is_careful;
}

bool guard_has_begun(const struct guard *guard)
{
	return guard->has_begun;
}

bool guard_wants_end(const struct guard *guard)
{
	return guard->wants_end;
}

double guard_share_of_states(const struct guard *guard)
{
	return guard->share_of_states;
}

struct guard_now guard_now(const struct guard *guard)
{
	return (struct guard_now){
		.num_sites = guard->options.plan->num_sites,
		.num_attached = guard->told.most_attached,
		.num_off = policy_num_off(guard->policy),
		.num_processes = cpu_times_num_running(guard->times),
		.share = policy_share(guard->policy),
	};
}

struct guard_cost guard_cost(const struct guard *guard)
{
	struct bill bill = bill_make(guard->options.plan, &guard->tariff, guard->traced_hits);

	return (struct guard_cost){bill.num_hits, bill.cost_ns, guard->cpu.traced_ns};
}

struct guard_cost guard_cost_of_others(const struct guard *guard)
{
	struct bill bill = bill_make(guard->options.plan, &guard->tariff, guard->other_hits);

	return (struct guard_cost){bill.num_hits, bill.cost_ns, guard->cpu.others_ns};
}

uint64_t guard_num_entries(const struct guard *guard)
{
	const struct plan *plan = guard->options.plan;
	uint64_t count = 0;

	for (size_t i = 0; i < plan->num_funcs; i++)
		if (plan->funcs[i].num_sites)
			count += guard->traced_hits[plan->funcs[i].first_site];
	return count;
}

/* ---- counters ---- */

/* When it is known better: the programs' time changes. */
static void update_hit_times(struct guard *guard)
{
	const struct plan *plan = guard->options.plan;

	for (size_t i = 0; i < plan->num_sites; i++)
		guard->options.hit_times[i] = tariff_hit_time(&guard->tariff, &plan->sites[i]);
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
static uint64_t recent_program_ns(struct guard *guard, const struct live_program_time *time)
{
	struct live_program_time before = guard->program_time;
	uint64_t num_runs = time->num_runs - before.num_runs;

	if (!guard->has_begun || num_runs < MIN_TIMED_RUNS)
		return guard->tariff.program_ns;
	guard->program_time = *time;
	return (time->ns - before.ns) / num_runs;
}

static void read_hits(struct guard *guard)
{
	live_other_hits(guard->source, guard->other_hits);
	live_hits(guard->source, guard->hits);
	sample_split_hits(guard->options.plan, guard->hits, guard->other_hits, guard->traced_hits);
}

static struct sample read_all(struct guard *guard, uint64_t now_ns)
{
	struct live_program_time time = live_program_time(guard->source);
	struct tariff tariff;

	read_hits(guard);
	guard->cpu = cpu_times_read(guard->times, now_ns);
	guard->read_ns = now_ns;
	if (time.num_runs)
		guard->tariff.program_ns = time.ns / time.num_runs;
	tariff = guard->tariff;
	tariff.program_ns = recent_program_ns(guard, &time);
	if (guard->has_begun)
		update_hit_times(guard);
	return (struct sample){
		.now_ns = now_ns,
		.cpu_ns = guard->cpu.traced_ns + guard->cpu.others_ns,
		.attach_ns = live_attach_cpu_ns(guard->source),
		.hits = guard->hits,
		.others_cpu_ns = guard->cpu.others_ns,
		.others_hits = chosen_are_all(&guard->options.chosen) ? NULL : guard->other_hits,
		.num_told = time.num_told,
		.told_extra_ns = told_extra_ns(&time),
		.tariff = tariff};
}

void guard_start(struct guard *guard, struct source *source, uint64_t now_ns)
{
	struct sample sample;

	guard->source = source;
	guard->tariff.trap = cost_measure_end(take_pointer(guard->measurement));
	guard->tariff.performs_ret = live_performs_ret(source);
	log_verbose(
		"a probe hit costs %llu ns where the kernel emulates, %llu ns where it single-steps%s",
		(unsigned long long)guard->tariff.trap.emulated_ns,
		(unsigned long long)guard->tariff.trap.stepped_ns,
		guard->tariff.trap.is_measured ? ""
					       : " (taken for granted, it could not be measured)");
	guard->has_begun = !guard->is_careful;
	sample = read_all(guard, now_ns);
	guard->first_look_ns = now_ns;
	guard->first_cpu_ns = sample.cpu_ns;
	policy_restart(guard->policy, &sample);
}

void guard_note_end(struct guard *guard, uint64_t cpu_ns)
{
	cpu_times_end(guard->times, guard->options.chosen.only, cpu_ns);
}

void guard_stop(struct guard *guard, uint64_t now_ns)
{
	read_all(guard, now_ns);
}

void guard_report(const struct guard *guard)
{
	struct bill bill = bill_make(guard->options.plan, &guard->tariff, guard->traced_hits);
	_cleanup_free_ char *text =
		bill_text(&bill, guard->cpu.traced_ns, cpu_times_count(guard->times));
	struct bill others = bill_make(guard->options.plan, &guard->tariff, guard->other_hits);
	_cleanup_free_ char *of_others = bill_text_of_others(&others, guard->cpu.others_ns);

	if (text)
		log_info("%s", text);
	if (of_others && others.num_hits)
		log_info("%s", of_others);
}

/* ---- steps ---- */

/* Nothing was traced yet when they were left out: who reads records has to know of them. */
static void note_left_out(struct guard *guard)
{
	const struct plan *plan = guard->options.plan;
	const struct record_sink *sink = &guard->options.sink;
	struct record states_off = {
		.kind = RECORD_STATES_OFF, .size = sizeof(states_off), .time_ns = guard->read_ns};

	if (begin_leaves_states_out(guard->begin))
		sink->handle(sink->context, &states_off);
	for (uint32_t i = 0; i < plan->num_funcs; i++) {
		struct record_frame record = {
			.header = {.kind = RECORD_TAKEN_OFF,
				   .size = sizeof(record),
				   .time_ns = guard->read_ns},
			.site = plan->funcs[i].first_site,
		};

		if (!begin_leaves_out(guard->begin, i))
			continue;
		policy_leave_out(guard->policy, i);
		sink->handle(sink->context, &record.header);
	}
}

static struct error *carry_out(struct guard *guard)
{
	const struct guard_step *step = &guard->step;

	switch (step->action) {
	case GUARD_ATTACH:
		guard->is_busy = true;
		return live_attach(guard->source, step->sites, step->num_sites);
	case GUARD_STATES_OFF:
		if (!step->is_of_births)
			guard->share_of_states = step->share * step->share_of_states;
		/* fall through */
	case GUARD_TAKE_OFF:
		guard->is_busy = true;
		return live_take_off(guard->source, step->funcs, step->num_funcs);
	case GUARD_REST:
		told_step(&guard->told, step);
		guard->rest_end_ns = guard->read_ns + step->wait_ns;
		return live_rest(guard->source);
	case GUARD_SAMPLE:
		told_step(&guard->told, step);
		return live_sample(guard->source, step->one_in);
	case GUARD_BEGIN:
		note_left_out(guard);
		update_hit_times(guard);
		live_begin(guard->source);
		guard->has_begun = true;
		begin_free(take_pointer(guard->begin));
		return NULL;
	case GUARD_END:
		guard->wants_end = true;
		told_step(&guard->told, step);
		return NULL;
	default:
		return NULL;
	}
}

/* ---- before tracing ---- */

/* The program was looked at long enough. Of one that hardly ran nothing is known. */
static struct error *begin_attaching(struct guard *guard)
{
	const uint32_t *seen = NULL;
	struct begin_options options;
	struct error *err;

	if (guard->activity) {
		activity_look(guard->activity);
		seen = activity_seen(guard->activity);
		log_verbose("the program was seen in %zu samples of its stacks",
			    activity_num_samples(guard->activity));
	}
	options = (struct begin_options){.max_share = guard->options.max_overhead / 100.0,
					 .needs_states = guard->options.needs_states,
					 .seen = seen,
					 .since_ns = guard->first_look_ns,
					 .since_cpu_ns = guard->first_cpu_ns};
	err = begin_new(guard->options.plan, &options, &guard->begin);
	activity_end(take_pointer(guard->activity));
	return err;
}

static struct error *look_before(struct guard *guard, uint64_t now_ns)
{
	struct error *err = NULL;
	struct sample sample;

	if (guard->activity && now_ns - guard->first_look_ns < LOOK_NS) {
		activity_look(guard->activity);
		return NULL;
	}
	if (guard->is_busy ? live_is_busy(guard->source)
			   : now_ns - guard->read_ns < guard->step.wait_ns)
		return NULL;
	guard->is_busy = false;
	if (!guard->begin)
		err = begin_attaching(guard);
	if (err)
		return err;
	sample = read_all(guard, now_ns);
	guard->step = begin_next(guard->begin, &sample);
	told_begin_step(&guard->told, &guard->step, now_ns);
	if (guard->step.action == GUARD_BEGIN)
		policy_restart(guard->policy, &sample);
	return carry_out(guard);
}

/* ---- while tracing ---- */

/* What was begun has been done. */
static void finish_step(struct guard *guard, const struct sample *sample)
{
	told_step(&guard->told, &guard->step);
	policy_restart(guard->policy, sample);
}

static struct error *look_while_resting(struct guard *guard, uint64_t now_ns)
{
	struct sample sample;

	if (live_is_busy(guard->source) || now_ns < guard->rest_end_ns)
		return NULL;
	if (!guard->is_waking) {
		guard->is_waking = true;
		return live_wake(guard->source);
	}
	live_begin(guard->source);
	guard->is_waking = false;
	guard->rest_end_ns = 0;
	sample = read_all(guard, now_ns);
	policy_restart(guard->policy, &sample);
	return NULL;
}

static struct error *look_while_tracing(struct guard *guard, uint64_t now_ns)
{
	struct sample sample;

	if (guard->is_busy ? live_is_busy(guard->source) : now_ns - guard->read_ns < READ_EVERY_NS)
		return NULL;
	sample = read_all(guard, now_ns);
	if (guard->wants_end)
		return NULL;
	if (guard->is_busy)
		finish_step(guard, &sample);
	guard->is_busy = false;
	guard->step = policy_watch(guard->policy, &sample);
	return carry_out(guard);
}

struct error *guard_look(struct guard *guard, uint64_t now_ns)
{
	if (guard->rest_end_ns)
		return look_while_resting(guard, now_ns);
	return guard->has_begun ? look_while_tracing(guard, now_ns) : look_before(guard, now_ns);
}
