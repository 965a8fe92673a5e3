/* SPDX-License-Identifier: MIT */
/* live_changes.c - what is attached changes while it goes on. */
#include "source/live_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "source/clear_map.h"

static bool is_of_states(const struct plan *plan, uint32_t func)
{
	return func >= plan->num_funcs &&
	       site_is_state(&plan->sites[plan_func_at(plan, func)->first_site]);
}

static struct error *end_states(struct live *live)
{
	/* Of calls that are open, as far as they were seen. */
	open_waits_note(live->open_waits, live_now_ns(live));
	open_waits_tell(live->open_waits, false, live_hand_on_made, live);
	live_hand_on_states_off(live);
	return live_leave_states(live);
}

static struct error *hand_on_taken_off(struct live *live)
{
	const struct plan *plan = live->options.plan;
	bool states_are_off = false;

	for (size_t i = 0; i < live->layers.num_funcs; i++) {
		struct record_frame record = {
			.header = {.kind = RECORD_TAKEN_OFF,
				   .size = sizeof(record),
				   .time_ns = live_now_ns(live)},
			.site = plan_func_at(plan, live->layers.funcs[i])->first_site,
		};

		if (live->layers.funcs[i] < plan->num_funcs)
			live_hand_on(live, &record.header);
		states_are_off |= is_of_states(plan, live->layers.funcs[i]);
	}
	return states_are_off ? end_states(live) : NULL;
}

struct error *live_go_on_changing(struct live *live)
{
	enum layers_news news = layers_go_on(&live->layers, live->attachment);
	struct error *err;

	if (news == LAYERS_NO_NEWS || !live->bpf->bss->is_tracing)
		return NULL;
	/* What came before is told before. */
	err = live_consume_all(live);
	if (!err && news == LAYERS_GOING)
		err = hand_on_taken_off(live);
	if (!err && news != LAYERS_GOING && live->is_gap) {
		uint64_t now_ns = live_now_ns(live);

		live_hand_on_time(live, RECORD_GAP_END, now_ns);
		live_note_begin(live, now_ns);
	}
	live->is_gap = false;
	return err;
}

bool live_is_busy(const struct source *source)
{
	return layers_are_busy(&live_in(source)->layers);
}

struct error *live_attach(struct source *source, const uint32_t *sites, size_t count)
{
	struct live *live = live_of(source);

	return layers_attach(&live->layers, live->attachment, sites, count);
}

struct error *live_take_off(struct source *source, const uint32_t *funcs, size_t count)
{
	struct live *live = live_of(source);
	bool is_tracing = live->bpf->bss->is_tracing;
	bool is_exact = is_tracing && live->method == ATTACH_UPROBE_MULTI;
	bool has_gap = is_tracing && !is_exact;
	/* What came before is told before. */
	struct error *err = has_gap ? live_consume_all(live) : NULL;
	uint64_t gap_ns = live_now_ns(live);

	if (!err)
		err = layers_take_off(&live->layers, live->attachment, funcs, count, is_exact);
	for (size_t i = 0; i < count && !err && !is_tracing; i++)
		if (is_of_states(live->options.plan, funcs[i]))
			err = live_leave_states(live);
	if (err || !has_gap || !live_is_busy(source))
		return err;
	/* None, if nothing else was in a layer with what goes. */
	live->is_gap = live->layers.num_coming > 0;
	if (live->is_gap)
		live_hand_on_time(live, RECORD_GAP, gap_ns);
	return hand_on_taken_off(live);
}

struct error *live_sample(struct source *source, uint32_t one_in)
{
	struct live *live = live_of(source);
	/* What came before is told before. */
	struct error *err = live_consume_all(live);
	struct record_one_in record = {.header = {.kind = RECORD_ONE_IN,
						  .size = sizeof(record),
						  .time_ns = live_now_ns(live)},
				       .one_in = one_in};

	live->bpf->bss->sample_one_in = one_in;
	live_hand_on(live, &record.header);
	return err;
}

