/* SPDX-License-Identifier: MIT */
/*
 * causes.c - what slow calls spend more time on than the faster half, the largest first. Where there is
 * no faster half to compare with, what they spend their time on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "hunt/analysis.h"

/* Causes that make less of the difference are not told. */
#define LEAST_SHARE 0.005

/* ---- doings ---- */

static struct hunt_taker taker_of(uint8_t by, const char by_comm[PIECE_COMM_SIZE])
{
	struct hunt_taker taker = {
		.is_own_process = by & PIECE_BY_OWN,
		.is_idle = by & PIECE_BY_NOBODY,
		.is_quota = by & PIECE_BY_QUOTA,
	};
	_cleanup_free_ char *safe = NULL;

	if (by & PIECE_BY)
		return taker;
	safe = text_escape(by_comm, strnlen(by_comm, PIECE_COMM_SIZE));
	if (safe)
		snprintf(taker.process, sizeof(taker.process), "%s", safe);
	return taker;
}

/* Those that are looked at: what else is called says less than the kind does. */
static bool has_parts(enum hunt_kind kind)
{
	return kind == HUNT_CPU || kind == HUNT_C_CODE || kind == HUNT_NO_CPU;
}

/* All of it is alike. */
static void tell_part(const struct piece *piece, struct hunt_doing *doing)
{
	if (!has_parts(doing->kind) || (doing->kind != HUNT_NO_CPU && !doing->callee))
		return;
	doing->num_parts = 1;
	doing->parts[0].share = 1;
	if (doing->kind == HUNT_NO_CPU)
		doing->parts[0].taker = taker_of(piece->flags, piece->by_comm);
	else
		doing->parts[0].callee = doing->callee;
}

bool doing_fill(struct sites *sites, const struct piece *piece, bool with_frames,
		struct hunt_doing *doing)
{
	bool is_sampled = piece->flags & PIECE_SAMPLED;
	const struct stack_site *site = sites_find(sites, piece->stack, is_sampled);
	size_t size;

	*doing = (struct hunt_doing){
		.kind = sites_kind(sites, piece, site),
		.own = site->own,
		.callee = site->callee,
	};
	doing->kind_name =
		sites_kind_name(sites, doing->kind, sites_detail(doing->kind, piece, site));
	if (doing->kind == HUNT_C_ASLEEP && piece->detail >= 0)
		doing->slept_in = names_syscall(sites->names, piece->detail);
	tell_part(piece, doing);
	if (!with_frames)
		return true;
	doing->num_frames = sites_frames(sites, piece->stack, is_sampled);
	size = doing->num_frames * sizeof(*doing->frames);
	doing->frames = malloc(size ? size : 1);
	if (!doing->frames) {
		doing->num_frames = 0;
		return false;
	}
	memcpy(doing->frames, sites->frames, size);
	return true;
}

void doing_clear(struct hunt_doing *doing)
{
	free(doing->objects);
	free(doing->frames);
	doings_free(doing->meanwhile, doing->num_meanwhile);
}

void doings_free(struct hunt_doing *doings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		doing_clear(&doings[i]);
	free(doings);
}

/* ---- ranking ---- */

static double mean(double sum, double weight)
{
	return weight > 0 ? sum / weight : 0;
}

static double excess_of(const struct analysis *analysis, const struct time_group *group)
{
	return mean(group->slow_ns, analysis->slow_weight) -
	       mean(group->fast_ns, analysis->fast_weight);
}

struct ranked {
	struct time_group *group;
	double excess_ns;
};

static int compare(const void *one, const void *other)
{
	const struct ranked *a = one, *b = other;

	if (a->excess_ns != b->excess_ns)
		return a->excess_ns > b->excess_ns ? -1 : 1;
	return a->group->index < b->group->index ? -1 : 1;
}

/* Of those that are more in slow calls, the largest first. */
static struct ranked *rank(const struct analysis *analysis, size_t *count, double *total_ns)
{
	struct ranked *ranked = calloc(analysis->num_groups + 1, sizeof(*ranked));

	*count = 0;
	*total_ns = 0;
	for (size_t i = 0; ranked && i < analysis->num_groups; i++) {
		double excess_ns = excess_of(analysis, analysis->groups[i]);

		if (excess_ns < 1)
			continue;
		*total_ns += excess_ns;
		ranked[(*count)++] = (struct ranked){analysis->groups[i], excess_ns};
	}
	if (ranked)
		qsort(ranked, *count, sizeof(*ranked), compare);
	return ranked;
}

