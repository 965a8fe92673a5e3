/* SPDX-License-Identifier: MIT */
/* groups.c - times of calls that are told as one, with their sums in slow calls and in fast ones. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "hunt/analysis.h"

/* What happens to a goroutine wherever it is: told as one, whatever it did then. */
static bool is_anywhere(enum hunt_kind kind)
{
	return kind == HUNT_GC || kind == HUNT_RUNNABLE || kind == HUNT_NO_CPU ||
	       kind == HUNT_SHORT_WAITS || kind == HUNT_TRACER || kind == HUNT_UNKNOWN;
}

static uint32_t number_of(const struct name *name)
{
	return name ? name->number : 0;
}

static bool is_running(enum hunt_kind kind)
{
	return kind == HUNT_CPU || kind == HUNT_C_CODE;
}

struct hash_key group_key(struct sites *sites, const struct piece *piece)
{
	const struct stack_site *site =
		sites_find(sites, piece->stack, piece->flags & PIECE_SAMPLED);
	enum hunt_kind kind = sites_kind(sites, piece, site);
	uint32_t detail = (uint32_t)sites_detail(kind, piece, site) & 0xffffff;
	struct hash_key key = {.second = (uint64_t)kind << 56 | (uint64_t)detail << 32};

	if (is_anywhere(kind))
		return key;
	key.first = (uint64_t)number_of(site->own.function ?: site->own.module) << 32;
	/* Code that runs does so on many lines, but for what it calls, which is much on one line. */
	if (is_running(kind))
		key.first |= site->callee != NULL;
	else
		key.first |= number_of(site->callee);
	if (!is_running(kind) || site->callee)
		key.second |= site->own.line;
	return key;
}

bool group_is_same_matter(struct sites *sites, const struct piece *a, const struct piece *b)
{
	struct hash_key one = group_key(sites, a), other = group_key(sites, b);

	return one.first == other.first && one.second >> 32 == other.second >> 32;
}

static struct time_group *find_group(struct analysis *analysis, const struct piece *piece)
{
	struct hash_key key = group_key(analysis->sites, piece);
	struct time_group *group = hash_find(&analysis->by_key, key);

	if (group)
		return group;
	if (!array_reserve(&analysis->groups, &analysis->groups_capacity, analysis->num_groups + 1,
			   sizeof(struct time_group *)))
		return NULL;
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->key = key;
	if (!hash_add(&analysis->by_key, &group->key)) {
		free(group);
		return NULL;
	}
	group->index = analysis->num_groups;
	analysis->groups[analysis->num_groups++] = group;
	return group;
}

static void add_part(struct sites *sites, struct time_group *group, const struct piece *piece,
		     double ns)
{
	struct group_part part = {};
	size_t at = 0;

	if (piece->kind == PIECE_NO_CPU) {
		part.by = piece->flags & PIECE_BY;
		memcpy(part.by_comm, piece->by_comm, sizeof(part.by_comm));
	} else {
		part.callee = sites_find(sites, piece->stack, piece->flags & PIECE_SAMPLED)->callee;
	}
	while (at < group->num_parts &&
	       !(group->parts[at].callee == part.callee && group->parts[at].by == part.by &&
		 memcmp(group->parts[at].by_comm, part.by_comm, sizeof(part.by_comm)) == 0))
		at++;
	if (at == GROUP_MAX_PARTS)
		return;
	if (at == group->num_parts)
		group->parts[group->num_parts++] = part;
	group->parts[at].ns += ns;
}

static void add_place(struct sites *sites, struct time_group *group, const struct piece *piece,
		      double ns)
{
	const struct place *own =
		&sites_find(sites, piece->stack, piece->flags & PIECE_SAMPLED)->own;
	struct group_place *place = group->places;
	size_t at = 0;

	while (at < group->num_places &&
	       !(place[at].function == own->function && place[at].line == own->line))
		at++;
	if (at == GROUP_MAX_PLACES)
		return;
	if (at == group->num_places)
		place[group->num_places++] =
			(struct group_place){.function = own->function, .line = own->line};
	place[at].ns += ns;
	if (ns > place[at].piece_ns) {
		place[at].piece_ns = ns;
		place[at].piece = *piece;
	}
}

