/* SPDX-License-Identifier: MIT */
/* run_patience.c - what is told and asked while probes come and go, which may take minutes. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "command/run_internal.h"
#include "command/signals.h"
#include "guard/bill.h"

/* How long nothing is told; by then it can be said how long it takes. */
#define QUIET_NS      1000000000ull
#define SHOW_EVERY_NS 250000000ull

static bool attaches_on(void *context)
{
	struct run *run = context;

	run->is_over = run->is_over || run_has_ended(run);
	return !run->is_over;
}

/* ", which takes about 390 s"; "": nobody knows. */
static void put_time_left(char text[64], const struct run_leaving *leaving, uint64_t now_ns,
			  size_t num_left)
{
	size_t num_gone = leaving->num_probes > num_left ? leaving->num_probes - num_left : 0;
	double elapsed = (double)(now_ns - leaving->since_ns) * 1e-9;

	*text = 0;
	if (num_gone)
		snprintf(text, 64, ", which takes about %.0f s",
			 elapsed / (double)num_gone * (double)num_left);
}

static void tell_leaving(struct run *run, uint64_t now_ns, size_t num_left, pid_t holder)
{
	struct run_leaving *leaving = &run->leaving;
	struct text_counted count = text_counted(num_left, "probe", "probes");
	char time_left[64], text[STATUS_LINE_SIZE];

	put_time_left(time_left, leaving, now_ns, num_left);
	if (!leaving->is_told)
		log_info(
			"the kernel takes %s away one after the other%s; ^C, or another signal, leaves that to process %d",
			count.text, time_left, holder);
	leaving->is_told = true;
	if (now_ns < run->progress_ns)
		return;
	run->progress_ns = now_ns + SHOW_EVERY_NS;
	snprintf(text, sizeof(text), "taking %s away%s", count.text, time_left);
	if (status_line_room() >= strlen(text))
		status_line_show(text);
}

static bool waits_on(void *context, size_t num_left, pid_t holder)
{
	struct run *run = context;
	struct run_leaving *leaving = &run->leaving;
	uint64_t now_ns = monotonic_ns();

	if (!num_left)
		return true;
	if (!leaving->since_ns) {
		signals_set_detaching(true);
		*leaving = (struct run_leaving){
			.since_ns = now_ns, .num_probes = num_left, .num_signals = signals_count()};
	}
	if (now_ns - leaving->since_ns < QUIET_NS)
		return true;
	/* Only a signal that came after it was told is an answer. */
	if (!leaving->is_told)
		leaving->num_signals = signals_count();
	tell_leaving(run, now_ns, num_left, holder);
	if (signals_count() == leaving->num_signals)
		return true;
	status_line_clear();
	log_warning(
		"process %d goes on taking %s away: what runs into them until then takes longer, and tells nothing",
		holder, text_counted(num_left, "probe", "probes").text);
	return false;
}

struct attach_patience run_patience(struct run *run)
{
	return (struct attach_patience){
		.attaches_on = attaches_on, .waits_on = waits_on, .context = run};
}
