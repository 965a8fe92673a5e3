/* SPDX-License-Identifier: MIT */
/* filter.c - which trees are shown; see gofuncgraph/filter.h. */
#include "gofuncgraph/filter.h"

#include <stdlib.h>

#include "filter/copy.h"
#include "filter/fold.h"
#include "filter/kept.h"
#include "filter/replay.h"
#include "calltree/waits.h"

/* A tree whose first call is not kept: nobody knows how long it took, so it is shown. */
#define UNKNOWN_DURATION UINT64_MAX

struct filter {
	struct filter_options options;
	struct calltree_sink next;
	struct filter_sums sums;
	struct keep keep;
	uint64_t asked_ns; /* when the slowest were asked for last */
	struct error *err;
};

bool filter_is_needed(const struct filter_options *options)
{
	return filter_chooses(options) || options->min_duration_ns || options->depth;
}

bool filter_chooses(const struct filter_options *options)
{
	return options->slower_ns || options->slowest || options->where;
}

static void fail(struct filter *filter)
{
	if (!filter->err)
		filter->err = error_out_of_memory();
}

/* ---- how long ---- */

static uint64_t time_of(const struct tree *tree, const struct step *step)
{
	switch (step->type) {
	case STEP_EXIT:
		return tree->calls[step->index].end_ns;
	case STEP_WAIT:
		return tree->waits[step->index].end_ns;
	case STEP_START:
		return tree->starts[step->index].time_ns;
	default:
		return tree->calls[step->index].start_ns;
	}
}

/* The last step of a call; what may come behind the end of the first one is none of its time. */
static const struct step *last_step(const struct tree *tree)
{
	const struct step *last = &tree->steps[tree->num_steps - 1], *step = last;

	while (step > tree->steps && (step->type == STEP_WAIT || step->type == STEP_START))
		step--;
	return step->type == STEP_EXIT && !tree->calls[step->index].depth ? step : last;
}

/* How long the tree took, up to the last that is known of it. */
static uint64_t duration_of(const struct tree *tree)
{
	if (!tree->num_calls || tree->calls[0].depth || !tree->num_steps)
		return UNKNOWN_DURATION;
	uint64_t start_ns = tree->calls[0].start_ns;
	uint64_t end_ns = time_of(tree, last_step(tree));

	return end_ns > start_ns ? end_ns - start_ns : 0;
}

/* ---- on to the next ---- */

/* They had more calls than are handed on. */
static void mark_continued(struct tree *tree)
{
	for (uint32_t i = 0; i < tree->num_steps; i++) {
		const struct step *step = &tree->steps[i];

		if (step->type == STEP_AGAIN && tree->calls[step->index].end != CALL_OPEN)
			tree->calls[step->index].incomplete = true;
	}
}

/* `kept`: what is kept of other parts of it, or NULL. */
static void pass(struct filter *filter, const struct tree *tree, struct kept *kept, bool has_ended)
{
	const struct calltree_sink *next = &filter->next;
	struct tree shown = *tree;

	if (kept && kept->has_gaps)
		mark_continued(&shown);
	if (kept)
		shown.left_out += kept->dropped;
	if (kept)
		kept->dropped = 0;
	if ((next->call_began || next->call_ended) && !replay_calls(next, &shown))
		fail(filter);
	if (has_ended)
		next->tree_ended(next->context, &shown);
	else if (next->tree_settled)
		next->tree_settled(next->context, &shown);
}

static void pass_kept(struct filter *filter, struct kept *kept, bool has_ended)
{
	for (size_t i = 0; i < kept->num_parts; i++)
		pass(filter, kept->parts[i], kept, has_ended && i + 1 == kept->num_parts);
	keep_drop_parts(&filter->keep, kept);
}

static void pass_slowest(struct filter *filter)
{
	if (filter->options.by_begin)
		keep_sort_slowest(&filter->keep);
	for (size_t i = 0; i < filter->keep.num_slowest; i++)
		pass_kept(filter, filter->keep.slowest[i], true);
	keep_drop_slowest(&filter->keep);
	filter->sums.num_waiting = 0;
}

/* ---- which ---- */

static enum where_answer judge_call(const struct filter *filter, const struct call *call)
{
	const struct filter_options *options = &filter->options;

	return options->where
		       ? where_judge(options->where, options->values, call->captured, call->results)
		       : WHERE_YES;
}

/* By what is known so far; a first call that is not kept is not known. */
static enum where_answer judge(const struct filter *filter, const struct tree *tree)
{
	if (!filter->options.where)
		return WHERE_YES;
	return tree->num_calls && !tree->calls[0].depth ? judge_call(filter, &tree->calls[0])
							: WHERE_UNKNOWN;
}

static void count_call(void *context, const struct tree *tree, const struct call *call)
{
	struct filter *filter = context;
	enum where_answer answer;

	if (call->depth || tree->parent_goid || tree->parent_tree)
		return;
	answer = judge_call(filter, call);
	if (answer == WHERE_NO)
		filter->sums.rejected++;
	else if (answer == WHERE_UNKNOWN)
		filter->sums.undecided++;
	else if (call_time_is_unknown(call))
		filter->sums.lost++;
	else if (!histogram_add(&filter->sums.durations, call->end_ns - call->start_ns))
		fail(filter);
}

/* True if trees of this duration are wanted as soon as it is known. */
static bool is_shown_now(const struct filter *filter, uint64_t duration_ns)
{
	return !filter->options.slowest && duration_ns >= filter->options.slower_ns;
}

