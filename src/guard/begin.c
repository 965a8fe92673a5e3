/* SPDX-License-Identifier: MIT */
/* begin.c - how thousands of functions get their probes; see begin.h. */
#include "guard/begin.h"

#include <stdlib.h>

#include "guard/begin_internal.h"

/* How long a batch is watched at most; less if there is something to see. */
#define WATCH_NS       (10 * MS)
#define WATCH_CHEAP_NS (30 * MS) /* they had nothing to do in the first */
#define ENOUGH_COST_NS (3 * MS / 2)
/* Of one CPU: a program that uses less is no reason to wait. */
#define IDLE 0.2
/* It is idle most of the time, and what came in less time came by chance. One that has to wait for a CPU uses more. */
#define MOSTLY_IDLE   0.1
#define IDLE_WATCH_NS (1000 * MS)
#define LOOK_AGAIN_NS (2 * MS)
/* What is there is looked at again as long as it is given rest; and before tracing begins. */
#define LONG_WATCH_NS   (100 * MS)
#define LAST_WATCH_NS   (200 * MS)
#define PATIENT_LOOK_NS (1000 * MS) /* at states, where they take little */
#define IDLE_REST_NS    (200 * MS) /* at most, of a program that is idle: none of its time is lost */
/* What a batch may take of the program's time, roughly, while it is watched. */
#define BATCH_SPENT 0.4
#define MIN_BATCH   8
/* Of the program's time, for all that happens on the way, with the probes that are there by then;
 * and for a step alone, at least. */
#define BEGIN_SHARE    0.10
#define MIN_STEP_SHARE 0.03
/* Of who attaches: what the program loses by it. */
#define ATTACH_LOSS 1.0
/* Of what is allowed. */
#define STATES_SHARE 0.6

/* ---- life ---- */

static bool has_room(const struct begin *begin)
{
	return begin->funcs && begin->queue && begin->sites && begin->batch && begin->leaving &&
	       begin->told;
}

struct error *begin_new(const struct plan *plan, const struct begin_options *options,
			struct begin **out)
{
	struct begin *begin = *out = calloc(1, sizeof(*begin));
	size_t num_funcs = plan_num_all(plan) + 1;

	if (!begin)
		return error_out_of_memory();
	begin->plan = plan;
	begin->max_share = options->max_share;
	begin->needs_states = options->needs_states;
	begin->since_ns = options->since_ns;
	begin->since_cpu_ns = options->since_cpu_ns;
	begin->funcs = calloc(num_funcs, sizeof(*begin->funcs));
	begin->queue = calloc(num_funcs, sizeof(*begin->queue));
	begin->batch = calloc(num_funcs, sizeof(*begin->batch));
	begin->leaving = calloc(num_funcs, sizeof(*begin->leaving));
	begin->told = calloc(num_funcs, sizeof(*begin->told));
	begin->sites = calloc(plan->num_sites + 1, sizeof(*begin->sites));
	if (!has_room(begin))
		return error_out_of_memory();
	order_make(plan, options->seen, begin->queue, begin->ends);
	begin->resume = plan_find_resume(plan);
	return window_init(&begin->window, plan);
}

void begin_free(struct begin *begin)
{
	if (!begin)
		return;
	window_destroy(&begin->window);
	free(begin->funcs);
	free(begin->queue);
	free(begin->batch);
	free(begin->leaving);
	free(begin->told);
	free(begin->sites);
	free(begin);
}

bool begin_leaves_states_out(const struct begin *begin)
{
	return begin->states_off;
}

bool begin_leaves_out(const struct begin *begin, uint32_t func)
{
	return begin->plan->funcs[func].num_sites && begin->funcs[func].place != PLACE_ATTACHED;
}

static struct guard_step wait_until(const struct begin *begin, const struct sample *sample,
				    uint64_t end_ns)
{
	return (struct guard_step){
		.action = GUARD_WAIT, .share = begin->share, .wait_ns = end_ns - sample->now_ns};
}

/* ---- what comes next ---- */

static int dearest_first(const void *a, const void *b)
{
	const struct heat *one = a, *other = b;

	return one->cost_ns < other->cost_ns ? 1 : one->cost_ns > other->cost_ns ? -1 : 0;
}

/* What is left out is told as of a second in which it had no probes. */
static struct guard_step end(struct begin *begin)
{
	struct guard_step step = {.action = GUARD_BEGIN,
				  .heats = begin->told,
				  .window_ns = 1000 * MS,
				  .share_after = begin->share};
	double cost = begin->own_cost;

	for (uint32_t i = 0; i < begin->plan->num_funcs; i++) {
		const struct begin_func *func = &begin->funcs[i];

		cost += func->cost;
		if (begin_leaves_out(begin, i))
			begin->told[step.num_heats++] =
				(struct heat){.func = i,
					      .calls = (uint64_t)func->calls,
					      .cost_ns = (uint64_t)(func->cost * 1e12)};
	}
	qsort(begin->told, step.num_heats, sizeof(*begin->told), dearest_first);
	step.share = begin_share_of(cost);
	return step;
}

