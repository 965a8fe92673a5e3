/* SPDX-License-Identifier: MIT */
#include "hunt/kept.h"

#include <stdlib.h>
#include <string.h>

bool kept_init(struct kept *kept, size_t most_slowest)
{
	*kept = (struct kept){.most_slowest = most_slowest, .random = 0x9e3779b97f4a7c15ull};
	if (most_slowest)
		kept->slowest = calloc(most_slowest, sizeof(*kept->slowest));
	return kept->slowest || !most_slowest;
}

void kept_call_free(struct kept_call *call)
{
	if (!call)
		return;
	pieces_clear(&call->pieces);
	starts_clear(&call->starts);
	blames_clear(&call->blames);
	free(call);
}

static unsigned class_of(uint64_t ns)
{
	unsigned power = ns < 4 ? 2 : 63 - (unsigned)__builtin_clzll(ns);

	return power * 4 + (unsigned)(ns >> (power - 2) & 3);
}

/* Below `limit`, which is not 0. */
static uint64_t choose(struct kept *kept, uint64_t limit)
{
	kept->random++;
	return hash_mix(kept->random * 0x9e3779b97f4a7c15ull) % limit;
}

static uint64_t duration(const struct kept_call *call)
{
	return call->end_ns - call->start_ns;
}

/* ---- in order ---- */

static struct kept_call *copy_call(const struct kept_call *call)
{
	struct kept_call *copy = malloc(sizeof(*copy));
	size_t size = call->blames.count * sizeof(*call->blames.items);

	if (!copy)
		return NULL;
	*copy = *call;
	copy->starts = (struct starts){0};
	copy->blames.capacity = copy->blames.count;
	copy->blames.items = malloc(size ? size : 1);
	if (!pieces_copy(&call->pieces, &copy->pieces) ||
	    !starts_copy(&call->starts, &copy->starts) || !copy->blames.items) {
		kept_call_free(copy);
		return NULL;
	}
	if (size)
		memcpy(copy->blames.items, call->blames.items, size);
	return copy;
}

static bool is_among_slowest(const struct kept *kept, const struct kept_call *call)
{
	if (kept->num_slowest < kept->most_slowest)
		return true;
	return kept->num_slowest && duration(call) > duration(kept->slowest[kept->num_slowest - 1]);
}

static bool keep_slowest(struct kept *kept, const struct kept_call *call)
{
	struct kept_call *copy = copy_call(call);
	size_t at = kept->num_slowest;

	if (!copy)
		return false;
	if (at == kept->most_slowest)
		kept_call_free(kept->slowest[--at]);
	else
		kept->num_slowest++;
	for (; at && duration(kept->slowest[at - 1]) < duration(call); at--)
		kept->slowest[at] = kept->slowest[at - 1];
	kept->slowest[at] = copy;
	return true;
}

/* ---- by class ---- */

/* What tells the same is told once, in no more memory than it takes. */
static bool shrink(struct kept_call *call)
{
	struct pieces folded, before = call->pieces;

	if (!pieces_copy(&before, &folded))
		return false;
	pieces_fold(&folded);
	blame_follow(&call->blames, &before, &folded);
	if (!pieces_copy(&folded, &call->pieces))
		call->pieces = folded; /* in more memory */
	else
		pieces_clear(&folded);
	pieces_clear(&before);
	return true;
}

/* Which call of the class it takes the place of; KEPT_PER_CLASS: none, it is not kept. */
static size_t choose_place(struct kept *kept, struct kept_class *class)
{
	uint64_t at = class->total++;

	if (at >= KEPT_PER_CLASS)
		at = choose(kept, at + 1);
	return at < KEPT_PER_CLASS ? at : KEPT_PER_CLASS;
}

static void keep_in_class(struct kept_class *class, size_t at, struct kept_call *call)
{
	if (at < class->count)
		kept_call_free(class->calls[at]);
	else
		class->count++;
	class->calls[at] = call;
}

static struct kept_class *find_class(struct kept *kept, const struct kept_call *call)
{
	struct kept_class **class = &kept->classes[class_of(duration(call))];

	if (!*class)
		*class = calloc(1, sizeof(**class));
	return *class;
}

/* As long as there is room for all that were chosen before, the places fill up in order. */
static bool keep(struct kept *kept, struct kept_call *call, bool is_whole,
		 const struct kept_asker *asker)
{
	struct kept_class *class = is_whole ? find_class(kept, call) : NULL;
	size_t at = class ? choose_place(kept, class) : KEPT_PER_CLASS;
	bool is_slow = is_among_slowest(kept, call);
	bool is_full = class || !is_whole;

	if (at > (class ? class->count : 0) && at < KEPT_PER_CLASS)
		at = class->count; /* memory was short before */
	if (at < KEPT_PER_CLASS || is_slow)
		is_full = asker->ask(asker->context, call) && is_full;
	if (is_slow)
		is_full = keep_slowest(kept, call) && is_full;
	if (at < KEPT_PER_CLASS && shrink(call))
		keep_in_class(class, at, call);
	else
		kept_call_free(call);
	return is_full;
}

bool kept_add(struct kept *kept, struct kept_call *call, bool is_whole,
	      const struct kept_asker *asker)
{
	bool is_full = true;

	if (!call->is_open) {
		is_full = histogram_add(&kept->durations, duration(call));
		call->number = kept->durations.count;
	}
	return keep(kept, call, is_whole, asker) && is_full;
}

void kept_destroy(struct kept *kept)
{
	histogram_destroy(&kept->durations);
	for (size_t i = 0; i < KEPT_CLASSES; i++) {
		struct kept_class *class = kept->classes[i];

		for (size_t j = 0; class && j < class->count; j++)
			kept_call_free(class->calls[j]);
		free(class);
	}
	for (size_t i = 0; i < kept->num_slowest; i++)
		kept_call_free(kept->slowest[i]);
	free(kept->slowest);
	*kept = (struct kept){0};
}
