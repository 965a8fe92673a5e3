/* SPDX-License-Identifier: MIT */
/* blame_ran.c - what ran while somebody waited, by samples, and who had the processors of threads that had none. */
#include "hunt/blame_search.h"

#define MAX_SAMPLES 32 /* of a time: what ran is told by those */

/* Of a time: of more than there is room for, these are chosen by chance. */
struct chosen_samples {
	const struct history_sample *items[MAX_SAMPLES];
	size_t count;
	uint64_t total;
};

static void add_sample(struct chosen_samples *samples, const struct history_sample *sample)
{
	uint64_t at = samples->total++;

	if (at >= MAX_SAMPLES)
		at = hash_mix(sample->time_ns + at) % samples->total;
	if (at >= MAX_SAMPLES)
		return;
	samples->items[at] = sample;
	samples->count += samples->count <= at;
}

/* At the same instruction: most have one of their own. */
static bool is_alike(const struct history_sample *one, const struct history_sample *other)
{
	return one->stack == other->stack && one->kind == other->kind &&
	       one->goroutine.first == other->goroutine.first;
}

/* How many are like the one at this place; 0: that was counted with another. */
static size_t count_alike(const struct chosen_samples *samples, size_t at)
{
	size_t count = 0;

	for (size_t i = 0; i < samples->count; i++) {
		if (!is_alike(samples->items[i], samples->items[at]))
			continue;
		if (i < at)
			return 0;
		count++;
	}
	return count;
}

/* `ns`: of all of the samples. */
static void add_samples(struct search *search, const struct wait *wait,
			const struct chosen_samples *samples, uint64_t ns)
{
	if (is_little(ns, wait))
		return;
	for (size_t i = 0; i < samples->count; i++) {
		const struct history_sample *sample = samples->items[i];
		size_t count = count_alike(samples, i);
		double share = (double)count / (double)samples->count;
		const struct piece what = {
			.start_ns = wait->start_ns,
			.ns = (uint64_t)((double)ns * share),
			.stack = sample->stack,
			.kind = sample->kind,
			.flags = PIECE_SAMPLED,
			.count = (uint32_t)((double)samples->total * share + 0.5),
		};

		if (what.ns)
			blame_add(search, wait, sample->goroutine.first, &what);
	}
}

void blame_running(struct search *search, const struct wait *wait, struct hash_key goroutine,
		   uint64_t left_ns)
{
	const struct history_sample *sample = history_last_sample(search->history, goroutine);
	struct chosen_samples samples = {0};
	uint64_t ns;

	for (unsigned i = 0; sample && i < MAX_LOOK && sample->time_ns >= wait->start_ns; i++) {
		if (sample->time_ns <= wait->end_ns)
			add_sample(&samples, sample);
		sample = history_sample_before(search->history, sample);
	}
	ns = samples.total * search->period_ns;
	add_samples(search, wait, &samples, ns < left_ns ? ns : left_ns);
}

/* Who had the processors of threads that would have run; of as much time as samples tell what ran. Returns for how much of
 * the wait they are to blame. */
static uint64_t add_takers(struct search *search, const struct wait *wait, uint64_t sampled_ns)
{
	struct piece takers[OFFCPU_MAX_TAKERS];
	size_t count = offcpu_takers(&search->history->offcpu, search->pid, 0, wait->start_ns,
				     wait->end_ns, takers);
	double wait_ns = (double)(wait->end_ns - wait->start_ns), whole_ns = (double)sampled_ns;
	uint64_t taken_ns = 0;

	for (size_t i = 0; i < count; i++)
		whole_ns += (double)takers[i].ns;
	/* Of the rest nothing is known. */
	if (!sampled_ns && whole_ns < wait_ns)
		whole_ns = wait_ns;
	for (size_t i = 0; i < count; i++) {
		struct piece *what = &takers[i];

		what->start_ns = wait->start_ns;
		what->ns = (uint64_t)(wait_ns * (double)what->ns / whole_ns);
		taken_ns += what->ns;
		if (!is_little(what->ns, wait))
			blame_add(search, wait, 0, what);
	}
	/* Times of a damaged recording may be too long for doubles to be exact. */
	return taken_ns < wait->end_ns - wait->start_ns ? taken_ns : wait->end_ns - wait->start_ns;
}

void blame_others(struct search *search, const struct wait *wait, struct hash_key self,
		  bool is_runnable)
{
	uint64_t number = search->history->num_samples;
	const struct history_sample *sample;
	struct chosen_samples samples = {0};
	uint64_t ns = wait->end_ns - wait->start_ns;

	for (unsigned i = 0; i < MAX_LOOK; i++) {
		sample = history_sample_at(search->history, number - i);
		/* Those of different processors are not quite in order. */
		if (!sample || sample->time_ns + search->period_ns < wait->start_ns)
			break;
		if (sample->goroutine.second == self.second &&
		    sample->goroutine.first != self.first && sample->time_ns >= wait->start_ns &&
		    sample->time_ns <= wait->end_ns)
			add_sample(&samples, sample);
	}
	if (is_runnable)
		ns -= add_takers(search, wait, samples.total * search->period_ns);
	add_samples(search, wait, &samples, ns);
}

uint64_t blame_takers(struct search *search, const struct wait *wait, uint64_t goid)
{
	struct piece takers[OFFCPU_MAX_TAKERS];
	size_t count = offcpu_takers(&search->history->offcpu, search->pid, goid, wait->start_ns,
				     wait->end_ns, takers);
	uint64_t taken_ns = 0;

	for (size_t i = 0; i < count; i++) {
		taken_ns += takers[i].ns;
		takers[i].start_ns = wait->start_ns;
		if (!is_little(takers[i].ns, wait))
			blame_add(search, wait, goid, &takers[i]);
	}
	return taken_ns;
}

void blame_late(struct search *search, const struct wait *wait)
{
	struct piece what;

	if (!search->history->is_rough &&
	    offcpu_late(&search->history->offcpu, search->pid, wait->start_ns, wait->end_ns,
			&what) &&
	    !is_little(what.ns, wait))
		blame_add(search, wait, 0, &what);
}
