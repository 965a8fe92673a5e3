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
	struct kept_list *records = &kept->records;

	while (records->first != records->last && is_too_old(kept, records->first)) {
		kept->record_bytes -= records->first->header.stored_size;
		kept->has_forgotten = true;
		drop_first(records);
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
	if (header->kind != BLOCK_RECORDS) {
		append(&kept->others, block);
		return true;
	}
	append(&kept->records, block);
	kept->record_bytes += header->stored_size;
	if (header->time_ns > kept->newest_ns)
		kept->newest_ns = header->time_ns;
	forget(kept);
	return true;
}

static const struct kept_block *earlier(const struct kept_block *one,
					const struct kept_block *other)
{
	if (!one || !other)
		return one ?: other;
	return one->number < other->number ? one : other;
}

/* The first that came later; blocks of one list are asked for one after the other. */
static const struct kept_block *first_after(const struct kept_list *list,
					    const struct kept_block *last)
{
	const struct kept_block *block = list->first;

	while (block && last && block->number <= last->number)
		block = block->next;
	return block;
}

const struct kept_block *kept_blocks_next(const struct kept_blocks *kept,
					  const struct kept_block *last)
{
	bool is_of_records = last && last->header.kind == BLOCK_RECORDS;

	if (!last)
		return earlier(kept->records.first, kept->others.first);
	return earlier(last->next,
		       first_after(is_of_records ? &kept->others : &kept->records, last));
}

void kept_blocks_clear(struct kept_blocks *kept)
{
	while (kept->records.first)
		drop_first(&kept->records);
	while (kept->others.first)
		drop_first(&kept->others);
	kept->record_bytes = 0;
}