static struct account account_of(const struct begin *begin, const struct sample *sample)
{
	return (struct account){sample->now_ns, sample->cpu_ns, sample->attach_ns,
				sample_spent_ns(begin->plan, sample)};
}

static struct guard_step attach_next(struct begin *begin, const struct sample *sample)
{
	struct guard_step step = {.action = GUARD_ATTACH,
				  .sites = begin->sites,
				  .num_sites = begin_take_next(begin),
				  .share = begin->share};

	if (!step.num_sites) {
		begin->has_all = true;
		begin->doing = DOING_REST;
		return wait_until(begin, sample, begin->window.start.now_ns + LAST_WATCH_NS);
	}
	begin->asked = account_of(begin, sample);
	begin->doing = DOING_ATTACH;
	return step;
}

/* ---- what a batch costs ---- */

static void measure(struct begin *begin, const struct sample *sample)
{
	struct window *window = &begin->window;
	uint64_t length_ns = sample->now_ns - begin->since_ns;

	begin->cpus = own_cpu_ns(sample->cpu_ns - begin->since_cpu_ns,
				 sample_spent_ns(begin->plan, sample)) /
		      ((double)length_ns + 1);
	window->least_ns = begin->cpus < MOSTLY_IDLE ? IDLE_WATCH_NS : 0;
	window->usual_cpus = begin->cpus;
	window_measure(window, sample, true);
}

/* So much that it can be judged. */
static bool has_cost(const struct window *window)
{
	double enough_ns = window->least_ns ? NEVER_TOO_MUCH * (double)window->least_ns
					    : (double)ENOUGH_COST_NS;

	return (double)window->spent_ns >= enough_ns;
}

static void note_costs(struct begin *begin)
{
	const struct window *window = &begin->window;
	double rest_ns = window_rest_ns(window);
	double a_second = window_cpus(window) * 1000 * MS / rest_ns;

	for (size_t i = 0; i < window->num_heats; i++) {
		const struct heat *heat = &window->heats[i];
		struct begin_func *func = &begin->funcs[heat->func];

		func->cost = (double)heat->cost_ns / rest_ns;
		func->calls = (double)heat->calls * a_second;
	}
	begin->own_cost = (double)(window->own_ns + window->state_ns) / rest_ns;
	begin->share = window_share(window, window->cost_ns);
}

/* ---- going on ---- */

static void adapt_batch_size(struct begin *begin)
{
	const struct window *window = &begin->window;
	double spent = window->cpu_ns ? (double)window->spent_ns / (double)window->cpu_ns : 0;
	double factor = begin->share > 0 && spent > 0 ? BATCH_SPENT / spent : 2;
	double size = (double)begin->batch_size * (factor > 2 ? 2 : factor < 0.25 ? 0.25 : factor);

	begin->batch_size = size < MIN_BATCH ? MIN_BATCH : (size_t)size;
	if (begin->batch_size > begin->largest_batch)
		begin->batch_size = begin->largest_batch;
}

/* So long from now that what the step took is no more than its part of the program's time. */
static uint64_t rest_ns(const struct begin *begin, const struct sample *sample)
{
	const struct account *asked = &begin->asked;
	struct account now = account_of(begin, sample);
	double cpu_ns = (double)(now.cpu_ns - asked->cpu_ns);
	double length_ns = (double)(now.now_ns - asked->now_ns) + 1;
	double cpus = cpu_ns / length_ns < IDLE ? IDLE : cpu_ns / length_ns;
	double allowed = BEGIN_SHARE - begin->share;
	double lost_ns = (double)(now.spent_ns - asked->spent_ns) - begin->share * cpu_ns +
			 ATTACH_LOSS * (double)(now.attach_ns - asked->attach_ns);
	double wanted_ns;

	wanted_ns = lost_ns / (allowed < MIN_STEP_SHARE ? MIN_STEP_SHARE : allowed) / cpus;
	if (begin->window.least_ns && wanted_ns > IDLE_REST_NS)
		wanted_ns = IDLE_REST_NS;
	return wanted_ns > length_ns ? (uint64_t)(wanted_ns - length_ns) : 0;
}

static void settle_batch(struct begin *begin, bool is_leaving)
{
	for (size_t i = 0; i < begin->num_batch; i++) {
		enum begin_place *place = &begin->funcs[begin->batch[i]].place;

		if (*place == PLACE_BATCH)
			*place = is_leaving ? PLACE_CHEAP : PLACE_ATTACHED;
	}
}

