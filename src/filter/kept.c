/* SPDX-License-Identifier: MIT */
/* kept.c - copies of trees; see kept.h. */
#include "filter/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "filter/copy.h"

static struct hash_key key_of(const struct tree *tree)
{
	return (struct hash_key){.first = tree->number};
}

static bool has_room(const struct keep *keep, size_t bytes)
{
	return bytes <= FILTER_MAX_BYTES - keep->bytes;
}

/* ---- open trees ---- */

struct kept *keep_find(const struct keep *keep, const struct tree *tree)
{
	return hash_find(&keep->open, key_of(tree));
}

struct kept *keep_open(struct keep *keep, const struct tree *tree)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return NULL;
	kept->number = key_of(tree);
	if (hash_add(&keep->open, &kept->number))
		return kept;
	free(kept);
	return NULL;
}

static void miss(struct kept *kept, const struct tree *part)
{
	/* Calls that are open come again in the next part. */
	for (uint32_t i = 0; i < part->num_steps; i++) {
		const struct step *step = &part->steps[i];

		if (step->type == STEP_EXIT)
			kept->dropped += 1 + part->calls[step->index].folded_calls;
	}
	kept->dropped += part->left_out;
	kept->has_gaps = true;
}

static bool add_part(struct keep *keep, struct kept *kept, const struct tree *part, size_t bytes)
{
	struct tree *copy = NULL;

	if (array_reserve(&kept->parts, &kept->capacity, kept->num_parts + 1, sizeof(*kept->parts)))
		copy = tree_copy(part);
	if (!copy)
		return false;
	kept->parts[kept->num_parts++] = copy;
	kept->bytes += bytes;
	keep->bytes += bytes;
	return true;
}

bool keep_part(struct keep *keep, struct kept *kept, const struct tree *part)
{
	size_t bytes = tree_bytes(part);
	bool is_added;

	if (!has_room(keep, bytes)) {
		for (size_t i = 0; i < kept->num_parts; i++)
			miss(kept, kept->parts[i]);
		keep_drop_parts(keep, kept);
	}
	is_added = has_room(keep, bytes) && add_part(keep, kept, part, bytes);
	if (!is_added)
		miss(kept, part);
	return is_added || !has_room(keep, bytes);
}

void keep_drop_parts(struct keep *keep, struct kept *kept)
{
	for (size_t i = 0; i < kept->num_parts; i++)
		tree_free(kept->parts[i]);
	keep->bytes -= kept->bytes;
	kept->num_parts = 0;
	kept->bytes = 0;
}

void keep_close(struct keep *keep, struct kept *kept)
{
	hash_remove(&keep->open, &kept->number);
}

void keep_free(struct keep *keep, struct kept *kept)
{
	if (!kept)
		return;
	keep_drop_parts(keep, kept);
	free(kept->parts);
	free(kept);
}

/* ---- the slowest ---- */

static const struct kept *fastest(const struct keep *keep)
{
	return keep->slowest[keep->num_slowest - 1];
}

bool keep_is_slow(const struct keep *keep, uint64_t most, uint64_t duration_ns)
{
	return keep->num_slowest < most || fastest(keep)->duration_ns < duration_ns;
}

uint64_t keep_make_room(struct keep *keep, uint64_t duration_ns, size_t bytes)
{
	uint64_t count = 0;

	for (; !has_room(keep, bytes) && keep->num_slowest &&
	       fastest(keep)->duration_ns < duration_ns;
	     count++)
		keep_free(keep, keep->slowest[--keep->num_slowest]);
	return count;
}

bool keep_slow(struct keep *keep, uint64_t most, struct kept *kept)
{
	size_t at;

	if (keep->num_slowest == most)
		keep_free(keep, keep->slowest[--keep->num_slowest]);
	if (!array_reserve(&keep->slowest, &keep->capacity, keep->num_slowest + 1,
			   sizeof(*keep->slowest))) {
		keep_free(keep, kept);
		return false;
	}
	at = keep->num_slowest++;
	for (; at && keep->slowest[at - 1]->duration_ns < kept->duration_ns; at--)
		keep->slowest[at] = keep->slowest[at - 1];
	keep->slowest[at] = kept;
	return true;
}

static int compare_numbers(const void *first, const void *second)
{
	const struct kept *const *a = first, *const *b = second;
	uint64_t number = (*a)->parts[0]->number, other = (*b)->parts[0]->number;

	return (number > other) - (number < other);
}

void keep_sort_slowest(struct keep *keep)
{
	if (keep->num_slowest)
		qsort(keep->slowest, keep->num_slowest, sizeof(struct kept *), compare_numbers);
}

void keep_drop_slowest(struct keep *keep)
{
	while (keep->num_slowest)
		keep_free(keep, keep->slowest[--keep->num_slowest]);
}

void keep_destroy(struct keep *keep)
{
	struct kept *kept;

	for (size_t at = 0; (kept = hash_next(&keep->open, &at));)
		keep_free(keep, kept);
	hash_clear(&keep->open);
	keep_drop_slowest(keep);
	free(keep->slowest);
}
