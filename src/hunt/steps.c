/* SPDX-License-Identifier: MIT */
/* steps.c - one of the slowest calls, piece by piece in order of time. */
#include <stdlib.h>

#include "hunt/analysis.h"

static bool fill_step(struct sites *sites, const struct kept_call *call, uint32_t index,
		      struct hunt_step *step)
{
	const struct piece *piece = &call->pieces.items[index];
	const struct guilt_wait wait = {.call = call, .piece = index, .weight = 1};

	step->at_ns = piece->start_ns - call->start_ns;
	if (!doing_fill(sites, piece, false, &step->doing))
		return false;
	step->doing.ns = piece->ns;
	step->doing.count = piece->count;
	step->doing.share = call->end_ns > call->start_ns
				    ? (double)piece->ns / (double)(call->end_ns - call->start_ns)
				    : 0;
	return guilt_find(sites, &wait, 1, 1, &step->doing);
}

static int compare(const void *one, const void *other)
{
	const struct hunt_step *a = one, *b = other;

	return a->at_ns < b->at_ns ? -1 : a->at_ns > b->at_ns;
}

static bool fill_call(struct sites *sites, const struct kept_call *call, struct hunt_call *told)
{
	told->goid = call->goroutine.first;
	told->pid = (uint32_t)call->goroutine.second;
	told->start_ns = call->start_ns;
	told->ns = call->end_ns - call->start_ns;
	told->is_open = call->is_open;
	told->is_in_order = !call->pieces.is_folded;
	told->steps = calloc(call->pieces.count + 1, sizeof(*told->steps));
	if (!told->steps)
		return false;
	for (uint32_t i = 0; i < call->pieces.count; i++) {
		told->num_steps++;
		if (!fill_step(sites, call, i, &told->steps[i]))
			return false;
	}
	/* Sums of a span come behind what they are of. */
	qsort(told->steps, told->num_steps, sizeof(*told->steps), compare);
	return true;
}

bool steps_make(struct sites *sites, const struct kept *kept,
		const struct hunt_report_options *options, struct hunt_report *report)
{
	if (!options->rank || options->rank > kept->num_slowest)
		return true;
	report->slowest = calloc(1, sizeof(*report->slowest));
	if (!report->slowest)
		return false;
	report->num_slowest = 1;
	report->slowest[0].rank = options->rank;
	return fill_call(sites, kept->slowest[options->rank - 1], &report->slowest[0]);
}

void steps_free(struct hunt_report *report)
{
	for (size_t i = 0; i < report->num_slowest; i++) {
		struct hunt_call *call = &report->slowest[i];

		for (size_t j = 0; j < call->num_steps; j++)
			doing_clear(&call->steps[j].doing);
		free(call->steps);
	}
	free(report->slowest);
}
