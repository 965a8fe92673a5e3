/* SPDX-License-Identifier: MIT */
/* steps.c - one of the slowest calls, or all slow ones that were kept, piece by piece in order of time. */
#include <stdlib.h>

#include "hunt/analysis.h"

static void drop_hidden(struct hunt_doing *doing)
{
	size_t count = 0;

	for (size_t i = 0; i < doing->num_frames; i++)
		if (!doing->frames[i].is_hidden)
			doing->frames[count++] = doing->frames[i];
	doing->num_frames = count;
}

static bool fill_step(struct sites *sites, const struct kept_call *call, uint32_t index,
		      bool with_frames, struct hunt_step *step)
{
	const struct piece *piece = &call->pieces.items[index];
	const struct guilt_wait wait = {.call = call, .piece = index, .weight = 1};

	step->at_ns = piece->start_ns - call->start_ns;
	if (!doing_fill(sites, piece, with_frames, &step->doing))
		return false;
	drop_hidden(&step->doing);
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

static bool fill_call(struct sites *sites, const struct kept_call *call, bool with_frames,
		      struct hunt_call *told)
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
		if (!fill_step(sites, call, i, with_frames, &told->steps[i]))
			return false;
	}
	/* Sums of a span come behind what they are of. */
	qsort(told->steps, told->num_steps, sizeof(*told->steps), compare);
	return true;
}

static bool is_slow(const struct kept_call *call, const struct hunt_report *report)
{
	return report->looked_at &&
	       (report->alike || call->end_ns - call->start_ns >= report->cut_ns);
}

bool steps_make(struct sites *sites, const struct kept *kept,
		const struct hunt_report_options *options, struct hunt_report *report)
{
	size_t first = 0, count = 0;

	if (options->rank && options->rank <= kept->num_slowest) {
		first = options->rank - 1;
		count = 1;
	} else if (!options->rank && options->slow_in_order) {
		while (count < kept->num_slowest && is_slow(kept->slowest[count], report))
			count++;
	}
	report->slowest = calloc(count + 1, sizeof(*report->slowest));
	if (!report->slowest)
		return false;
	for (size_t i = 0; i < count; i++) {
		report->slowest[i].rank = first + i + 1;
		report->num_slowest++;
		if (!fill_call(sites, kept->slowest[first + i], options->slow_in_order,
			       &report->slowest[i]))
			return false;
	}
	return true;
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
