/* SPDX-License-Identifier: MIT */
/* run_start.c - starting the program, attaching, and who watches the cost; see run_start() in run.h. */
#include <string.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/file_age.h"
#include "base/log.h"
#include "base/text.h"
#include "command/run_file.h"
#include "command/run_internal.h"

#define BEGIN_POLL_MS 2

/* Nothing else is of use without goroutines' states. */
static bool needs_states(const struct run *run)
{
	const struct run_options *options = &run->args->options;

	if (options->hunt.is_wanted)
		return options->hunt.waits == HUNT_WAITS_EXACT || gobin_is_library(run->bin);
	return !run->plan.num_funcs || options->follow;
}

static struct error *make_guard(struct run *run, const struct record_sink *sink)
{
	enum attach_method method = run->args->options.method;
	const struct guard_options options = {
		.plan = &run->plan,
		.chosen = {.only = run->process ? process_pid(run->process) : 0,
			   .cgroup = run->args->options.cgroup,
			   .comm = run->args->options.comm},
		.method = method == ATTACH_AUTO ? attach_best_method() : method,
		.max_overhead = run->args->max_overhead,
		.sink = *sink,
		.needs_states = needs_states(run),
		.hunts = run->args->options.hunt.is_wanted,
		.is_waiting = run->args->program_args && !run->has_begun,
		.hit_times = run->hit_times,
	};

	guard_free(take_pointer(run->guard));
	return guard_new(&options, &run->guard);
}

/* Until all probes are there that are to be, or it is over. */
static struct error *begin_carefully(struct run *run)
{
	struct error *err = NULL;

	while (!err && !guard_has_begun(run->guard) && !run->is_over && !run->is_changed) {
		err = guard_look(run->guard, event_clock_now_ns(&run->clock));
		if (!err && !guard_has_begun(run->guard))
			err = source_poll(run->source, BEGIN_POLL_MS);
		run_show_progress(run, event_clock_now_ns(&run->clock));
		run->is_changed = live_file_is_changed(run->source);
		run->is_over = run_has_ended(run);
	}
	status_line_give_way();
	return err;
}

static struct error *start_source(struct run *run, struct live_options *options, const char *what)
{
	struct error *err;

	options->plan = &run->plan;
	options->modules = run->modules;
	options->clock = &run->clock;
	run->patience = run_patience(run);
	run->leaving = (struct run_leaving){};
	options->patience = &run->patience;
	options->run = run->args->options;
	options->only_pid = run->process ? (uint32_t)process_pid(run->process) : 0;
	/* Who has a library mapped is not looked for: it is there to be shared. */
	options->spare_others =
		run->process && (run->args->library_path ||
				 running_has_others(run->bin, process_pid(run->process)));
	run->stop_ns = 0;
	run->is_tracing = false;
	memset(run->counts, 0, sizeof(run->counts));
	run->gap_ns = run->gaps_ns = 0;
	err = make_guard(run, &options->sink);
	if (!err) {
		options->careful = guard_is_careful(run->guard);
		options->may_change = run->args->max_overhead != 0;
		run_show_step(run, "loading", "the tracer's programs into the kernel");
		err = live_start(options, &run->source);
	}
	run->is_changed = err ? !file_is_unchanged(gobin_stat(run->bin), gobin_fd(run->bin))
			      : live_file_is_changed(run->source);
	if (run->is_changed)
		error_free(take_pointer(err));
	if (err || run->is_changed)
		return err;
	guard_start(run->guard, run->source, event_clock_now_ns(&run->clock));
	err = run->is_over ? NULL : begin_carefully(run);
	if (err || run->is_changed || run->is_over)
		return err;
	run->is_tracing = true;
	run_look_for_others(run);
	log_verbose("attached by %s", attach_method_name(live_method(run->source)));
	running_warn_of_unreached(&run->plan, run->process ? process_pid(run->process) : 0);
	log_info("%s (%s) in %s, ^C ends", what,
		 text_counted(live_num_sites(run->source), "probe", "probes").text,
		 gobin_path(run->bin));
	return NULL;
}

/* What nothing that is to come takes. */
static void give_up_capabilities(const struct run *run)
{
	uint64_t keep = live_needs(run->source);

	/* Signals for a program that runs as another user. */
	if (run->args->program_args)
		keep |= CAPABILITY(CAP_KILL);
	/* The file of metrics is made anew, in a folder that may be another user's. */
	if (run->writes_metrics)
		keep |= CAPABILITY(CAP_DAC_OVERRIDE);
	capabilities_keep(keep);
}

/* --delay. False: it is over before it began. */
static bool wait_to_attach(struct run *run)
{
	uint64_t end_ns = event_clock_now_ns(&run->clock) + run->args->delay_ns;
	char text[TEXT_AMOUNT_SIZE];

	text_format_amount(text, run->args->delay_ns);
	log_info("waiting %s before attaching (--delay), ^C ends", text);
	while (!(run->is_over = run_has_ended(run)) && event_clock_now_ns(&run->clock) < end_ns) {
		usleep(RUN_POLL_MS * 1000);
		event_clock_look(&run->clock);
	}
	if (run->is_over)
		log_info("nothing was traced: it ended before --delay was over");
	return !run->is_over;
}

/* The program that was started goes on, once. */
static struct error *resume(struct run *run)
{
	struct error *err = NULL;

	if (run->args->program_args && !run->is_resumed)
		err = process_resume(run->process);
	run->is_resumed = !err;
	return err;
}

struct error *run_start(struct run *run, struct live_options *options, const char *what)
{
	const struct run_args *args = run->args;
	struct error *err = NULL;

	if (args->program_args && !run->process) {
		err = process_launch(*args->binary, args->program_args, args->as_root,
				     &run->inherited, &run->process);
		if (err)
			return err;
		run_file_leave_to_program(run);
		/* What the terminal sent before there was a program. */
		run_forward_signals(run, false);
	}
	if (args->delay_ns && !run->is_resumed) {
		err = resume(run);
		if (err || !wait_to_attach(run))
			return err;
	}
	if (!run->throttle)
		run->throttle = throttle_new();
	if (!err && run->process)
		throttle_watch(run->throttle, process_pid(run->process));
	if (!err)
		err = start_source(run, options, what);
	run->traced_ns = event_clock_now_ns(&run->clock);
	if (err || run->has_begun || run->is_changed)
		return err;
	err = resume(run);
	if (!err)
		err = run_file_begin(run);
	run->has_begun = !err;
	if (!err)
		give_up_capabilities(run);
	return err;
}
