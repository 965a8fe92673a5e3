/* SPDX-License-Identifier: MIT */
#include "output/hunt_known.h"

#include <stdio.h>

#include "base/text.h"
#include "output/hunt_line.h"

/* Of which shares can be told. */
#define ENOUGH_SAMPLES 100

#define TEXT_SIZE 512

void hunt_known_put_mode(struct output *out, const struct hunt_report *report)
{
	char text[TEXT_SIZE], exact[96] = "";

	if (!report->waits_hz)
		return;
	if (report->share_of_exact > 0)
		snprintf(exact, sizeof(exact),
			 "; exact ones (--waits exact) took %.0f %% of the program's CPU time",
			 100 * report->share_of_exact);
	snprintf(text, sizeof(text),
		 "waits are sampled at %.3g Hz: who ended them%s is not known%s", report->waits_hz,
		 report->lacks_starts ? ", and which goroutines calls started," : "", exact);
	hunt_line_sentence(out, NULL, text);
}

/* Calls that could not be looked at as a whole. */
static void put_left_out(struct output *out, const struct hunt_report *report)
{
	char in_part[256] = "", without_end[128] = "", text[TEXT_SIZE], amount[HUNT_AMOUNT_SIZE];

	if (!report->lost && !report->holes)
		return;
	if (report->holes)
		snprintf(
			in_part, sizeof(in_part),
			"%s seen in part%s%s, as probes were changed meanwhile or events were lost",
			text_counted(report->holes, "that was", "that were").text,
			report->holes > 1 ? ", the slowest of " : ", of ",
			hunt_amount(amount, report->holes_max_ns));
	if (report->lost)
		snprintf(without_end, sizeof(without_end), "%s whose end was not seen",
			 text_count(report->lost).text);
	snprintf(text, sizeof(text), "calls that are not among these: %s%s%s", in_part,
		 report->lost && report->holes ? ", and " : "", without_end);
	hunt_line_sentence(out, NULL, text);
}

void hunt_known_put_coverage(struct output *out, const struct hunt_report *report)
{
	char text[TEXT_SIZE], amount[HUNT_AMOUNT_SIZE];

	if (report->slow > report->looked_at) {
		snprintf(text, sizeof(text), "told from %s of the %s slow calls, chosen by chance",
			 text_count(report->looked_at).text, text_count(report->slow).text);
		hunt_line_sentence(out, NULL, text);
	}
	if (report->total_ns && report->explained_ns < report->total_ns - report->total_ns / 200) {
		snprintf(text, sizeof(text), "%.1f %% of their time is accounted for",
			 100.0 * (double)report->explained_ns / (double)report->total_ns);
		hunt_line_sentence(out, NULL, text);
	}
	if (report->rested_ns) {
		snprintf(
			text, sizeof(text),
			"for %s there were no probes, which would have cost too much: calls of then are not among these",
			hunt_amount(amount, report->rested_ns));
		hunt_line_sentence(out, NULL, text);
	}
	put_left_out(out, report);
}

void hunt_known_put_samples(struct output *out, const struct output_totals *totals)
{
	const struct hunt_totals *hunt = &totals->hunt;
	char line[TEXT_SIZE];

	hunt_line_begin_block(out);
	snprintf(line, sizeof(line), "%s of CPU%s",
		 text_counted(hunt->samples, "sample", "samples").text,
		 totals->lost ? "" : ", no event lost");
	hunt_line_puts(out, line);
	if (hunt->samples < ENOUGH_SAMPLES || hunt->tracer_samples * 50 < hunt->samples)
		return;
	snprintf(line, sizeof(line), "%.0f %% of them were in the kernel's handling of probes",
		 100.0 * (double)hunt->tracer_samples / (double)hunt->samples);
	hunt_line_sentence(out, NULL, line);
}