/* ---- what it consists of ---- */

static int compare_parts(const void *one, const void *other)
{
	const struct group_part *a = one, *b = other;

	return a->ns > b->ns ? -1 : a->ns < b->ns;
}

static void tell_parts(struct time_group *group, struct hunt_doing *doing)
{
	if (!doing->num_parts)
		return;
	doing->num_parts = group->num_parts < HUNT_MAX_PARTS ? group->num_parts : HUNT_MAX_PARTS;
	qsort(group->parts, group->num_parts, sizeof(*group->parts), compare_parts);
	for (size_t i = 0; i < doing->num_parts; i++) {
		const struct group_part *part = &group->parts[i];

		doing->parts[i] = (struct hunt_part){
			.share = part->ns / group->slow_ns,
			.callee = part->callee,
		};
		if (doing->kind == HUNT_NO_CPU)
			doing->parts[i].taker = taker_of(part->by, part->by_comm);
	}
	doing->callee = doing->parts[0].callee ?: doing->callee;
}

/* ---- whose doing ---- */

/* The pieces of the slow calls that are of the group; of one that is divided the part that was a wait. */
static struct guilt_wait *list_waits(const struct analysis *analysis,
				     const struct time_group *group, size_t *count)
{
	struct guilt_wait *waits;
	size_t total = 0;

	for (size_t i = 0; i < analysis->num_slow; i++)
		total += analysis->slow[i].call->pieces.count;
	waits = calloc(total + 1, sizeof(*waits));
	*count = 0;
	for (size_t i = 0; waits && i < analysis->num_slow; i++) {
		const struct looked_at *one = &analysis->slow[i];

		for (uint32_t j = 0; j < one->call->pieces.count; j++) {
			const struct piece *piece = &one->call->pieces.items[j];
			struct piece parts[2];
			struct hash_key key;

			sites_divide(analysis->sites, piece, parts);
			key = group_key(analysis->sites, &parts[0]);
			if (key.first == group->key.first && key.second == group->key.second)
				waits[(*count)++] = (struct guilt_wait){
					one->call, j,
					one->weight * (double)parts[0].ns / (double)piece->ns};
		}
	}
	return waits;
}

static bool find_guilt(const struct analysis *analysis, const struct time_group *group,
		       struct hunt_doing *doing)
{
	size_t count;
	struct guilt_wait *waits = list_waits(analysis, group, &count);
	bool is_full =
		waits && guilt_find(analysis->sites, waits, count, analysis->slow_weight, doing);

	free(waits);
	return is_full;
}

static double quota_share(const struct hunt_doing *doing)
{
	double share = 0;

	for (size_t i = 0; i < doing->num_parts; i++)
		share += doing->parts[i].taker.is_quota ? doing->parts[i].share : 0;
	for (size_t i = 0; i < doing->num_meanwhile && doing->kind != HUNT_NO_CPU; i++)
		share += doing->meanwhile[i].share * quota_share(&doing->meanwhile[i]);
	return share < 1 ? share : 1;
}

static bool tell(const struct analysis *analysis, const struct ranked *ranked, double total_ns,
		 struct hunt_doing *doing)
{
	struct time_group *group = ranked->group;

	if (!doing_fill(analysis->sites, group_piece(group), true, doing))
		return false;
	tell_parts(group, doing);
	doing->lacks_samples = piece_is_without_sample(group_piece(group));
	doing->ns = (uint64_t)ranked->excess_ns;
	doing->share = ranked->excess_ns / total_ns;
	doing->count = (uint64_t)(group->count + 0.5);
	if (!find_guilt(analysis, group, doing))
		return false;
	doing->quota_share = quota_share(doing);
	return true;
}

bool causes_find(struct analysis *analysis, const struct hunt_report_options *options,
		 struct hunt_report *report)
{
	size_t count;
	double total_ns;
	struct ranked *ranked = rank(analysis, &count, &total_ns);
	bool is_full = ranked;

	report->excess_ns = (uint64_t)total_ns;
	if (options->max_causes && count > options->max_causes)
		count = options->max_causes;
	report->causes = calloc(count + 1, sizeof(*report->causes));
	is_full = is_full && report->causes;
	for (size_t i = 0; is_full && i < count; i++) {
		if (!options->max_causes && i && ranked[i].excess_ns < LEAST_SHARE * total_ns)
			break;
		report->num_causes++;
		is_full = tell(analysis, &ranked[i], total_ns, &report->causes[i]);
	}
	free(ranked);
	return is_full;
}