const struct piece *group_piece(const struct time_group *group)
{
	const struct group_place *best = group->places;

	for (size_t i = 1; i < group->num_places; i++)
		if (group->places[i].ns > best->ns)
			best = &group->places[i];
	return &best->piece;
}

/* Fewer samples do not stand for calls that have none. */
#define ENOUGH_SAMPLES 5

static bool is_of_samples(const struct piece *piece)
{
	return piece->flags & PIECE_SAMPLED &&
	       (piece->kind == PIECE_CPU || piece->kind == PIECE_TRACER);
}

bool piece_is_without_sample(const struct piece *piece)
{
	return piece->kind == PIECE_CPU && !piece->stack && !(piece->flags & PIECE_SAMPLED);
}

/* How much more time than their own the samples of these calls stand for; 1: no more. */
static double find_scale(const struct looked_at *calls, size_t count)
{
	double sampled_ns = 0, other_ns = 0;
	uint64_t samples = 0;

	for (size_t i = 0; i < count; i++) {
		const struct pieces *pieces = &calls[i].call->pieces;

		for (size_t j = 0; j < pieces->count; j++) {
			const struct piece *piece = &pieces->items[j];
			double ns = (double)piece->ns * calls[i].weight;

			if (is_of_samples(piece)) {
				sampled_ns += ns;
				samples += piece->count;
			} else if (piece_is_without_sample(piece)) {
				other_ns += ns;
			}
		}
	}
	return samples < ENOUGH_SAMPLES ? 1 : 1 + other_ns / sampled_ns;
}

double analysis_scaled(const struct piece *piece, double scale)
{
	if (is_of_samples(piece))
		return scale;
	return scale > 1 && piece_is_without_sample(piece) ? 0 : 1;
}

/* False: out of memory. */
static bool add_piece(struct analysis *analysis, const struct piece *piece, double weight,
		      bool is_slow)
{
	double scale =
		analysis_scaled(piece, is_slow ? analysis->slow_scale : analysis->fast_scale);
	double ns = (double)piece->ns * weight * scale;
	struct time_group *group;

	if (!scale)
		return true;
	group = find_group(analysis, piece);
	if (!group)
		return false;
	if (!is_slow) {
		group->fast_ns += ns;
		return true;
	}
	group->slow_ns += ns;
	group->count += (double)piece->count * weight;
	add_part(analysis->sites, group, piece, ns);
	add_place(analysis->sites, group, piece, ns);
	return true;
}

static bool sum_up_call(struct analysis *analysis, const struct looked_at *one, bool is_slow)
{
	const struct pieces *pieces = &one->call->pieces;

	for (size_t i = 0; i < pieces->count; i++) {
		struct piece parts[2];
		size_t count = sites_divide(analysis->sites, &pieces->items[i], parts);

		for (size_t j = 0; j < count; j++)
			if (!add_piece(analysis, &parts[j], one->weight, is_slow))
				return false;
	}
	return true;
}

bool analysis_sum_up(struct analysis *analysis)
{
	analysis->slow_scale = find_scale(analysis->slow, analysis->num_slow);
	analysis->fast_scale = find_scale(analysis->fast, analysis->num_fast);
	for (size_t i = 0; i < analysis->num_slow; i++) {
		if (!sum_up_call(analysis, &analysis->slow[i], true))
			return false;
		analysis->slow_weight += analysis->slow[i].weight;
	}
	for (size_t i = 0; i < analysis->num_fast; i++) {
		if (!sum_up_call(analysis, &analysis->fast[i], false))
			return false;
		analysis->fast_weight += analysis->fast[i].weight;
	}
	return true;
}

void analysis_clear(struct analysis *analysis)
{
	for (size_t i = 0; i < analysis->num_groups; i++)
		free(analysis->groups[i]);
	free(analysis->groups);
	hash_clear(&analysis->by_key);
	free(analysis->slow);
	free(analysis->fast);
}
