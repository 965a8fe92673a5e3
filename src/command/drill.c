/* SPDX-License-Identifier: MIT */
#include "command/drill.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "command/run_trees.h"
#include "output/format_list.h"

/* Slow calls that are enough. */
#define ENOUGH_CALLS 5
/* Before that, nobody knows which calls are slow, unless the user does. */
#define LEAST_NS   10000000000ull
#define LOOK_EVERY 250000000ull

/* The next slow call is waited for so many times as long as there was between two, but at least: */
#define PATIENCE   10
#define LEAST_WAIT 30000000000ull

/* Of what slow calls take on average: the next one takes at least that. */
#define PART_OF_MEAN 4

/* Of a slow call: what takes less is folded. */
#define FOLD_BELOW 100

const struct format *drill_format(const struct format *format)
{
	if (format == &format_hunt_text)
		return format_named(OUTPUT_TREES, NULL);
	return format == &format_hunt_json ? format_named(OUTPUT_TREES, "json") : NULL;
}

/* ---- when hunt has seen enough ---- */

void drill_watch(struct drill *drill, const struct hunt *hunt, uint64_t slower_ns, uint64_t now_ns)
{
	if (!drill->first_ns)
		drill->first_ns = now_ns;
	if (drill->has_enough || now_ns < drill->next_look_ns ||
	    (!slower_ns && now_ns < drill->first_ns + LEAST_NS))
		return;
	drill->next_look_ns = now_ns + LOOK_EVERY;
	drill->has_enough = hunt_num_slow(hunt, slower_ns) >= ENOUGH_CALLS;
	if (drill->has_enough)
		log_info("hunt has seen enough slow calls, and ends (--drill)");
}

/* ---- what was found ---- */

static bool keep_name(char **kept, const struct gobin *bin, uint64_t va)
{
	const struct gobin_func *func = gobin_func_at(bin, va - 1);

	*kept = func ? strdup(func->name) : NULL;
	return *kept || !func;
}

static struct error *keep_names(struct drill *drill, const struct gobin *bin)
{
	const struct hunt_path *path = &drill->found.path;

	/* The target's place is its first byte. */
	if (!keep_name(&drill->target, bin, drill->found.target.va + 1))
		return error_out_of_memory();
	for (size_t i = 0; i < path->count; i++) {
		char **kept = &drill->functions[drill->num_functions];

		if (!hunt_drill_has(&path->funcs[i]))
			continue;
		if (!keep_name(kept, bin, path->funcs[i].va))
			return error_out_of_memory();
		drill->num_functions += *kept != NULL;
	}
	return NULL;
}

void drill_forget(struct drill *drill)
{
	free(drill->target);
	for (size_t i = 0; i < drill->num_functions; i++)
		free(drill->functions[i]);
	*drill = (struct drill){0};
}

static uint64_t time_to_wait(const struct hunt_report *report)
{
	uint64_t calls = report->alike ? report->calls : report->slow;
	uint64_t ns = calls ? report->span_ns / calls * PATIENCE : 0;

	return ns > LEAST_WAIT ? ns : LEAST_WAIT;
}

/* Where nobody has said what is slow, a call that is much faster than most slow ones would prove little. */
static uint64_t slow_from(const struct hunt_report *report, uint64_t slower_ns)
{
	uint64_t least_ns = report->slow_ns / PART_OF_MEAN;

	if (slower_ns)
		return slower_ns;
	if (report->alike)
		return report->median_ns;
	return least_ns > report->cut_ns ? least_ns : report->cut_ns;
}

struct error *drill_note(struct drill *drill, const struct gobin *bin,
			 const struct hunt_report *report, uint64_t slower_ns)
{
	/* The first one that has slow calls, else the first. */
	if (!report->looked_at || (drill->is_found && (!drill->is_alike || report->alike)))
		return NULL;
	drill_forget(drill);
	drill->is_found = true;
	drill->is_alike = report->alike;
	drill->found.target = report->target;
	drill->found.slower_ns = slow_from(report, slower_ns);
	drill->wait_ns = time_to_wait(report);
	hunt_path(report, &drill->found.path);
	return keep_names(drill, bin);
}

const struct hunt_drill *drill_decide(struct drill *drill, struct run *run)
{
	if (drill->is_found && run->process && process_has_ended(run->process))
		log_info("nothing is drilled into: the process has ended");
	if (!run_may_go_on(run))
		return NULL;
	drill->is_due = drill->is_found && drill->target;
	if (!drill->is_due && run->ops->has_shown(run->context))
		log_info("there is nothing to drill into: hunt has seen no slow call");
	return drill->is_due ? &drill->found : NULL;
}

/* ---- drilling ---- */

static void say_what_for(const struct drill *drill, uint64_t wait_ns)
{
	char least[TEXT_AMOUNT_SIZE], wait[TEXT_AMOUNT_SIZE];

	text_format_amount(least, drill->found.slower_ns);
	text_format_amount(wait, wait_ns);
	log_info("drilling into %s until a call takes %s or longer, for %s at most",
		 drill->found.target.function->text, least, wait);
}

static void say_none_came(const struct drill *drill, const struct run *run)
{
	uint64_t begin_ns = run->end_ns - run->args->timeout_ns;
	char least[TEXT_AMOUNT_SIZE], waited[TEXT_AMOUNT_SIZE];

	text_format_amount(least, drill->found.slower_ns);
	text_format_amount(waited, run->stop_ns > begin_ns ? run->stop_ns - begin_ns : 0);
	log_info("no call that took %s or longer has come in %s of drilling", least, waited);
}

struct error *drill_run(struct drill *drill, const struct hunt_args *args, struct run *run)
{
	uint64_t slower_ns = drill->found.slower_ns;
	struct trace_args tracing = {
		.run = args->run,
		.select = {.selection = {.functions = drill->functions,
					 .num_functions = drill->num_functions,
					 .targets = &drill->target,
					 .num_targets = 1,
					 .include_vendor = true}},
		.view = {.format = drill_format(args->format),
			 .filter = {.slower_ns = slower_ns,
				    .min_duration_ns = slower_ns / FOLD_BELOW},
			 .limit = 1},
	};
	struct run_options *options = &tracing.run.options;
	struct run_trees trees;
	struct error *err;

	if (!run_may_go_on(run))
		return NULL;
	options->hunt = (struct hunt_options){0};
	options->states = true;
	options->min_wait_ns = slower_ns / FOLD_BELOW;
	if (!tracing.run.timeout_ns)
		tracing.run.timeout_ns = drill->wait_ns;
	say_what_for(drill, tracing.run.timeout_ns);
	run->has_more = false;
	run_trees_begin(&trees, &tracing, run);
	err = run_trace_on(run);
	if (!err && !tree_view_num_written(&trees.view) && run->ops->has_shown(&trees))
		say_none_came(drill, run);
	run_trees_end(&trees);
	/* For run_wait(). */
	run->args = &args->run;
	return err;
}