/* The whole batch, and what else is to go. */
static struct guard_step take_off(struct begin *begin, size_t num_chosen)
{
	struct guard_step step = {.action = GUARD_TAKE_OFF,
				  .funcs = begin->leaving,
				  .num_funcs = num_chosen,
				  .share = begin->share};
	bool comes_again = begin->stage < STAGE_CHEAP;

	for (size_t i = 0; i < begin->num_batch && comes_again; i++)
		if (begin->funcs[begin->batch[i]].place == PLACE_BATCH)
			begin->leaving[step.num_funcs++] = begin->batch[i];
	settle_batch(begin, comes_again);
	begin->num_batch = 0;
	begin->doing = DOING_TAKE_OFF;
	return step;
}

static struct guard_step judge(struct begin *begin, const struct sample *sample)
{
	uint64_t watch_ns = begin->stage == STAGE_CHEAP ? WATCH_CHEAP_NS : WATCH_NS;
	size_t num_chosen;

	measure(begin, sample);
	if (sample->now_ns - begin->done_ns < watch_ns && !has_cost(&begin->window))
		return wait_until(begin, sample, sample->now_ns + LOOK_AGAIN_NS);
	note_costs(begin);
	if (begin->num_batch)
		adapt_batch_size(begin);
	num_chosen = begin_choose(begin);
	if (num_chosen)
		return take_off(begin, num_chosen);
	settle_batch(begin, false);
	begin->num_batch = 0;
	begin->doing = DOING_REST;
	return wait_until(begin, sample, sample->now_ns);
}

static struct guard_step look_again(struct begin *begin, const struct sample *sample)
{
	size_t num_chosen;

	measure(begin, sample);
	note_costs(begin);
	num_chosen = begin_choose(begin);
	window_start(&begin->window, sample);
	if (num_chosen)
		return take_off(begin, num_chosen);
	return begin->has_all ? end(begin) : wait_until(begin, sample, sample->now_ns);
}

/* What is there is given rest, and watched. */
static struct guard_step rest(struct begin *begin, const struct sample *sample)
{
	uint64_t watched_ns = sample->now_ns - begin->window.start.now_ns, wait_ns;

	if (watched_ns >= (begin->has_all ? LAST_WATCH_NS : LONG_WATCH_NS))
		return look_again(begin, sample);
	wait_ns = begin->has_all ? LAST_WATCH_NS : rest_ns(begin, sample);
	if (!wait_ns)
		return attach_next(begin, sample);
	if (wait_ns > LONG_WATCH_NS)
		wait_ns = LONG_WATCH_NS;
	return wait_until(begin, sample, sample->now_ns + wait_ns);
}

/* The batch has come. */
static struct guard_step watch(struct begin *begin, const struct sample *sample)
{
	begin->done_ns = sample->now_ns;
	/* What calls cost is known when exits come. */
	if (begin->stage == STAGE_EXITS) {
		begin->doing = DOING_REST;
		return wait_until(begin, sample, sample->now_ns);
	}
	window_start(&begin->window, sample);
	begin->doing = DOING_WATCH;
	return wait_until(begin, sample, sample->now_ns + LOOK_AGAIN_NS);
}

/* There is nothing yet but sites of the tracer's own. States take part of what is allowed, not most. Where
 * they take little of a CPU, they are looked at for longer. */
static struct guard_step look_at_states(struct begin *begin, const struct sample *sample)
{
	struct window *window = &begin->window;
	struct guard_step step = {.action = GUARD_STATES_OFF, .funcs = begin->leaving};

	measure(begin, sample);
	note_costs(begin);
	if (begin->needs_states ||
	    window_share(window, window->state_ns) <= STATES_SHARE * begin->max_share)
		return attach_next(begin, sample);
	if (window_is_little(window, window->state_ns) && window->length_ns < PATIENT_LOOK_NS)
		return wait_until(begin, sample, sample->now_ns + LONG_WATCH_NS);
	begin->states_off = true;
	step.num_funcs = plan_find_states(begin->plan, false, begin->leaving);
	step.share = begin->share;
	step.share_after = window_share(window, window->cost_ns - window->state_ns);
	step.share_of_states = (double)window->state_ns / (double)window->cost_ns;
	begin->asked = account_of(begin, sample);
	begin->doing = DOING_TAKE_OFF;
	return step;
}

struct guard_step begin_next(struct begin *begin, const struct sample *sample)
{
	switch (begin->doing) {
	case DOING_NOTHING:
		window_start(&begin->window, sample);
		begin->doing = DOING_LOOK;
		return wait_until(begin, sample, sample->now_ns + LONG_WATCH_NS);
	case DOING_LOOK:
		return look_at_states(begin, sample);
	case DOING_ATTACH:
		return watch(begin, sample);
	case DOING_WATCH:
		return judge(begin, sample);
	case DOING_TAKE_OFF:
		window_start(&begin->window, sample);
		begin->doing = DOING_REST;
		break;
	default:
		break;
	}
	return rest(begin, sample);
}
