/* SPDX-License-Identifier: MIT */
/* report.c - all that is known of a target's calls: how long they took, which are slow, and why. */
#include <stdlib.h>

#include "hunt/analysis.h"
#include "hunt/slow.h"

/* Of the looks that were asked for: fewer, and it is told, if these are enough to know. */
#define MOSTLY_AS_ASKED 0.7
#define ENOUGH_LOOKS    100

/* All that were kept, by rising duration. */
struct candidates {
	struct looked_at *calls;
	struct weighted *durations;
	size_t count;
};

static uint64_t duration(const struct kept_call *call)
{
	return call->end_ns - call->start_ns;
}

static int compare(const void *one, const void *other)
{
	const struct looked_at *a = one, *b = other;
	uint64_t a_ns = duration(a->call), b_ns = duration(b->call);

	if (a_ns != b_ns)
		return a_ns < b_ns ? -1 : 1;
	return a->call->number < b->call->number ? -1 : a->call->number > b->call->number;
}

static size_t count_kept(const struct kept *kept)
{
	size_t count = 0;

	for (size_t i = 0; i < KEPT_CLASSES; i++)
		count += kept->classes[i] ? kept->classes[i]->count : 0;
	return count;
}

/* A call that is open counts once it took longer than most did. */
static bool is_wanted(const struct kept *kept, const struct kept_call *call)
{
	return !call->is_open || !kept->durations.count ||
	       duration(call) > histogram_quantile(&kept->durations, 0.5);
}

static bool list_candidates(const struct kept *kept, struct candidates *all)
{
	size_t count = count_kept(kept);

	all->count = 0;
	all->calls = calloc(count + 1, sizeof(*all->calls));
	all->durations = calloc(count + 1, sizeof(*all->durations));
	if (!all->calls || !all->durations)
		return false;
	for (size_t i = 0; i < KEPT_CLASSES; i++) {
		const struct kept_class *class = kept->classes[i];

		for (size_t j = 0; class && j < class->count; j++) {
			if (!is_wanted(kept, class->calls[j]))
				continue;
			all->calls[all->count++] = (struct looked_at){
				class->calls[j], (double)class->total / (double)class->count};
		}
	}
	qsort(all->calls, all->count, sizeof(*all->calls), compare);
	for (size_t i = 0; i < all->count; i++)
		all->durations[i] =
			(struct weighted){duration(all->calls[i].call), all->calls[i].weight};
	return true;
}

static void candidates_free(struct candidates *all)
{
	free(all->calls);
	free(all->durations);
}

/* ---- how long ---- */

static void tell_durations(const struct hunt_target *target, struct hunt_report *report)
{
	const struct histogram *durations = &target->kept.durations;

	report->calls = durations->count;
	report->open = target->open;
	report->span_ns =
		target->last_ns > target->first_ns ? target->last_ns - target->first_ns : 0;
	report->median_ns = histogram_quantile(durations, 0.5);
	report->p90_ns = histogram_quantile(durations, 0.9);
	report->max_ns = durations->max;
	report->samples = target->num_samples;
	report->lost = target->lost;
	report->holes = target->holes;
	report->holes_max_ns = target->holes_max_ns;
}

/* Sets `alike` and cut_ns. */
static void find_slow(const struct candidates *all, const struct hunt_report_options *options,
		      struct hunt_report *report)
{
	struct slow slow = {.alike = true};

	if (options->slower_ns)
		slow = (struct slow){.cut_ns = options->slower_ns};
	else if (all->count)
		slow = slow_find(all->durations, all->count, report->median_ns, report->p90_ns);
	report->alike = slow.alike;
	report->cut_ns = slow.cut_ns;
}

/* ---- slow and fast ---- */

static void add_call(struct looked_at *calls, size_t *count, const struct looked_at *one)
{
	calls[(*count)++] = *one;
}

static bool choose(const struct candidates *all, const struct hunt_report *report,
		   struct analysis *analysis)
{
	analysis->slow = calloc(all->count + 1, sizeof(*analysis->slow));
	analysis->fast = calloc(all->count + 1, sizeof(*analysis->fast));
	if (!analysis->slow || !analysis->fast)
		return false;
	for (size_t i = 0; i < all->count; i++) {
		const struct looked_at *one = &all->calls[i];
		uint64_t ns = duration(one->call);

		if (report->alike || ns >= report->cut_ns)
			add_call(analysis->slow, &analysis->num_slow, one);
		else if (ns <= report->median_ns)
			add_call(analysis->fast, &analysis->num_fast, one);
	}
	return true;
}

static uint64_t mean_ns(const struct looked_at *calls, size_t count)
{
	double ns = 0, weight = 0;

	for (size_t i = 0; i < count; i++) {
		ns += (double)duration(calls[i].call) * calls[i].weight;
		weight += calls[i].weight;
	}
	return weight > 0 ? (uint64_t)(ns / weight) : 0;
}

/* How much of the time of slow calls is known, whatever it was. */
static void tell_coverage(const struct analysis *analysis, struct hunt_report *report)
{
	for (size_t i = 0; i < analysis->num_slow; i++) {
		const struct pieces *pieces = &analysis->slow[i].call->pieces;

		report->total_ns += duration(analysis->slow[i].call);
		for (size_t j = 0; j < pieces->count; j++) {
			const struct piece *piece = &pieces->items[j];
			if (piece->kind != PIECE_UNSEEN)
				report->explained_ns += piece->ns;
		}
	}
}

