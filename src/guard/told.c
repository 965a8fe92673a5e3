/* SPDX-License-Identifier: MIT */
/* told.c - what the guard does, as messages; see told.h. */
#include "guard/told.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/status_line.h"

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

/* The i-th of those that the step takes off. */
static struct told_func func_of(const struct told *told, const struct policy_step *step, size_t i)
{
	const struct heat *heat = &step->heats[i];
	double seconds = (double)step->window_ns / NS_PER_S;

	return (struct told_func){
		.name = told->plan->funcs[heat->func].func->name,
		.calls_per_second =
			seconds > 0 ? (uint64_t)((double)heat->calls / seconds + 0.5) : 0,
	};
}

/* "main.a (1,000 calls a second) and 3 more": the first of `count`. NULL: out of memory. The caller
 * frees it. */
static char *functions_text(const struct told_func funcs[TOLD_MAX_NAMES], size_t count)
{
	char number[BILL_NUMBER_SIZE], *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	for (size_t i = 0; i < count && i < TOLD_MAX_NAMES; i++) {
		bill_put_number(number, funcs[i].calls_per_second);
		fprintf(file, "%s%s (%s calls a second)",
			!i               ? ""
			: i + 1 == count ? " and "
					 : ", ",
			funcs[i].name, number);
	}
	if (count > TOLD_MAX_NAMES)
		fprintf(file, " and %zu more%s", count - TOLD_MAX_NAMES,
			log_is_verbose() ? "" : " (-v names them)");
	fclose(file);
	return text;
}

static void name_all(const struct told *told, const struct policy_step *step)
{
	for (size_t i = 0; i < step->num_heats; i++) {
		struct told_func func = func_of(told, step, i);

		log_verbose("taken off: %s, %llu calls a second", func.name,
			    (unsigned long long)func.calls_per_second);
	}
}

/* ---- begin ---- */

/* Among the dearest so far: those of each step come in order. */
static void remember(struct told *told, const struct policy_step *step)
{
	for (size_t i = 0; i < step->num_heats && i < TOLD_MAX_NAMES; i++) {
		struct told_func func = func_of(told, step, i);
		size_t at = TOLD_MAX_NAMES;

		while (at && func.calls_per_second > told->dearest[at - 1].calls_per_second)
			at--;
		if (at == TOLD_MAX_NAMES)
			break;
		memmove(&told->dearest[at + 1], &told->dearest[at],
			(TOLD_MAX_NAMES - 1 - at) * sizeof(told->dearest[0]));
		told->dearest[at] = func;
	}
	told->num_left_out += step->num_heats;
	if (step->share > told->worst_share)
		told->worst_share = step->share;
}

static void tell_left_out(const struct told *told)
{
	_cleanup_free_ char *names = functions_text(told->dearest, told->num_left_out);
	char left_out[BILL_NUMBER_SIZE], all[BILL_NUMBER_SIZE];

	if (!names)
		return;
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

	if (now_ns - told->progress_ns < NS_PER_S || status_line_is_allowed())
		return;
	told->progress_ns = now_ns;
	bill_put_number(done, told->num_attached);
	bill_put_number(all, told->plan->num_sites);
	log_info("attaching carefully: %s of %s probes, functions left out: %zu", done, all,
		 told->num_left_out);
}

void told_begin_step(struct told *told, const struct policy_step *step, uint64_t now_ns)
{
	if (!told->progress_ns)
		told->progress_ns = now_ns;
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
	_cleanup_free_ char *names = NULL;
	struct told_func funcs[TOLD_MAX_NAMES];

	for (size_t i = 0; i < step->num_heats && i < TOLD_MAX_NAMES; i++)
		funcs[i] = func_of(told, step, i);
	names = functions_text(funcs, step->num_heats);
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
