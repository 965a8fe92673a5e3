/* SPDX-License-Identifier: MIT */
/* guard.c - the policy carried out on a live source; see guard.h. */
#include "guard/guard.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "guard/activity.h"
#include "guard/begin.h"
#include "guard/bill.h"
#include "guard/meter.h"
#include "guard/policy.h"
#include "guard/told.h"

/* While tracing; processes that come and go are found so, too. */
#define READ_EVERY_NS 500000000ull

/* Too many functions to attach all of their probes at once. */
#define MANY_FUNCS 300
/* How long the program is looked at before it gets the first of them. */
#define LOOK_NS 500000000ull

struct guard {
	struct guard_options options;
	struct meter meter;
	struct policy *policy;
	struct activity *activity; /* before the first probe; or NULL */
	uint64_t first_look_ns, first_cpu_ns; /* at it, and the CPU time that it had by then */
	struct begin *begin; /* from there until it has begun; else NULL */
	struct source *source; /* not owned */
	bool is_careful, wants_end;
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
	       cpu_times_num_running(guard->meter.times);
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
	err = meter_init(&guard->meter, &guard->options);
	if (err)
		return err;
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
	meter_release(&guard->meter);
	policy_free(guard->policy);
	activity_end(guard->activity);
	begin_free(guard->begin);
	free(guard);
}

bool guard_is_careful(const struct guard *guard)
{
	return guard->is_careful;
}

bool guard_has_begun(const struct guard *guard)
{
	return guard->meter.is_tracing;
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
		.num_processes = cpu_times_num_running(guard->meter.times),
		.share = policy_share(guard->policy),
	};
}

static struct bill bill_of(const struct guard *guard, const uint64_t *hits)
{
	return bill_make(guard->options.plan, &guard->meter.tariff, hits);
}

struct guard_cost guard_cost(const struct guard *guard)
{
	struct bill bill = bill_of(guard, guard->meter.traced_hits);

	return (struct guard_cost){bill.num_hits, bill.cost_ns, guard->meter.cpu.traced_ns};
}

struct guard_cost guard_cost_of_others(const struct guard *guard)
{
	struct bill bill = bill_of(guard, guard->meter.other_hits);

	return (struct guard_cost){bill.num_hits, bill.cost_ns, guard->meter.cpu.others_ns};
}

uint64_t guard_num_entries(const struct guard *guard)
{
	const struct plan *plan = guard->options.plan;
	uint64_t count = 0;

	for (size_t i = 0; i < plan->num_funcs; i++)
		if (plan->funcs[i].num_sites)
			count += guard->meter.traced_hits[plan->funcs[i].first_site];
	return count;
}

void guard_start(struct guard *guard, struct source *source, uint64_t now_ns)
{
	struct sample sample;

	guard->source = source;
	meter_start(&guard->meter, source);
	if (!guard->is_careful)
		meter_begin(&guard->meter);
	sample = meter_read(&guard->meter, now_ns);
	guard->first_look_ns = now_ns;
	guard->first_cpu_ns = sample.cpu_ns;
	policy_restart(guard->policy, &sample);
}

void guard_note_end(struct guard *guard, uint64_t cpu_ns)
{
	cpu_times_end(guard->meter.times, guard->options.chosen.only, cpu_ns);
}

void guard_stop(struct guard *guard, uint64_t now_ns)
{
	meter_read(&guard->meter, now_ns);
}

void guard_report(const struct guard *guard)
{
	struct bill bill = bill_of(guard, guard->meter.traced_hits);
	_cleanup_free_ char *text =
		bill_text(&bill, guard->meter.cpu.traced_ns, cpu_times_count(guard->meter.times));
	struct bill others = bill_of(guard, guard->meter.other_hits);
	_cleanup_free_ char *of_others = bill_text_of_others(&others, guard->meter.cpu.others_ns);

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
	struct record states_off = {.kind = RECORD_STATES_OFF,
				    .size = sizeof(states_off),
				    .time_ns = guard->meter.read_ns};

	if (begin_leaves_states_out(guard->begin))
		sink->handle(sink->context, &states_off);
	for (uint32_t i = 0; i < plan->num_funcs; i++) {
		struct record_frame record = {
			.header = {.kind = RECORD_TAKEN_OFF,
				   .size = sizeof(record),
				   .time_ns = guard->meter.read_ns},
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
		guard->rest_end_ns = guard->meter.read_ns + step->wait_ns;
		return live_rest(guard->source);
	case GUARD_SAMPLE:
		told_step(&guard->told, step);
		return live_sample(guard->source, step->one_in);
	case GUARD_BEGIN:
		note_left_out(guard);
		meter_begin(&guard->meter);
		live_begin(guard->source);
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
		log_verbose("the program was seen in %s of its stacks",
			    text_counted(activity_num_samples(guard->activity), "sample", "samples")
				    .text);
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
			   : now_ns - guard->meter.read_ns < guard->step.wait_ns)
		return NULL;
	guard->is_busy = false;
	if (!guard->begin)
		err = begin_attaching(guard);
	if (err)
		return err;
	sample = meter_read(&guard->meter, now_ns);
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
	sample = meter_read(&guard->meter, now_ns);
	policy_restart(guard->policy, &sample);
	return NULL;
}

static struct error *look_while_tracing(struct guard *guard, uint64_t now_ns)
{
	struct sample sample;

	if (guard->is_busy ? live_is_busy(guard->source)
			   : now_ns - guard->meter.read_ns < READ_EVERY_NS)
		return NULL;
	sample = meter_read(&guard->meter, now_ns);
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
	return guard->meter.is_tracing ? look_while_tracing(guard, now_ns)
				       : look_before(guard, now_ns);
}
