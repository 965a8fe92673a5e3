/* SPDX-License-Identifier: MIT */
#include "goroutines/awaited.h"

#include <string.h>

/* Words of a stack that are looked through: frames of gopark(), goparkunlock() and semacquire1(). */
#define MAX_SLOTS 64
/* Of a sudog. */
#define SUDOG_SIZE 112

struct sudog {
	uint64_t g, elem, waitlink, channel;
};

bool awaited_is_semaphore(const char *reason)
{
	if (!reason || strcmp(reason, "sync.Cond.Wait") == 0)
		return false;
	return strncmp(reason, "sync.", 5) == 0 || strcmp(reason, "semacquire") == 0;
}

static uint64_t word_at(const uint8_t *raw, uint32_t offset)
{
	uint64_t value = 0;

	if (offset <= SUDOG_SIZE - sizeof(value))
		memcpy(&value, raw + offset, sizeof(value));
	return value;
}

static struct sudog parse(const struct gobin_layout *layout, const uint8_t *raw)
{
	return (struct sudog){.g = word_at(raw, 0),
			      .elem = word_at(raw, layout->sudog_elem),
			      .waitlink = word_at(raw, layout->sudog_waitlink),
			      .channel = word_at(raw, layout->sudog_c)};
}

static size_t sudog_size(const struct gobin_layout *layout)
{
	size_t size = layout->sudog_c + sizeof(uint64_t);

	return size < SUDOG_SIZE ? size : SUDOG_SIZE;
}

static bool is_at_semaphore(const struct sudog *sudog, const struct waiter *waiter)
{
	return sudog->g == waiter->g && sudog->elem && !sudog->channel;
}

/* ---- on the stack ---- */

static uint64_t word_of_stack(const struct waiter *waiter, size_t slot)
{
	uint64_t word = 0;

	if (slot < MAX_SLOTS && (slot + 1) * sizeof(word) <= waiter->stack->len)
		memcpy(&word, waiter->stack->bytes + slot * sizeof(word), sizeof(word));
	return word;
}

/* Of the slots with a pointer to somewhere else than the stack, that with the entry. */
static uint64_t find_on_stack(const struct memory *memory, const struct gobin_layout *layout,
			      const struct waiter *waiter, size_t first, size_t end, size_t *slot)
{
	uint8_t raw[MAX_SLOTS][SUDOG_SIZE];
	struct memory_piece pieces[MAX_SLOTS];
	size_t slots[MAX_SLOTS], count = 0;

	for (size_t i = first; i < end; i++) {
		uint64_t word = word_of_stack(waiter, i);

		if (word < 4096 || word % 8 || (word >= waiter->lo && word < waiter->hi))
			continue;
		slots[count] = i;
		pieces[count] = (struct memory_piece){
			.at = word, .to = raw[count], .len = sudog_size(layout)};
		count++;
	}
	if (!memory_read_all(memory, pieces, count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct sudog sudog = parse(layout, raw[i]);

		if (!pieces[i].is_read || !is_at_semaphore(&sudog, waiter))
			continue;
		*slot = slots[i];
		return sudog.elem;
	}
	return 0;
}

static uint64_t find_semaphore(const struct memory *memory, const struct gobin_layout *layout,
			       const struct waiter *waiter, size_t *slot)
{
	uint64_t address = 0;

	if (!waiter->stack)
		return 0;
	if (*slot)
		address = find_on_stack(memory, layout, waiter, *slot, *slot + 1, slot);
	return address ?: find_on_stack(memory, layout, waiter, 0, MAX_SLOTS, slot);
}

/* ---- by g.waiting ---- */

static struct awaited read_waiting(const struct memory *memory, const struct gobin_layout *layout,
				   const struct waiter *waiter)
{
	uint8_t raw[SUDOG_SIZE] = {0};
	struct sudog sudog;

	if (!memory_read(memory, waiter->waiting, raw, sudog_size(layout)))
		return (struct awaited){0};
	sudog = parse(layout, raw);
	if (waiter->is_at_semaphore && is_at_semaphore(&sudog, waiter))
		return (struct awaited){sudog.elem, AWAITED_SEMAPHORE};
	if (!waiter->is_at_semaphore && sudog.g == waiter->g && sudog.channel && !sudog.waitlink)
		return (struct awaited){sudog.channel, AWAITED_CHANNEL};
	return (struct awaited){0};
}

struct awaited awaited_read(const struct memory *memory, const struct gobin_layout *layout,
			    const struct waiter *waiter, size_t *slot)
{
	uint64_t address;

	if (waiter->waiting)
		return read_waiting(memory, layout, waiter);
	if (!waiter->is_at_semaphore)
		return (struct awaited){0};
	address = find_semaphore(memory, layout, waiter, slot);
	return (struct awaited){address, address ? AWAITED_SEMAPHORE : AWAITED_UNKNOWN};
}
