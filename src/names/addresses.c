/* SPDX-License-Identifier: MIT */
/* addresses.c - the places of addresses that were asked for; see addresses.h. */
#include "names/addresses.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_CAPACITY 1024
#define LINE_SIZE      64
#define HUGE_PAGE_SIZE (2 << 20)

/* Empty ones. NULL: out of memory. */
static struct address *make_items(size_t capacity)
{
	size_t size = capacity * sizeof(struct address);
	bool is_huge = size >= HUGE_PAGE_SIZE;
	struct address *items = aligned_alloc(is_huge ? HUGE_PAGE_SIZE : LINE_SIZE, size);

	if (!items)
		return NULL;
	/* In small pages each look-up of many would also wait for the page's own address. */
	if (is_huge)
		madvise(items, size, MADV_HUGEPAGE);
	memset(items, 0, size);
	return items;
}

static void put(struct addresses *addresses, const struct address *address)
{
	size_t at = addresses_first(addresses, address->asked, address->role);

	while (addresses->items[at].role)
		at = (at + 1) & (addresses->capacity - 1);
	addresses->items[at] = *address;
}

static bool grow(struct addresses *addresses)
{
	struct addresses grown = *addresses;

	grown.capacity = addresses->capacity ? addresses->capacity * 2 : FIRST_CAPACITY;
	grown.items = make_items(grown.capacity);
	if (!grown.items)
		return false;
	/* Nobody outside knows where the memory is (ASLR). */
	if (!addresses->capacity)
		grown.seed = hash_mix((uintptr_t)grown.items);
	for (size_t i = 0; i < addresses->capacity; i++)
		if (addresses->items[i].role)
			put(&grown, &addresses->items[i]);
	free(addresses->items);
	*addresses = grown;
	return true;
}

bool addresses_add(struct addresses *addresses, const struct address *address)
{
	/* A third stays free, so that most are in the line where they are looked for first. */
	if (addresses->count >= addresses->capacity / 3 * 2 && !grow(addresses))
		return false;
	put(addresses, address);
	addresses->count++;
	return true;
}

void addresses_clear(struct addresses *addresses)
{
	free(addresses->items);
	*addresses = (struct addresses){0};
}
