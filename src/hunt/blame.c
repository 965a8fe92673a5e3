/* SPDX-License-Identifier: MIT */
#include "hunt/blame.h"

#include <stdlib.h>

#include "base/array.h"
#include "hunt/meanwhile.h"

/* Kinds of what one goroutine did meanwhile that are asked about further: those of the most time. */
#define MAX_MEANWHILE 8
/* Samples that are looked through for one time, and those of them that what ran is told by. */
#define MAX_LOOK    4096
#define MAX_SAMPLES 32

struct search {
	const struct history *history;
	struct blames *blames;
	uint64_t period_ns;
	uint32_t pid;
	bool is_full; /* out of memory */
};

/* A time that somebody waited. */
struct wait {
	uint32_t parent, piece;
	uint64_t start_ns, end_ns;
	unsigned depth;
};

static struct blame *add(struct search *search, const struct wait *wait, uint64_t goid,
			 const struct piece *what)
{
	struct blames *blames = search->blames;

	if (blames->count == BLAME_MAX)
		return NULL;
	if (!array_reserve(&blames->items, &blames->capacity, blames->count + 1,
			   sizeof(*blames->items))) {
		search->is_full = true;
		return NULL;
	}
	blames->items[blames->count] = (struct blame){
		.parent = wait->parent, .piece = wait->piece, .goid = goid, .what = *what};
	return &blames->items[blames->count++];
}

static uint64_t overlap(uint64_t start_ns, uint64_t end_ns, const struct wait *wait)
{
	uint64_t from = start_ns > wait->start_ns ? start_ns : wait->start_ns;
	uint64_t to = end_ns < wait->end_ns ? end_ns : wait->end_ns;

	return from < to ? to - from : 0;
}

/* What is too short to explain it. */
static bool is_little(uint64_t ns, const struct wait *wait)
{
	return ns < (wait->end_ns - wait->start_ns) / 50;
}

/* ---- samples ---- */

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
			add(search, wait, sample->goroutine.first, &what);
	}
}

/* What it ran on in the time that is left of the wait. */
static void add_running(struct search *search, const struct wait *wait, struct hash_key goroutine,
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
	size_t count = offcpu_takers(&search->history->offcpu, search->pid, wait->start_ns,
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
			add(search, wait, 0, what);
	}
	/* Times of a damaged recording may be too long for doubles to be exact. */
	return taken_ns < wait->end_ns - wait->start_ns ? taken_ns : wait->end_ns - wait->start_ns;
}

/*
 * Who ran while the goroutine could not, and who had the processors of threads that would have: each for as much of that
 * time as it is of what both come to, since each of the program's Ps (src/runtime/proc.go) does one or the other.
 */
