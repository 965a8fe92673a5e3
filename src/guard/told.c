/* SPDX-License-Identifier: MIT */
/* told.c - what the guard does, as messages; see told.h. */
#include "guard/told.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/status_line.h"
#include "base/text.h"

#define NS_PER_S 1000000000ull
/* A program that hardly runs for its probes does more as soon as they go: how much is not known well. */
#define MOSTLY_PROBES 0.5

void told_init(struct told *told, const struct plan *plan, unsigned max_overhead, bool hunts)
{
	*told = (struct told){.plan = plan, .max_overhead = max_overhead, .hunts = hunts};
}

/* ---- parts of messages ---- */

static unsigned percent(double share)
{
	return (unsigned)(share * 100 + 0.5);
}

/* What a step should leave: "4 %", "4 % or more". */
#define LEFT_SIZE 32
static const char *left_text(const struct guard_step *step, char text[LEFT_SIZE])
{
	unsigned left = percent(step->share_after);

	if (!left)
		return "next to nothing";
	snprintf(text, LEFT_SIZE, "%u %%%s", left, step->share > MOSTLY_PROBES ? " or more" : "");
	return text;
}

/* Whose CPU time it is. */
static const char *whose(const struct guard_step *step)
{
	return step->is_of_others ? "the CPU time of processes that run it and were not chosen"
				  : "the program's CPU time";
}

static uint64_t calls_a_second(const struct guard_step *step, const struct heat *heat)
{
	double seconds = (double)step->window_ns / NS_PER_S;

	return seconds > 0 ? (uint64_t)((double)heat->calls / seconds + 0.5) : 0;
}

/* "main.a (1,000 calls a second) and 3 more": the first of those that the step names. NULL: out of
 * memory. The caller frees it. */
static char *functions_text(const struct told *told, const struct guard_step *step)
{
	size_t size, count = step->num_heats;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	for (size_t i = 0; i < count && i < TOLD_MAX_NAMES; i++) {
		const struct heat *heat = &step->heats[i];

		fprintf(file, "%s%s (%s calls a second)",
			!i               ? ""
			: i + 1 == count ? " and "
					 : ", ",
			told->plan->funcs[heat->func].func->name,
			text_count(calls_a_second(step, heat)).text);
	}
	if (count > TOLD_MAX_NAMES)
		fprintf(file, " and %s more%s", text_count(count - TOLD_MAX_NAMES).text,
			log_is_verbose() ? "" : " (-v names them)");
	fclose(file);
	return text;
}

static void name_all(const struct told *told, const struct guard_step *step)
{
	for (size_t i = 0; i < step->num_heats; i++)
		log_verbose("taken off: %s, %s calls a second",
			    told->plan->funcs[step->heats[i].func].func->name,
			    text_count(calls_a_second(step, &step->heats[i])).text);
}

/* ---- begin ---- */

static void tell_left_out(const struct told *told, const struct guard_step *step)
{
	_cleanup_free_ char *names = functions_text(told, step);

	name_all(told, step);
	log_warning(
		"%s of %s functions %s left out, called too often: %s; with their probes all would take %u %% of the program's CPU time or more (--max-overhead %u)",
		text_count(step->num_heats).text, text_count(plan_num_traced(told->plan)).text,
		step->num_heats == 1 ? "is" : "are", names ?: "?", percent(step->share),
		told->max_overhead);
}

static void tell_care(const struct told *told)
{
	log_info(
		"attaching %s probes step by step, so that the program goes on at its pace (--max-overhead %u)",
		text_count(told->plan->num_sites).text, told->max_overhead);
}

static void tell_progress(struct told *told, uint64_t now_ns)
{
	if (now_ns - told->progress_ns < NS_PER_S || status_line_is_allowed())
		return;
	told->progress_ns = now_ns;
	log_info("attaching carefully: %s of %s probes so far",
		 text_count(told->most_attached).text, text_count(told->plan->num_sites).text);
}

static void tell_states_off(const struct told *told, const struct guard_step *step)
{
	bool is_of_births = step->is_of_births;
	char left[LEFT_SIZE];

	log_warning(
		"probes took %u %% of %s, %u %% of it where goroutines %s: %s, which should leave %s (--max-overhead %u)",
		percent(step->share), whose(step), percent(step->share_of_states),
		is_of_births ? "begin" : "change their states",
		is_of_births  ? "which of them calls start is not seen any more"
		: told->hunts ? "from now on waits are sampled"
			      : "these are not seen any more",
		left_text(step, left), told->max_overhead);
}

void told_begin_step(struct told *told, const struct guard_step *step, uint64_t now_ns)
{
	if (!told->progress_ns) {
		told->progress_ns = now_ns;
		tell_care(told);
	}
	if (step->action == GUARD_ATTACH)
		told->num_attached += step->num_sites;
	if (told->num_attached > told->most_attached)
		told->most_attached = told->num_attached;
	if (step->action == GUARD_TAKE_OFF)
		told->num_attached -= step->num_funcs;
	if (step->action == GUARD_STATES_OFF)
		tell_states_off(told, step);
	if (step->action == GUARD_BEGIN && step->num_heats)
		tell_left_out(told, step);
	else
		tell_progress(told, now_ns);
}

/* ---- while tracing ---- */

static void tell_taken_off(const struct told *told, const struct guard_step *step)
{
	_cleanup_free_ char *names = functions_text(told, step);
	char left[LEFT_SIZE];

	log_warning(
		"probes took %u %% of %s: %s %s not traced any more, which should leave %s (--max-overhead %u)",
		percent(step->share), whose(step), names ?: "?",
		step->num_heats == 1 ? "is" : "are", left_text(step, left), told->max_overhead);
	name_all(told, step);
}

/* It comes again and again. */
static void tell_rest(struct told *told, const struct guard_step *step)
{
	if (!told->has_rested)
		log_warning(
			"probes took %u %% of %s, and there is nothing else that could be left out: from now on there are none for some of the time, and what is called then is not seen (--max-overhead %u)",
			percent(step->share), whose(step), told->max_overhead);
	told->has_rested = true;
}

void told_step(struct told *told, const struct guard_step *step)
{
	unsigned share = percent(step->share);
	char left[LEFT_SIZE];

	switch (step->action) {
	case GUARD_TAKE_OFF:
		tell_taken_off(told, step);
		break;
	case GUARD_STATES_OFF:
		tell_states_off(told, step);
		break;
	case GUARD_SAMPLE:
		log_warning(
			"probes took %u %% of %s: from now on one in %s calls of targets is traced, chosen by chance, which should leave %s (--max-overhead %u)",
			share, whose(step), text_count(step->one_in).text, left_text(step, left),
			told->max_overhead);
		break;
	case GUARD_REST:
		tell_rest(told, step);
		break;
	case GUARD_END:
		log_warning(
			"probes took %u %% of %s, and there is nothing else that could be left out: tracing ends; trace what is called less often, or allow more (--max-overhead %u)",
			share, whose(step), told->max_overhead);
		break;
	default:
		break;
	}
}