/* What the next part will not have. */
static bool leave_waits(const struct filter *filter, const struct tree *tree)
{
	_cleanup_free_ struct wait *waits = NULL;
	struct tree left = *tree;

	if (!filter->next.min_wait_ns || filter->next.wait_ended)
		return true;
	if (!waits_give(&left, &waits))
		return false;
	waits_take_back(&left);
	return true;
}

static struct tree fold(struct filter *filter, const struct tree *tree)
{
	struct tree folded = *tree;

	if (!fold_calls(&filter->options, &folded))
		fail(filter);
	return folded;
}

/* A part of a tree of which it is not known yet, perhaps, whether it is shown. */
static void hold(struct filter *filter, struct kept *kept, const struct tree *part)
{
	enum where_answer answer = kept->is_shown ? WHERE_YES : judge(filter, part);

	if (!kept->is_shown && answer == WHERE_YES && is_shown_now(filter, duration_of(part))) {
		pass_kept(filter, kept, false);
		kept->is_shown = true;
	}
	if (kept->is_shown)
		pass(filter, part, kept, false);
	else if (answer == WHERE_NO)
		keep_drop_parts(&filter->keep, kept);
	else if (!keep_part(&filter->keep, kept, part) || !leave_waits(filter, part))
		fail(filter);
}

static void settle(void *context, const struct tree *tree)
{
	struct filter *filter = context;
	struct tree folded = fold(filter, tree);
	struct kept *kept;

	if (!filter_chooses(&filter->options)) {
		pass(filter, &folded, NULL, false);
		return;
	}
	kept = keep_find(&filter->keep, tree) ?: keep_open(&filter->keep, tree);
	if (kept)
		hold(filter, kept, &folded);
	else
		fail(filter);
}

/* A tree that may be among the slowest; `kept` is taken, NULL if it did not come in parts. */
static void offer(struct filter *filter, const struct tree *tree, struct kept *kept,
		  uint64_t duration_ns)
{
	struct keep *keep = &filter->keep;

	filter->sums.not_kept += keep_make_room(keep, duration_ns, tree_bytes(tree));
	kept = kept ?: calloc(1, sizeof(*kept));
	if (!kept || !keep_part(keep, kept, tree)) {
		fail(filter);
		keep_free(keep, kept);
		return;
	}
	kept->duration_ns = duration_ns;
	/* There was no room for it. */
	if (!kept->num_parts) {
		filter->sums.not_kept++;
		keep_free(keep, kept);
	} else if (!keep_slow(keep, filter->options.slowest, kept)) {
		fail(filter);
	}
	filter->sums.num_waiting = keep->num_slowest;
}

static void end(void *context, const struct tree *tree)
{
	struct filter *filter = context;
	struct keep *keep = &filter->keep;
	struct kept *kept = tree->part ? keep_find(keep, tree) : NULL;
	uint64_t duration_ns = duration_of(tree), most = filter->options.slowest;
	bool is_shown, is_wanted;

	if (kept)
		keep_close(keep, kept);
	is_shown = kept && kept->is_shown;
	is_wanted = is_shown || judge(filter, tree) == WHERE_YES;
	if (is_wanted && (is_shown || is_shown_now(filter, duration_ns))) {
		struct tree folded = fold(filter, tree);

		if (kept)
			pass_kept(filter, kept, false);
		pass(filter, &folded, kept, true);
	} else if (is_wanted && most && duration_ns >= filter->options.slower_ns &&
		   keep_is_slow(keep, most, duration_ns)) {
		struct tree folded = fold(filter, tree);

		offer(filter, &folded, take_pointer(kept), duration_ns);
	}
	keep_free(keep, kept);
}

/* ---- life ---- */

static uint32_t func_of_site(void *context, uint32_t site)
{
	const struct filter *filter = context;

	return filter->next.func_of_site(filter->next.context, site);
}

struct error *filter_new(const struct filter_options *options, const struct calltree_sink *next,
			 struct filter **filter)
{
	*filter = calloc(1, sizeof(**filter));
	if (!*filter)
		return error_out_of_memory();
	(*filter)->options = *options;
	(*filter)->next = *next;
	return NULL;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	keep_destroy(&filter->keep);
	histogram_destroy(&filter->sums.durations);
	error_free(filter->err);
	free(filter);
}

struct calltree_sink filter_sink(struct filter *filter)
{
	struct calltree_sink sink = filter->next;

	sink.context = filter;
	sink.call_began = NULL;
	sink.call_ended = count_call;
	sink.wait_ended = NULL;
	sink.records_lost = NULL;
	sink.tree_ended = end;
	sink.tree_settled = settle;
	sink.func_of_site = sink.func_of_site ? func_of_site : NULL;
	sink.keep_calls = true;
	return sink;
}

void filter_tick(struct filter *filter, uint64_t now_ns)
{
	if (!filter->options.interval_ns)
		return;
	if (filter->asked_ns && now_ns < filter->asked_ns + filter->options.interval_ns)
		return;
	if (filter->asked_ns)
		pass_slowest(filter);
	filter->asked_ns = now_ns;
}

void filter_end(struct filter *filter)
{
	pass_slowest(filter);
}

struct error *filter_take_error(struct filter *filter)
{
	return take_pointer(filter->err);
}

const struct filter_sums *filter_sums(const struct filter *filter)
{
	return &filter->sums;
}