static bool analyse(const struct hunt_target *target, struct sites *sites,
		    const struct hunt_report_options *options, const struct candidates *all,
		    struct hunt_report *report)
{
	struct analysis analysis = {.sites = sites,
				    .full_stacks = options->full_stacks,
				    .by_goroutine = options->by_goroutine};
	bool is_full = choose(all, report, &analysis) && analysis_sum_up(&analysis);

	report->slow = report->alike ? 0 : (uint64_t)(analysis.slow_weight + 0.5);
	report->looked_at = analysis.num_slow;
	report->slow_ns = mean_ns(analysis.slow, analysis.num_slow);
	report->fast_ns = mean_ns(analysis.fast, analysis.num_fast);
	tell_coverage(&analysis, report);
	is_full = is_full && causes_find(&analysis, options, report) &&
		  tree_make(&analysis, report) && started_tell(&analysis, report) &&
		  by_process_count(&analysis, report) &&
		  steps_make(sites, &target->kept, options, report);
	analysis_clear(&analysis);
	return is_full;
}

static void release(struct hunt_report *report)
{
	doings_free(report->causes, report->num_causes);
	free(report->tree);
	started_free(report);
	free(report->processes);
	steps_free(report);
}

/* How often goroutines were looked at, as far as they were inside; 0: waits are exact. */
static double waits_hz(const struct hunt *hunt, const struct hunt_target *target)
{
	double asked_hz = hunt->settings.sample_ns ? 1e9 / (double)hunt->settings.sample_ns : 0;
	double asked = (double)target->looked_ns * asked_hz / 1e9;
	double share = asked < ENOUGH_LOOKS ? 1 : (double)target->num_looks / asked;

	return hunt->is_sampled ? asked_hz * (share > MOSTLY_AS_ASKED ? 1 : share) : 0;
}

static bool report_target(const struct hunt *hunt, const struct hunt_target *target,
			  struct sites *sites, const struct hunt_report_options *options,
			  const struct hunt_visitor *visitor)
{
	struct candidates all = {0};
	struct hunt_report report = {.target = *names_site(sites->names, target->site),
				     .records_lost = hunt->lost,
				     .one_in = hunt->one_in,
				     .left_out = hunt->left_out,
				     .rested_ns = hunt->rested_ns,
				     .waits_hz = waits_hz(hunt, target),
				     .lacks_starts = hunt->lacks_starts,
				     .share_of_exact = options->share_of_exact};
	bool is_full = list_candidates(&target->kept, &all);

	tell_durations(target, &report);
	if (is_full) {
		find_slow(&all, options, &report);
		is_full = analyse(target, sites, options, &all, &report);
	}
	if (is_full)
		visitor->report(visitor->context, &report);
	release(&report);
	candidates_free(&all);
	return is_full;
}

/* ---- all targets ---- */

static int compare_targets(const void *one, const void *other)
{
	const struct hunt_target *a = *(const struct hunt_target *const *)one;
	const struct hunt_target *b = *(const struct hunt_target *const *)other;
	uint64_t a_ns = a->kept.durations.sum, b_ns = b->kept.durations.sum;

	if (a_ns != b_ns)
		return a_ns > b_ns ? -1 : 1;
	return a->func.first < b->func.first ? -1 : 1;
}

/* Those that took most first; the caller frees the list. */
static const struct hunt_target **list_targets(const struct hunt *hunt)
{
	const struct hunt_target **targets = calloc(hunt->num_targets + 1, sizeof(*targets));
	size_t count = 0;

	if (!targets)
		return NULL;
	for (const struct hunt_target *one = hunt->first_target; one; one = one->next)
		targets[count++] = one;
	qsort(targets, count, sizeof(*targets), compare_targets);
	return targets;
}

struct error *hunt_report(const struct hunt *hunt, struct names *names,
			  const struct hunt_report_options *options,
			  const struct hunt_visitor *visitor)
{
	const struct hunt_target **targets = list_targets(hunt);
	struct sites *sites = calloc(1, sizeof(*sites));
	bool is_full = sites && targets;

	if (sites) {
		sites->stacks = &hunt->stacks;
		sites->names = names;
		sites->objects = &hunt->objects;
	}
	for (size_t i = 0; is_full && i < hunt->num_targets; i++)
		is_full = report_target(hunt, targets[i], sites, options, visitor);
	if (sites)
		sites_clear(sites);
	free(sites);
	free(targets);
	return is_full ? NULL : error_out_of_memory();
}

/* ---- while it goes on ---- */

static uint64_t count_slow(const struct hunt_target *target, uint64_t slower_ns)
{
	const struct hunt_report_options options = {.slower_ns = slower_ns};
	struct candidates all = {0};
	struct hunt_report report = {0};
	double slow = 0;

	tell_durations(target, &report);
	if (list_candidates(&target->kept, &all)) {
		find_slow(&all, &options, &report);
		for (size_t i = 0; i < all.count; i++)
			if (!report.alike && all.durations[i].ns >= report.cut_ns)
				slow += all.durations[i].weight;
	}
	candidates_free(&all);
	return (uint64_t)(slow + 0.5);
}

uint64_t hunt_num_slow(const struct hunt *hunt, uint64_t slower_ns)
{
	uint64_t most = 0;

	for (const struct hunt_target *one = hunt->first_target; one; one = one->next) {
		uint64_t slow = count_slow(one, slower_ns);

		most = slow > most ? slow : most;
	}
	return most;
}

struct hunt_totals hunt_totals(const struct hunt *hunt)
{
	return (struct hunt_totals){.samples = hunt->num_samples,
				    .tracer_samples = hunt->num_tracer_samples,
				    .lost = hunt->lost};
}
