/* SPDX-License-Identifier: MIT */
/* told.c - what the guard does, as messages; see told.h. */
#include "guard/told.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

#define NS_PER_S 1000000000ull

void told_init(struct told *told, const struct plan *plan, unsigned max_overhead)
{
	*told = (struct told){.plan = plan, .max_overhead = max_overhead};
}

/* ---- parts of messages ---- */

static unsigned percent(double share)
{
	return (unsigned)(share * 100 + 0.5);
}

static uint64_t calls_per_second(const struct policy_step *step, const struct heat *heat)
{
	double seconds = (double)step->window_ns / NS_PER_S;

	return seconds > 0 ? (uint64_t)((double)heat->calls / seconds + 0.5) : 0;
}

static const char *name_of(const struct told *told, const struct heat *heat)
{
	return told->plan->funcs[heat->func].func->name;
}

/* A name and how often it is called, behind others of `count`. */
static void put_name(FILE *file, size_t at, size_t count, const char *name, uint64_t rate)
{
	char number[BILL_NUMBER_SIZE];

	bill_put_number(number, rate);
	fprintf(file, "%s%s (%s calls a second)",
		!at               ? ""
		: at + 1 == count ? " and "
				  : ", ",
		name, number);
}

static void put_more(FILE *file, size_t count)
{
	if (count > TOLD_MAX_NAMES)
		fprintf(file, " and %zu more%s", count - TOLD_MAX_NAMES,
			log_is_verbose() ? "" : " (-v names them)");
}

/* "main.a (1,000 calls a second) and 3 more". NULL: out of memory. The caller frees it. */
static char *functions_text(const struct told *told, const struct policy_step *step)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	for (size_t i = 0; i < step->num_heats && i < TOLD_MAX_NAMES; i++)
		put_name(file, i, step->num_heats, name_of(told, &step->heats[i]),
			 calls_per_second(step, &step->heats[i]));
	put_more(file, step->num_heats);
	fclose(file);
	return text;
}

static void name_all(const struct told *told, const struct policy_step *step)
{
	for (size_t i = 0; i < step->num_heats; i++)
		log_verbose("taken off: %s, %llu calls a second", name_of(told, &step->heats[i]),
			    (unsigned long long)calls_per_second(step, &step->heats[i]));
}

/* ---- begin ---- */

/* Among the dearest so far: those of each step come in order. */
static void remember(struct told *told, const struct policy_step *step)
{
	for (size_t i = 0; i < step->num_heats && i < TOLD_MAX_NAMES; i++) {
		uint64_t rate = calls_per_second(step, &step->heats[i]);
		size_t at = TOLD_MAX_NAMES;

		while (at && rate > told->dearest[at - 1].calls_per_second)
			at--;
		if (at == TOLD_MAX_NAMES)
			break;
		memmove(&told->dearest[at + 1], &told->dearest[at],
			(TOLD_MAX_NAMES - 1 - at) * sizeof(told->dearest[0]));
		told->dearest[at].name = name_of(told, &step->heats[i]);
		told->dearest[at].calls_per_second = rate;
	}
	told->num_left_out += step->num_heats;
	if (step->share > told->worst_share)
		told->worst_share = step->share;
}

static void tell_left_out(const struct told *told)
{
	_cleanup_free_ char *names = NULL;
	char left_out[BILL_NUMBER_SIZE], all[BILL_NUMBER_SIZE];
	size_t size;
	FILE *file = open_memstream(&names, &size);

	if (!file)
		return;
	for (size_t i = 0; i < told->num_left_out && i < TOLD_MAX_NAMES; i++)
		put_name(file, i, told->num_left_out, told->dearest[i].name,
			 told->dearest[i].calls_per_second);
	put_more(file, told->num_left_out);
	fclose(file);
	bill_put_number(left_out, told->num_left_out);
	bill_put_number(all, plan_num_traced(told->plan));
	log_warning(
		"%s of %s functions %s left out, called too often: %s; with their probes all would take %u %% of the program's CPU time or more (--max-overhead %u)",
		left_out, all, told->num_left_out == 1 ? "is" : "are", names,
		percent(told->worst_share), told->max_overhead);
}

static void tell_progress(struct told *told, uint64_t now_ns)
{
	char done[BILL_NUMBER_SIZE], all[BILL_NUMBER_SIZE];

	if (now_ns - told->progress_ns < NS_PER_S)
		return;
	told->progress_ns = now_ns;
	bill_put_number(done, told->num_attached);
	bill_put_number(all, told->plan->num_sites);
	log_info("attaching carefully: %s of %s probes, functions left out: %zu", done, all,
		 told->num_left_out);
}

void told_begin_step(struct told *told, const struct policy_step *step, uint64_t now_ns)
{
	if (!told->begin_ns)
		told->begin_ns = told->progress_ns = now_ns;
	if (step->action == POLICY_ATTACH)
		told->num_attached += step->num_sites;
	if (step->action == POLICY_TAKE_OFF) {
		name_all(told, step);
		remember(told, step);
	}
	if (step->action == POLICY_BEGIN && told->num_left_out)
		tell_left_out(told);
	else
		tell_progress(told, now_ns);
}

/* ---- while tracing ---- */

static void tell_taken_off(const struct told *told, const struct policy_step *step)
{
	_cleanup_free_ char *names = functions_text(told, step);

	log_warning(
		"probes took %u %% of the program's CPU time: %s %s not traced any more, which leaves about %u %% (--max-overhead %u)",
		percent(step->share), names ?: "?", step->num_heats == 1 ? "is" : "are",
		percent(step->share_after), told->max_overhead);
	name_all(told, step);
}

void told_step(const struct told *told, const struct policy_step *step)
{
	unsigned share = percent(step->share);

	switch (step->action) {
	case POLICY_TAKE_OFF:
		tell_taken_off(told, step);
		break;
	case POLICY_END:
		log_warning(
			"probes took %u %% of the program's CPU time, and there is nothing else that could be left out: tracing ends; trace what is called less often, or allow more (--max-overhead %u)",
			share, told->max_overhead);
		break;
	default:
		break;
	}
}
