/* SPDX-License-Identifier: MIT */
#include "goroutines/awaited.h"

#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* Of all goroutines. */
#define MAX_ALL_CHANNELS (1u << 24)
/* Words of a stack that are looked through: frames of gopark(), goparkunlock() and semacquire1(), or
 * notifyListWait() and (*Cond).Wait(). */
#define MAX_SLOTS 64
/* Of a sudog. */
#define SUDOG_SIZE 112

struct sudog {
	uint64_t g, elem, waitlink, channel;
};

/* Of a sync.Cond: src/sync/cond.go. After L, an interface with the lock's address as its second word, comes the list of who waits, of a counter each of those who came and
 * went, a lock, and its ends; then, since the first wait, the address of that word itself. */
#define COND_LOCK   8
#define COND_COUNTS 16
#define COND_HEAD   32
#define COND_SELF   48
#define COND_SIZE   56

bool awaited_is_another(const char *reason)
{
	/* By their names in all versions of Go. */
	static const char *const reasons[] = {"chan ", "select", "sync.", "semacquire"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (text_starts_with(reason, reasons[i]))
			return true;
	return false;
}

enum awaited_way awaited_way(const char *reason)
{
	if (reason && strcmp(reason, "sync.Cond.Wait") == 0)
		return AWAITED_BY_CONDITION;
	return reason && (strncmp(reason, "sync.", 5) == 0 || strcmp(reason, "semacquire") == 0)
		       ? AWAITED_BY_SEMAPHORE
		       : AWAITED_BY_CHANNELS;
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

/* What is at the addresses in those of the slots that lead to somewhere else than the stack. */
struct targets {
	uint8_t raw[MAX_SLOTS][SUDOG_SIZE];
	struct memory_piece pieces[MAX_SLOTS];
	size_t slots[MAX_SLOTS], count;
};

static bool read_targets(const struct memory *memory, const struct waiter *waiter, size_t first,
			 size_t end, size_t size, struct targets *targets)
{
	targets->count = 0;
	for (size_t i = first; i < end; i++) {
		uint64_t word = word_of_stack(waiter, i);
		size_t at = targets->count;

		if (word < 4096 || word % 8 || (word >= waiter->lo && word < waiter->hi))
			continue;
		targets->slots[at] = i;
		targets->pieces[at] =
			(struct memory_piece){.at = word, .to = targets->raw[at], .len = size};
		targets->count++;
	}
	return memory_read_all(memory, targets->pieces, targets->count);
}

static uint64_t find_on_stack(const struct memory *memory, const struct gobin_layout *layout,
			      const struct waiter *waiter, size_t first, size_t end, size_t *slot)
{
	struct targets targets;

	if (!read_targets(memory, waiter, first, end, sudog_size(layout), &targets))
		return 0;
	for (size_t i = 0; i < targets.count; i++) {
		const struct sudog sudog = parse(layout, targets.raw[i]);

		if (!targets.pieces[i].is_read || !is_at_semaphore(&sudog, waiter))
			continue;
		*slot = targets.slots[i];
		return sudog.elem;
	}
	return 0;
}

static struct awaited find_semaphore(const struct memory *memory, const struct gobin_layout *layout,
				     const struct waiter *waiter, size_t *slot)
{
	uint64_t address = 0;

	if (*slot)
		address = find_on_stack(memory, layout, waiter, *slot, *slot + 1, slot);
	address = address ?: find_on_stack(memory, layout, waiter, 0, MAX_SLOTS, slot);
	return (struct awaited){.address = address,
				.kind = address ? AWAITED_SEMAPHORE : AWAITED_UNKNOWN};
}

/* The innermost that somebody waits for: those of its callers are behind that of (*Cond).Wait(). */
static struct awaited find_condition(const struct memory *memory, const struct waiter *waiter)
{
	struct targets targets;

	if (!read_targets(memory, waiter, 0, MAX_SLOTS, COND_SIZE, &targets))
		return (struct awaited){0};
	for (size_t i = 0; i < targets.count; i++) {
		const uint8_t *raw = targets.raw[i];
		uint64_t at = targets.pieces[i].at, counts = word_at(raw, COND_COUNTS);

		if (targets.pieces[i].is_read && word_at(raw, COND_SELF) == at + COND_SELF &&
		    word_at(raw, COND_HEAD) && (uint32_t)counts != counts >> 32)
			return (struct awaited){.address = at,
						.unlocked = word_at(raw, COND_LOCK),
						.kind = AWAITED_CONDITION};
	}
	return (struct awaited){0};
}

/* ---- by g.waiting ---- */

bool awaited_has_room(const struct awaited_channels *channels, size_t count)
{
	return count <= AWAITED_MAX_CHANNELS && count <= MAX_ALL_CHANNELS - channels->count;
}

bool awaited_add_channels(struct awaited_channels *channels, const uint64_t *items, size_t count,
			  struct awaited *awaited)
{
	if (!awaited_has_room(channels, count) ||
	    !array_reserve(&channels->items, &channels->capacity, channels->count + count,
			   sizeof(*items)))
		return false;
	memcpy(channels->items + channels->count, items, count * sizeof(*items));
	awaited->first_channel = channels->count;
	awaited->num_channels = (uint8_t)count;
	channels->count += count;
	return true;
}

/* The list is in the order of the channels, and has one twice that is in two cases: runtime/select.go. */
static struct awaited read_channels(const struct memory *memory, const struct gobin_layout *layout,
				    const struct waiter *waiter, struct sudog sudog,
				    struct awaited_channels *channels)
{
	uint64_t items[AWAITED_MAX_CHANNELS];
	uint8_t raw[SUDOG_SIZE] = {0};
	struct awaited awaited = {.kind = AWAITED_SELECT};
	size_t count = 0;

	for (size_t left = AWAITED_MAX_CHANNELS; left--;) {
		if (sudog.g != waiter->g || !sudog.channel)
			break;
		if (!count || items[count - 1] != sudog.channel)
			items[count++] = sudog.channel;
		if (!sudog.waitlink && count == 1)
			return (struct awaited){.address = items[0], .kind = AWAITED_CHANNEL};
		if (!sudog.waitlink && awaited_add_channels(channels, items, count, &awaited))
			return awaited;
		if (!memory_read(memory, sudog.waitlink, raw, sudog_size(layout)))
			break;
		sudog = parse(layout, raw);
	}
	return (struct awaited){0};
}

static struct awaited read_waiting(const struct memory *memory, const struct gobin_layout *layout,
				   const struct waiter *waiter, struct awaited_channels *channels)
{
	uint8_t raw[SUDOG_SIZE] = {0};
	struct sudog sudog;

	if (!memory_read(memory, waiter->waiting, raw, sudog_size(layout)))
		return (struct awaited){0};
	sudog = parse(layout, raw);
	if (waiter->way == AWAITED_BY_CHANNELS)
		return read_channels(memory, layout, waiter, sudog, channels);
	if (waiter->way == AWAITED_BY_SEMAPHORE && is_at_semaphore(&sudog, waiter))
		return (struct awaited){.address = sudog.elem, .kind = AWAITED_SEMAPHORE};
	return (struct awaited){0};
}

struct awaited awaited_read(const struct memory *memory, const struct gobin_layout *layout,
			    const struct waiter *waiter, size_t *slot,
			    struct awaited_channels *channels)
{
	if (waiter->way == AWAITED_BY_CONDITION)
		return waiter->stack ? find_condition(memory, waiter) : (struct awaited){0};
	if (waiter->waiting)
		return read_waiting(memory, layout, waiter, channels);
	if (waiter->stack && waiter->way == AWAITED_BY_SEMAPHORE)
		return find_semaphore(memory, layout, waiter, slot);
	return (struct awaited){0};
}
