/* SPDX-License-Identifier: MIT */
#include "recording/kept_blocks.h"

#include <stdlib.h>
#include <string.h>

static void append(struct kept_list *list, struct kept_block *block)
{
	if (list->last)
		list->last->next = block;
	else
		list->first = block;
	list->last = block;
}

static void drop_first(struct kept_list *list)
{
	struct kept_block *block = list->first;

	list->first = block->next;
	if (!list->first)
		list->last = NULL;
	free(block);
}

static bool is_too_old(const struct kept_blocks *kept, const struct kept_block *block)
{
	const struct keep_limits *limits = &kept->limits;
	/* What is in a block was there before the next one. */
	uint64_t end_ns = block->next->header.time_ns;

	return (limits->bytes && kept->record_bytes > limits->bytes) ||
	       (limits->ns && kept->newest_ns > end_ns && kept->newest_ns - end_ns > limits->ns);
}

/* The newest stays, whatever it is. */
static void forget(struct kept_blocks *kept)
{
	struct kept_list *records = &kept->lists[KEPT_RECORDS];
	struct kept_list *newest = &kept->lists[KEPT_NEWEST];

	while (records->first != records->last && is_too_old(kept, records->first)) {
		kept->record_bytes -= records->first->header.stored_size;
		kept->has_forgotten = true;
		drop_first(records);
	}
	while (newest->first != newest->last &&
	       newest->first->next->number < records->first->number)
		drop_first(newest);
}

static enum kept_list_kind list_of(uint32_t kind)
{
	switch (kind) {
	case BLOCK_RECORDS:
		return KEPT_RECORDS;
	case BLOCK_NEWEST:
		return KEPT_NEWEST;
	default:
		return KEPT_OTHERS;
	}
}

bool kept_blocks_add(struct kept_blocks *kept, const struct block_header *header,
		     const void *stored)
{
	struct kept_block *block = malloc(sizeof(*block) + header->stored_size);

	if (!block)
		return false;
	*block = (struct kept_block){.number = kept->count++, .header = *header};
	memcpy(block->stored, stored, header->stored_size);
	append(&kept->lists[list_of(header->kind)], block);
	if (header->kind != BLOCK_RECORDS)
		return true;
	kept->record_bytes += header->stored_size;
	if (header->time_ns > kept->newest_ns)
		kept->newest_ns = header->time_ns;
	forget(kept);
	return true;
}

struct kept_walk kept_blocks_walk(const struct kept_blocks *kept)
{
	struct kept_walk walk;

	for (size_t i = 0; i < KEPT_NUM_LISTS; i++)
		walk.next[i] = kept->lists[i].first;
	return walk;
}

static bool is_before(const struct kept_block *one, const struct kept_block *other)
{
	return one && (!other || one->number < other->number);
}

const struct kept_block *kept_walk_next(struct kept_walk *walk)
{
	const struct kept_block **next = walk->next, *block;

	for (size_t i = 1; i < KEPT_NUM_LISTS; i++)
		if (is_before(walk->next[i], *next))
			next = &walk->next[i];
	block = *next;
	if (block)
		*next = block->next;
	return block;
}

void kept_blocks_clear(struct kept_blocks *kept)
{
	for (size_t i = 0; i < KEPT_NUM_LISTS; i++)
		while (kept->lists[i].first)
			drop_first(&kept->lists[i]);
	kept->record_bytes = 0;
}
