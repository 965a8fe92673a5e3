/* SPDX-License-Identifier: MIT */
#include "hunt/span.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static bool is_sample(const struct piece *item)
{
	return item->kind == PIECE_CPU || item->kind == PIECE_TRACER;
}

static bool is_in_syscall(const struct piece *item)
{
	return item->flags & PIECE_IN_SYSCALL;
}

/* Half of the samples stand for all of them; times without a processor are added to each other. */
static void thin_out(struct span *span)
{
	struct piece *last[2] = {0}; /* since the last sample; in system calls, and else */
	size_t kept = 0;
	bool skips = false;

	for (size_t i = 0; i < span->count; i++) {
		struct piece *item = &span->items[i];
		struct piece **same = &last[!is_in_syscall(item)];

		if (is_sample(item)) {
			skips = !skips;
			if (!skips)
				continue;
			last[0] = last[1] = NULL;
		} else if (*same) {
			(*same)->ns += item->ns;
			(*same)->count += item->count;
			continue;
		} else {
			*same = &span->items[kept];
		}
		span->items[kept++] = *item;
	}
	span->count = kept;
	span->thinned++;
}

bool span_add(struct span *span, const struct piece *item)
{
	if (span->count == SPAN_MAX_ITEMS)
		thin_out(span);
	if (!array_reserve(&span->items, &span->capacity, span->count + 1, sizeof(*span->items)))
		return false;
	span->items[span->count++] = *item;
	return true;
}

/* ---- its end ---- */

/* How the time of a span divides. */
struct division {
	uint64_t waiting_ns, syscall_ns, runnable_ns;
	uint64_t unseen_ns;
	uint64_t cpu_ns; /* for all samples */
	size_t num_samples;
};

static uint64_t take(uint64_t *left, uint64_t ns)
{
	uint64_t taken = ns < *left ? ns : *left;

	*left -= taken;
	return taken;
}

/* Of a stretch that has no sample, from one to the next or to an end. */
static uint64_t unseen_in(const struct span *span, uint64_t period_ns, uint64_t stretch_ns)
{
	uint64_t short_ns = span->waiting_ns + span->syscall_ns + span->runnable_ns;
	uint64_t most = (span->is_doubtful ? SPAN_DOUBTFUL_PERIODS : SPAN_LOST_PERIODS) * period_ns;

	if (most < SPAN_LOST_NS && !span->is_doubtful)
		most = SPAN_LOST_NS;
	if (!period_ns || stretch_ns <= short_ns)
		return 0;
	if (span->thinned >= 20 || stretch_ns - short_ns <= most << span->thinned)
		return 0;
	return stretch_ns - short_ns;
}

/* `total_ns`: of the span. Items are made to fit in it. */
static struct division divide(struct span *span, uint64_t end_ns, uint64_t period_ns)
{
	uint64_t left = end_ns - span->start_ns, since_ns = span->start_ns, idle_ns = 0;
	struct division result = {0};

	for (size_t i = 0; i < span->count; i++) {
		struct piece *item = &span->items[i];

		if (is_in_syscall(item))
			item->ns = take(&span->syscall_ns, item->ns);
		if (!is_sample(item)) {
			item->ns = take(&left, item->ns);
			idle_ns += item->ns;
			continue;
		}
		result.num_samples++;
		if (item->start_ns > since_ns + idle_ns)
			result.unseen_ns +=
				unseen_in(span, period_ns, item->start_ns - since_ns - idle_ns);
		since_ns = item->start_ns;
		idle_ns = 0;
	}
	if (end_ns > since_ns + idle_ns)
		result.unseen_ns += unseen_in(span, period_ns, end_ns - since_ns - idle_ns);
	result.waiting_ns = take(&left, span->waiting_ns);
	result.syscall_ns = take(&left, span->syscall_ns);
	result.runnable_ns = take(&left, span->runnable_ns);
	result.unseen_ns = take(&left, result.unseen_ns);
	if (span->is_doubtful && !result.num_samples)
		result.unseen_ns += take(&left, left);
	result.cpu_ns = left;
	return result;
}

