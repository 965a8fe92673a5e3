/* SPDX-License-Identifier: MIT */
/*
 * hunt_text.c - what hunt found out, for people: first how long calls took, what the slow ones spend more
 * time on, and whose doing it was; below it the evidence.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "base/text.h"
#include "names/lead_text.h"
#include "output/hunt_doing.h"
#include "output/hunt_drill.h"
#include "output/hunt_known.h"
#include "output/hunt_line.h"
#include "output/hunt_objects.h"
#include "output/hunt_processes.h"
#include "output/hunt_tree.h"
#include "output/process_lines.h"

/* Smaller shares are left out, of causes behind the first. */
#define LEAST_CAUSE 0.01
/* Lines of one kind; more are left out. */
#define MAX_CAUSES  10
#define MAX_STEPS   200
#define MAX_STARTED 5

#define TEXT_SIZE 512

static struct error *begin(struct output *out)
{
	struct hunt_text *text = calloc(1, sizeof(*text));

	out->data = text;
	if (!text)
		return error_out_of_memory();
	text->is_terminal = out->options.file && isatty(fileno(out->options.file));
	text->has_color = terminal_uses_color(out->options.color, out->options.file);
	return NULL;
}

static void release(struct output *out)
{
	free(out->data);
}

/* ---- how long ---- */

static void put_durations(struct output *out, const struct hunt_report *report)
{
	char amounts[4][HUNT_AMOUNT_SIZE], text[TEXT_SIZE];
	int len;

	if (report->calls > 1)
		len = snprintf(text, sizeof(text),
			       ": %s calls in %s, median %s, 90 %% within %s, slowest %s",
			       text_count(report->calls).text,
			       hunt_amount(amounts[0], report->span_ns),
			       hunt_amount(amounts[1], report->median_ns),
			       hunt_amount(amounts[2], report->p90_ns),
			       hunt_amount(amounts[3], report->max_ns));
	else if (report->calls)
		len = snprintf(text, sizeof(text), ": 1 call of %s",
			       hunt_amount(amounts[0], report->max_ns));
	else
		len = snprintf(text, sizeof(text), ": no call ended");
	if (report->open)
		snprintf(text + len, sizeof(text) - (size_t)len,
			 report->calls ? ", and %s still open" : ", %s still open",
			 text_count(report->open).text);
	hunt_line_sentence(out, &report->target, text);
	if (report->one_in <= 1)
		return;
	snprintf(
		text, sizeof(text),
		"one in %s calls was traced in the end, chosen by chance, since probes took too much of the program's CPU time; %s not",
		text_count(report->one_in).text,
		text_counted(report->left_out, "was", "were").text);
	hunt_line_sentence(out, NULL, text);
}

/* What the causes are of. */
static void put_comparison(struct output *out, const struct hunt_report *report)
{
	struct text_counted slow = text_counted(report->slow, "slow call", "slow calls");
	char amounts[3][HUNT_AMOUNT_SIZE], text[TEXT_SIZE];

	hunt_amount(amounts[0], report->slow_ns);
	if (report->alike && report->looked_at == 1)
		snprintf(text, sizeof(text), "it spent its time (%s) on:", amounts[0]);
	else if (report->alike)
		snprintf(
			text, sizeof(text),
			"no call%s is much slower than the others; what they spend their time (%s each) on:",
			report->holes ? " that was seen as a whole" : "", amounts[0]);
	else if (!report->fast_ns)
		snprintf(text, sizeof(text),
			 "%s of %s on average; what that time went to:", slow.text, amounts[0]);
	else
		snprintf(text, sizeof(text),
			 "%s of %s%s, against %s for the faster half; what %s more (%s%s) on:",
			 slow.text, amounts[0], report->slow == 1 ? "" : " on average",
			 hunt_amount(amounts[1], report->fast_ns),
			 report->slow == 1 ? "it spends" : "they spend",
			 hunt_amount(amounts[2], report->excess_ns),
			 report->slow == 1 ? "" : " each");
	hunt_line_sentence(out, NULL, text);
}

/* ---- causes ---- */

static void put_causes(struct output *out, const struct hunt_report *report)
{
	size_t shown = 0;

	for (size_t i = 0; i < report->num_causes && shown < MAX_CAUSES; i++) {
		const struct hunt_doing *cause = &report->causes[i];
		char before[TEXT_SIZE], amount[HUNT_AMOUNT_SIZE];

		if (i && cause->share < LEAST_CAUSE)
			continue;
		snprintf(before, sizeof(before), "%4.0f %%  %8s  ", 100 * cause->share,
			 hunt_amount(amount, cause->ns));
		hunt_doing_put(out, 0, before, cause, shown == 0);
		hunt_doing_put_meanwhile(out, 10, cause);
		shown++;
	}
}