void live_tell_open(struct source *source)
{
	struct live *live = live_of(source);
	uint64_t now_ns = live_now_ns(live);

	open_waits_note(live->open_waits, now_ns);
	open_waits_note_others(live->open_waits);
	processors_tell_open(live->processors, now_ns, live_hand_on_made, live);
	open_waits_tell(live->open_waits, false, live_hand_on_made, live);
}

struct error *live_rest(struct source *source)
{
	struct live *live = live_of(source);
	size_t count = plan_num_all(live->options.plan);
	_cleanup_free_ uint32_t *funcs = calloc(count + 1, sizeof(*funcs));
	struct error *err;

	if (!funcs)
		return error_out_of_memory();
	for (uint32_t i = 0; i < count; i++)
		funcs[i] = i;
	/* Of some calls only the beginning or the end would be seen meanwhile. */
	live->bpf->bss->is_tracing = false;
	err = live_consume_all(live);
	err = err ?: resting_begin(&live->resting, bpf_map__fd(live->bpf->maps.processes));
	live_hand_on_time(live, RECORD_REST, live_now_ns(live));
	live->is_resting = true;
	if (live->looks)
		looks_forget(live->looks);
	return err ?: layers_take_off(&live->layers, live->attachment, funcs, count, false);
}

/* Nothing is left of the goroutines that were inside, of what they waited for and ran on, or of who entered when
 * probes went. */
static void forget_goroutines(struct live *live)
{
	gates_forget(&live->gates);
	clear_map(live->bpf->maps.waits);
	live->bpf->bss->num_made_waits = 0;
	clear_map(live->bpf->maps.threads);
	if (live->looks)
		looks_forget(live->looks);
}

struct error *live_wake(struct source *source)
{
	struct live *live = live_of(source);
	const struct plan *plan = live->options.plan;
	const struct layers *layers = &live->layers;
	_cleanup_free_ uint32_t *sites = calloc(plan->num_sites + 1, sizeof(*sites));
	size_t count = 0;

	if (!sites)
		return error_out_of_memory();
	forget_goroutines(live);
	for (size_t i = 0; i < layers->num_funcs; i++) {
		const struct plan_func *func = plan_func_at(plan, layers->funcs[i]);

		for (uint32_t j = 0; j < func->num_sites; j++)
			sites[count++] = func->first_site + j;
	}
	return layers_attach(&live->layers, live->attachment, sites, count);
}

static void hand_on_ended(void *context, const struct record *end)
{
	struct live *live = context;

	modules_forget(live->options.modules, end->pid);
	live_hand_on(live, end);
}

void live_begin(struct source *source)
{
	struct live *live = live_of(source);
	uint64_t now_ns = live_now_ns(live);

	/* Before it is looked who has ended: what ends from now on tells. */
	live_note_begin(live, now_ns);
	if (!live->is_resting)
		return;
	live->is_resting = false;
	resting_end(&live->resting, bpf_map__fd(live->bpf->maps.processes), now_ns, hand_on_ended,
		    live);
	live_hand_on_time(live, RECORD_REST_END, now_ns);
}

struct error *live_follow_exec(struct live *live)
{
	struct graph_bpf__bss *shared = live->bpf->bss;
	uint32_t num_moves = shared->num_moves;
	struct error *err;
	bool was_tracing;

	if (num_moves == live->num_moves || !attachment_is_confined(live->attachment) ||
	    layers_are_busy(&live->layers))
		return NULL;
	live->num_moves = num_moves;
	was_tracing = shared->is_tracing;
	shared->is_tracing = false;
	err = attachment_again(live->attachment);
	shared->is_tracing = was_tracing && !err;
	if (!err)
		log_warning(
			"process %u executed a program in a thread that was not its first one: attached again, its first calls may be missing",
			live->options.only_pid);
	if (err && kill((pid_t)live->options.only_pid, 0) && errno == ESRCH)
		error_free(take_pointer(err)); /* it has ended meanwhile */
	return err;
}