static void add_others(struct search *search, const struct wait *wait, struct hash_key self,
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

/* ---- waits ---- */

static void ask(struct search *search, const struct wait *wait, uint64_t goid);

/* Who ended it, and what that one did until then. */
static void ask_further(struct search *search, const struct wait *wait,
			const struct meanwhile_stretch *other, uint32_t blame)
{
	const struct piece *what = &other->last->piece;
	const struct wait next = {
		.parent = blame,
		.piece = wait->piece,
		.start_ns = other->start_ns > wait->start_ns ? other->start_ns : wait->start_ns,
		.end_ns = what->start_ns + what->ns,
		.depth = wait->depth + 1,
	};

	/* Who did something to it before is not to blame. */
	if ((what->kind == PIECE_WAIT || what->kind == PIECE_STOPPED) && what->by_goid &&
	    next.end_ns > next.start_ns && next.end_ns <= wait->end_ns)
		ask(search, &next, what->by_goid);
}

/* Who ended the longest of them is asked further. */
static void add_waits(struct search *search, const struct wait *wait,
		      const struct meanwhile_kind *kind)
{
	const struct history_wait *longest = kind->longest.last;
	struct piece what = longest->piece;
	struct blame *blame;

	if (kind->waited_ns && !is_little(kind->waited_ns, wait)) {
		what.ns = kind->waited_ns;
		what.count = kind->count;
		blame = add(search, wait, longest->goroutine.first, &what);
		if (!blame)
			return;
		blame->is_in_target = longest->is_in_target;
		ask_further(search, wait, &kind->longest,
			    (uint32_t)(blame - search->blames->items));
	}
	what = (struct piece){.start_ns = longest->piece.start_ns + longest->piece.ns,
			      .ns = kind->runnable_ns,
			      .kind = PIECE_RUNNABLE,
			      .stack = longest->piece.stack,
			      .count = kind->count};
	if (what.ns && !is_little(what.ns, wait))
		add(search, wait, longest->goroutine.first, &what);
}

/* What this goroutine did in the time of the wait. */
static void ask(struct search *search, const struct wait *wait, uint64_t goid)
{
	struct hash_key goroutine = {.first = goid, .second = search->pid};
	const struct history_wait *other = history_last_wait(search->history, goroutine);
	uint64_t left_ns = wait->end_ns - wait->start_ns;
	struct meanwhile meanwhile = {0};

	if (wait->depth >= BLAME_MAX_DEPTH || search->is_full)
		return;
	for (unsigned i = 0; other && i < MAX_LOOK && other->end_ns > wait->start_ns; i++) {
		uint64_t ready_ns = other->piece.start_ns + other->piece.ns;
		uint64_t waited_ns = overlap(other->piece.start_ns, ready_ns, wait);
		uint64_t runnable_ns = overlap(ready_ns, other->end_ns, wait);
		uint64_t ns = waited_ns + runnable_ns;

		if (ns)
			meanwhile_add(&meanwhile, other, waited_ns, runnable_ns);
		left_ns -= ns < left_ns ? ns : left_ns;
		other = history_wait_before(search->history, other);
	}
	meanwhile_sort(&meanwhile);
	for (size_t i = 0; i < meanwhile.count && i < MAX_MEANWHILE; i++)
		add_waits(search, wait, &meanwhile.kinds[i]);
	add_running(search, wait, goroutine, left_ns);
}

/* ---- a call ---- */

static bool is_of_interest(const struct piece *piece)
{
	if (piece->ns < BLAME_MIN_NS)
		return false;
	return ((piece->kind == PIECE_WAIT || piece->kind == PIECE_STOPPED) && piece->by_goid) ||
	       piece->kind == PIECE_RUNNABLE ||
	       (piece->kind == PIECE_NO_CPU && piece->flags & PIECE_BY_OWN);
}

static size_t choose(const struct pieces *pieces, uint32_t chosen[BLAME_MAX_WAITS])
{
	const struct piece *items = pieces->items;
	size_t count = 0;

	for (size_t i = 0; i < pieces->count; i++) {
		size_t at = count;

		if (!is_of_interest(&items[i]))
			continue;
		if (at == BLAME_MAX_WAITS && items[chosen[--at]].ns >= items[i].ns)
			continue;
		count = at + 1;
		for (; at && items[chosen[at - 1]].ns < items[i].ns; at--)
			chosen[at] = chosen[at - 1];
		chosen[at] = (uint32_t)i;
	}
	return count;
}

bool blame_find(const struct history *history, struct hash_key call, const struct pieces *pieces,
		uint64_t period_ns, struct blames *blames)
{
	struct search search = {.history = history,
				.blames = blames,
				.period_ns = period_ns,
				.pid = (uint32_t)call.second};
	uint32_t chosen[BLAME_MAX_WAITS];
	size_t count = pieces->is_folded ? 0 : choose(pieces, chosen);

	for (size_t i = 0; i < count; i++) {
		const struct piece *piece = &pieces->items[chosen[i]];
		const struct wait wait = {.parent = BLAME_TOP,
					  .piece = chosen[i],
					  .start_ns = piece->start_ns,
					  .end_ns = piece->start_ns + piece->ns};

		if (piece->kind == PIECE_WAIT || piece->kind == PIECE_STOPPED)
			ask(&search, &wait, piece->by_goid);
		else
			add_others(&search, &wait, call, piece->kind == PIECE_RUNNABLE);
	}
	return !search.is_full;
}

bool blame_find_started(const struct history *history, struct hash_key call,
			const struct starts *starts, uint64_t end_ns, uint64_t period_ns,
			struct blames *blames)
{
	struct search search = {.history = history,
				.blames = blames,
				.period_ns = period_ns,
				.pid = (uint32_t)call.second};

	for (uint32_t i = 0; i < starts->count && !search.is_full; i++) {
		const struct wait wait = {.parent = BLAME_TOP,
					  .piece = BLAME_STARTED | i,
					  .start_ns = starts->items[i].time_ns,
					  .end_ns = end_ns};

		if (end_ns > wait.start_ns)
			ask(&search, &wait, starts->items[i].goid);
	}
	return !search.is_full;
}

void blame_follow(struct blames *blames, const struct pieces *before, const struct pieces *folded)
{
	for (size_t i = 0; i < blames->count; i++) {
		const struct piece *piece;
		uint32_t at = 0;

		if (blames->items[i].piece & BLAME_STARTED)
			continue;
		piece = &before->items[blames->items[i].piece];
		while (at + 1 < folded->count && !piece_is_alike(piece, &folded->items[at]))
			at++;
		blames->items[i].piece = at;
	}
}

void blames_clear(struct blames *blames)
{
	free(blames->items);
	*blames = (struct blames){0};
}
