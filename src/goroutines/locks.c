/* SPDX-License-Identifier: MIT */
#include "goroutines/locks.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Of a stack that is looked through, the innermost part; of all of them. */
#define MAX_STACK_BYTES (16u << 10)
#define MAX_ALL_BYTES   (UINT64_C(256) << 20)

/* ---- locks ---- */

static struct lock *find_lock(const struct locks *locks, uint64_t address)
{
	return hash_find(&locks->by_address, (struct hash_key){.first = address});
}

const struct lock *locks_at(const struct locks *locks, uint64_t address)
{
	return find_lock(locks, address);
}

/* False: out of memory. */
static bool add_lock(struct locks *locks, const struct sync_object *object)
{
	struct lock *lock;

	if (find_lock(locks, object->address))
		return true;
	lock = calloc(1, sizeof(*lock));
	if (!lock)
		return false;
	lock->key.first = object->address;
	lock->is_channel = object->kind == SYNC_CHANNEL;
	if (hash_add(&locks->by_address, &lock->key))
		return true;
	free(lock);
	return false;
}

/* ---- who may hold it ---- */

/* While stacks are looked through. */
struct search {
	const struct snapshot *snapshot;
	const uint64_t *awaited; /* by index: the lock or channel that it waits for, or 0 */
	struct locks *locks;
	uint64_t lowest, highest; /* of their addresses */
	/* While circles are looked for: whether channels may be in them; of the way to a place, how many are locks. */
	bool has_channels;
	size_t num_locks[LOCKS_MAX_CIRCLE + 1];
};

static void note_holder(struct lock *lock, size_t index)
{
	if (lock->num_holders && lock->last_holder == index)
		return;
	lock->last_holder = index;
	if (lock->num_holders < LOCKS_MAX_HOLDERS)
		lock->holders[lock->num_holders] = index;
	lock->num_holders++;
}

static void look_through(const struct search *search, size_t index, const uint64_t *words,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct lock *lock;

		if (words[i] < search->lowest || words[i] > search->highest ||
		    words[i] == search->awaited[index])
			continue;
		lock = find_lock(search->locks, words[i]);
		if (lock)
			note_holder(lock, index);
	}
}

static void look_at_stacks(const struct search *search, const struct memory *memory,
			   uint64_t *words)
{
	uint64_t left = MAX_ALL_BYTES;

	for (size_t i = 0; i < search->snapshot->count; i++) {
		const struct goroutine *one = &search->snapshot->goroutines[i];
		uint64_t len = one->sp ? one->hi - one->sp : 0;

		len = (len < MAX_STACK_BYTES ? len : MAX_STACK_BYTES) & ~UINT64_C(7);
		if (!len || len > left || !memory_read(memory, one->sp, words, len))
			continue;
		left -= len;
		look_through(search, i, words, len / sizeof(*words));
	}
}

/* ---- circles ---- */

#define DONE SIZE_MAX
/* Locks from which circles with channels are looked for. */
#define MAX_BEGINS 1000

/* From a lock or a channel on to who may have it, and to what those wait for. True: it leads back. */
static bool follow(struct search *search, struct lock *lock, size_t depth)
{
	struct locks *locks = search->locks;

	lock->place = depth + 1;
	search->num_locks[depth + 1] = search->num_locks[depth] + !lock->is_channel;
	for (size_t i = 0; i < lock->num_holders && i < LOCKS_MAX_HOLDERS; i++) {
		size_t holder = lock->holders[i];
		struct lock *next = find_lock(locks, search->awaited[holder]);

		if (!next || next->place == DONE || (next->is_channel && !search->has_channels))
			continue;
		locks->circle[depth] = holder;
		/* Channels alone: those who wait for work have them, too. */
		if (next->place &&
		    search->num_locks[depth + 1] == search->num_locks[next->place - 1])
			continue;
		if (next->place) {
			locks->circle_len = depth + 2 - next->place;
			memmove(locks->circle, locks->circle + next->place - 1,
				locks->circle_len * sizeof(*locks->circle));
			return true;
		}
		if (depth + 1 < LOCKS_MAX_CIRCLE && follow(search, next, depth + 1))
			return true;
	}
	lock->place = DONE;
	return false;
}

static void clear_places(const struct locks *locks)
{
	struct lock *one;

	for (size_t at = 0; (one = hash_next(&locks->by_address, &at));)
		one->place = 0;
}

/* Each circle that counts has a lock, and is looked for from there. With channels, what is DONE may be in a circle all
 * the same: all that it led back to then were channels. So each lock begins anew. */
static void find_circle(struct search *search, bool has_channels)
{
	size_t left = MAX_BEGINS;

	search->has_channels = has_channels;
	clear_places(search->locks);
	for (size_t i = 0; i < search->snapshot->count && left; i++) {
		struct lock *lock = find_lock(search->locks, search->awaited[i]);

		if (!lock || lock->is_channel || (has_channels ? lock->has_begun : lock->place))
			continue;
		if (has_channels) {
			clear_places(search->locks);
			lock->has_begun = true;
			left--;
		}
		if (follow(search, lock, 0))
			return;
	}
}

/* ---- all of it ---- */

struct error *locks_find(const struct snapshot *snapshot, const struct memory *memory,
			 struct sync_object (*awaited)(void *context, const struct goroutine *one),
			 void *context, struct locks *locks)
{
	_cleanup_free_ uint64_t *addresses = calloc(snapshot->count + 1, sizeof(*addresses));
	_cleanup_free_ uint64_t *words = malloc(MAX_STACK_BYTES);
	struct search search = {
		.snapshot = snapshot, .awaited = addresses, .locks = locks, .lowest = UINT64_MAX};
	size_t num_locks = 0;

	*locks = (struct locks){0};
	if (!addresses || !words)
		return error_out_of_memory();
	for (size_t i = 0; i < snapshot->count; i++) {
		struct sync_object object = awaited(context, &snapshot->goroutines[i]);

		if (object.kind != SYNC_LOCK && object.kind != SYNC_CHANNEL)
			continue;
		if (!add_lock(locks, &object))
			return error_out_of_memory();
		num_locks += object.kind == SYNC_LOCK;
		addresses[i] = object.address;
		search.lowest = object.address < search.lowest ? object.address : search.lowest;
		search.highest = object.address > search.highest ? object.address : search.highest;
	}
	if (!num_locks) {
		locks_release(locks);
		return NULL;
	}
	look_at_stacks(&search, memory, words);
	find_circle(&search, false);
	if (!locks->circle_len)
		find_circle(&search, true);
	return NULL;
}

void locks_release(struct locks *locks)
{
	hash_free_items(&locks->by_address);
}

bool locks_has_in_circle(const struct locks *locks, size_t index)
{
	for (size_t i = 0; i < locks->circle_len; i++)
		if (locks->circle[i] == index)
			return true;
	return false;
}