/* ---- goroutines that they started ---- */

/* So that none is told as 0, if it is not very few. */
static int decimals_of(double count)
{
	if (count < 0.095)
		return 2;
	return count - (double)(uint64_t)count < 0.05 ? 0 : 1;
}

static void put_started(struct output *out, const struct hunt_report *report)
{
	if (!report->num_started)
		return;
	hunt_line_begin_block(out);
	hunt_line_puts(out, report->alike ? "goroutines that a call started, on average:"
					  : "goroutines that a slow call started, on average:");
	for (size_t i = 0; i < report->num_started && i < MAX_STARTED; i++) {
		const struct hunt_started *started = &report->started[i];
		char before[64], behind[96] = "", amount[HUNT_AMOUNT_SIZE];
		struct place place = started->go;

		place.function = started->function.function;
		snprintf(before, sizeof(before), "%6.*f  ", decimals_of(started->count),
			 started->count);
		if (started->did.ns)
			snprintf(behind, sizeof(behind), ", %s together",
				 hunt_amount(amount, started->did.ns));
		hunt_line_put(out, &(struct hunt_line){.before = before,
						       .place = &place,
						       .behind = behind,
						       .may_break = true});
		hunt_doing_put_meanwhile(out, 8, &started->did);
	}
}

/* ---- one call ---- */

static void put_step(struct output *out, const struct hunt_step *step)
{
	char before[TEXT_SIZE], amounts[2][HUNT_AMOUNT_SIZE];

	snprintf(before, sizeof(before), "%9s  %9s  ", hunt_amount(amounts[0], step->at_ns),
		 hunt_amount(amounts[1], step->doing.ns));
	hunt_doing_put(out, 0, before, &step->doing, false);
	hunt_doing_put_meanwhile(out, 24, &step->doing);
}

static void put_call(struct output *out, const struct hunt_report *report,
		     const struct hunt_call *call)
{
	char text[TEXT_SIZE], which[64], amount[HUNT_AMOUNT_SIZE], time[TEXT_TIME_SIZE];
	uint64_t left_ns = 0;
	size_t shown = 0, num_left = 0;

	text_format_time(time, event_clock_realtime_ns(out->options.clock, call->start_ns));
	if (call->rank == 1)
		snprintf(which, sizeof(which), "the slowest call");
	else
		snprintf(which, sizeof(which), "number %" PRIu64 " of the slowest calls",
			 call->rank);
	snprintf(text, sizeof(text), "%s: %s%s, goroutine %" PRIu64 " of process %u, begun on %s%s",
		 which, hunt_amount(amount, call->ns), call->is_open ? " so far" : "", call->goid,
		 call->pid, time, call->is_in_order ? "" : "; what it did, in no order");
	hunt_line_begin_block(out);
	process_lines_introduce(out, call->pid);
	hunt_line_sentence(out, NULL, text);
	hunt_line_puts(out, "       at        for");
	for (size_t i = 0; i < call->num_steps; i++) {
		const struct hunt_step *step = &call->steps[i];

		/* The small ones hide the others. */
		if (step->doing.share < 0.002 || shown == MAX_STEPS) {
			left_ns += step->doing.ns;
			num_left++;
			continue;
		}
		put_step(out, step);
		shown++;
	}
	if (!num_left)
		return;
	snprintf(text, sizeof(text), "%9s  %9s  and %s in between", "",
		 hunt_amount(amount, left_ns),
		 text_counted(num_left, "short time", "short times").text);
	hunt_line_puts(out, text);
}

/* ---- all of it ---- */

static void put_report(struct output *out, const struct hunt_report *report)
{
	hunt_line_begin_block(out);
	put_durations(out, report);
	hunt_known_put_mode(out, report);
	if (report->looked_at) {
		put_comparison(out, report);
		put_causes(out, report);
	} else if (report->cut_ns) {
		char text[TEXT_SIZE], amount[HUNT_AMOUNT_SIZE];
		snprintf(text, sizeof(text), "none took %s or longer",
			 hunt_amount(amount, report->cut_ns));
		hunt_line_puts(out, text);
	}
	put_started(out, report);
	hunt_tree_put(out, report);
	hunt_processes_put(out, report);
	for (size_t i = 0; i < report->num_slowest; i++)
		put_call(out, report, &report->slowest[i]);
	hunt_known_put_coverage(out, report);
}