/* Samples get their shares of the time; its remainder is the last one's. */
static bool add_items(struct span *span, const struct division *division, struct pieces *pieces)
{
	uint64_t left = division->cpu_ns;
	size_t samples = division->num_samples;
	bool is_full = true;

	for (size_t i = 0; i < span->count && is_full; i++) {
		struct piece item = span->items[i];

		item.flags &= ~PIECE_IN_SYSCALL;
		if (is_sample(&item))
			item.ns = take(&left, left / samples--);
		is_full = pieces_add(pieces, &item);
	}
	return is_full && pieces_add(pieces, &(struct piece){.start_ns = span->start_ns,
							     .ns = left,
							     .kind = PIECE_CPU,
							     .count = 1});
}

static bool add_sum(const struct span *span, enum piece_kind kind, uint64_t ns,
		    struct pieces *pieces)
{
	const struct piece piece = {
		.start_ns = span->start_ns,
		.ns = ns,
		.kind = kind,
		.flags = kind == PIECE_SYSCALL || kind == PIECE_SHORT ? PIECE_IS_SHORT : 0,
		.detail = kind == PIECE_SYSCALL ? -1 : 0,
		.count = span->num_short > UINT32_MAX ? UINT32_MAX : (uint32_t)span->num_short,
	};

	return pieces_add(pieces, &piece);
}

/* Items that begin before; those behind are as many as there are more. */
static size_t count_before(const struct span *span, uint64_t end_ns)
{
	size_t count = span->count;

	while (count && span->items[count - 1].start_ns >= end_ns)
		count--;
	return count;
}

static void drop_first(struct span *span, size_t count)
{
	span->count -= count;
	if (span->count)
		memmove(span->items, span->items + count, span->count * sizeof(*span->items));
	else
		span->thinned = 0;
}

bool span_end(struct span *span, uint64_t end_ns, uint64_t period_ns, struct pieces *pieces)
{
	size_t count = count_before(span, end_ns), all = span->count;
	bool is_full = true;

	span->count = count;
	if (end_ns > span->start_ns) {
		struct division division = divide(span, end_ns, period_ns);

		is_full = add_items(span, &division, pieces) &&
			  add_sum(span, PIECE_SHORT, division.waiting_ns, pieces) &&
			  add_sum(span, PIECE_SYSCALL, division.syscall_ns, pieces) &&
			  add_sum(span, PIECE_RUNNABLE, division.runnable_ns, pieces) &&
			  add_sum(span, PIECE_UNSEEN, division.unseen_ns, pieces);
		span->start_ns = end_ns;
	}
	span->count = all;
	drop_first(span, count);
	span->waiting_ns = span->syscall_ns = span->runnable_ns = span->num_short = 0;
	return is_full;
}

/* From *at to until_ns the call went on. */
static bool add_part(struct piece *rest, uint64_t *at, uint64_t until_ns, struct pieces *pieces)
{
	struct piece part = *rest;

	part.start_ns = *at;
	part.ns = until_ns - *at;
	part.asleep_ns = take(&rest->asleep_ns, part.ns);
	*at = until_ns;
	if (part.ns)
		rest->count = 0; /* it is one call */
	return pieces_add(pieces, &part);
}

bool span_add_syscall(const struct span *span, const struct piece *call, struct pieces *pieces)
{
	uint64_t at = call->start_ns, end_ns = call->start_ns + call->ns;
	struct piece rest = *call;

	for (size_t i = 0; i < span->count; i++) {
		struct piece off = span->items[i];

		if (!is_in_syscall(&off) || off.start_ns < at || off.start_ns >= end_ns)
			continue;
		if (off.ns > end_ns - off.start_ns)
			off.ns = end_ns - off.start_ns;
		off.stack = call->stack;
		off.flags &= ~PIECE_IN_SYSCALL;
		if (!add_part(&rest, &at, off.start_ns, pieces) || !pieces_add(pieces, &off))
			return false;
		at += off.ns;
	}
	return add_part(&rest, &at, end_ns, pieces);
}

void span_skip(struct span *span, uint64_t until_ns)
{
	drop_first(span, count_before(span, until_ns));
	span->start_ns = until_ns;
}

void span_clear(struct span *span)
{
	free(span->items);
	*span = (struct span){0};
}