static void end(struct output *out, const struct output_totals *totals)
{
	const struct hunt_text *text = out->data;

	if (text->has_any)
		hunt_known_put_samples(out, totals);
	if (totals->drill)
		hunt_drill_put(out, totals->drill);
}

/* ---- stuck ---- */

/* Its function alone. False: none of its stack is known. */
static bool find_place(struct output *out, const struct hunt_lead *lead, struct place *place)
{
	struct telling_frame so_far = {0};

	for (size_t i = 0; i < lead->num_addresses; i++) {
		struct name_frames frames = names_frames(out->names, lead->stack[i]);

		for (size_t j = 0; j < frames.count; j++) {
			const struct place *frame = &frames.places[j];

			if (frame->function && !names_is_hidden(frame) && !names_is_bottom(frame) &&
			    telling_frame_is(&so_far, frame->function->text,
					     names_is_own(out->names, frame)))
				*place = (struct place){.function = frame->function};
		}
	}
	return so_far.has_any;
}

static void put_lead(struct output *out, const struct hunt_lead *lead)
{
	char text[LEAD_TEXT_SIZE + 2], then[HUNT_OBJECT_SIZE + 4] = "";
	struct place place;
	bool has_place = find_place(out, lead, &place);
	struct hunt_line line = {.indent = 2,
				 .before = text,
				 .name = lead->state,
				 .then = then,
				 .place = has_place ? &place : NULL,
				 .is_name_only = true,
				 .is_bold = true};

	lead_text(text, lead->goid, lead->by, lead->object, lead->of_wait_group);
	strcat(text, ": ");
	if (lead->on)
		hunt_object_put(then, lead->on);
	if (has_place)
		strcat(then, " in ");
	/* What it waits for tells most. */
	if (!hunt_line_fits(out, &line)) {
		text[strlen(text) - 1] = 0;
		hunt_line_put(out, &(struct hunt_line){.indent = 2, .before = text});
		line.indent = 6;
		line.before = "";
	}
	hunt_line_put(out, &line);
}

static void put_stuck(struct output *out, const struct hunt_stuck *stuck)
{
	char text[TEXT_SIZE], on[HUNT_OBJECT_SIZE], amount[HUNT_AMOUNT_SIZE];

	hunt_line_begin_block(out);
	process_lines_introduce(out, stuck->pid);
	snprintf(text, sizeof(text), ": a call is open for %s by now",
		 hunt_amount(amount, stuck->ns));
	hunt_line_sentence(out, &stuck->target, text);
	snprintf(text, sizeof(text), "goroutine %" PRIu64 " of process %u%s", stuck->goid,
		 stuck->pid, stuck->state ? ": " : "");
	if (stuck->on)
		hunt_object_put(on, stuck->on);
	hunt_line_put(out, &(struct hunt_line){.indent = 2,
					       .before = text,
					       .name = stuck->state,
					       .then = stuck->on ? on : NULL});
	for (size_t i = 0; i < stuck->num_addresses; i++) {
		struct name_frames frames = names_frames(out->names, stuck->stack[i]);

		for (size_t j = 0; j < frames.count; j++)
			if (!names_is_hidden(&frames.places[j]) &&
			    !names_is_bottom(&frames.places[j]))
				hunt_line_put(out, &(struct hunt_line){
							   .indent = 4,
							   .before = "",
							   .place = &frames.places[j],
							   .is_bold = names_is_own(
								   out->names, &frames.places[j])});
	}
	if (stuck->why_not)
		hunt_line_put(out, &(struct hunt_line){.indent = 4, .before = stuck->why_not});
	for (size_t i = 0; i < stuck->num_leads; i++)
		put_lead(out, &stuck->leads[i]);
	if (stuck->waits_for_others && !stuck->num_leads) {
		snprintf(text, sizeof(text),
			 "who may end that: gofuncgraph-c goroutines -p %u --goid %" PRIu64,
			 stuck->pid, stuck->goid);
		hunt_line_put(out, &(struct hunt_line){.indent = 2, .before = text});
	}
}

const struct format format_hunt_text = {
	.prints = "the report",
	.begin = begin,
	.hunt = put_report,
	.stuck = put_stuck,
	.end = end,
	.free = release,
};
