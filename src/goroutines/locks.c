/* SPDX-License-Identifier: MIT */
#include "goroutines/locks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "goroutines/stack_words.h"

/* Of all stacks that are looked through. */
#define MAX_ALL_BYTES (UINT64_C(256) << 20)

/* Locks are mostly held for shorter. */
#define CHECK_US 20000

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
static bool add_lock(struct locks *locks, uint64_t address, enum sync_kind kind)
{
	struct lock *lock;

	if (find_lock(locks, address))
		return true;
	lock = calloc(1, sizeof(*lock));
	if (!lock)
		return false;
	lock->key.first = address;
	lock->is_served = kind != SYNC_LOCK;
	if (hash_add(&locks->by_address, &lock->key))
		return true;
	free(lock);
	return false;
}

/* ---- what each waits for ---- */

/* Circles that are looked for: the surer ones first. */
enum circle_kind { CIRCLE_OF_LOCKS, CIRCLE_WITH_CHANNELS, CIRCLE_WITH_ALL };

/* While stacks are looked through. */
struct search {
	const struct snapshot *snapshot;
	const struct sync_object *awaited; /* by index */
	struct locks *locks;
	uint64_t lowest, highest; /* of their addresses */
	bool with_running;
	/* While circles are looked for: which ones, the number of this attempt, and how many may still be followed. */
	enum circle_kind circle_kind;
	uint64_t number;
	size_t left;
	size_t num_locks[LOCKS_MAX_CIRCLE + 1]; /* of the way to a place, how many are locks */
};

/* Addresses: one, or of a select several. */
struct wanted {
	const uint64_t *items;
	size_t count;
};

static bool is_known(enum sync_kind kind)
{
	return kind == SYNC_LOCK || kind == SYNC_CHANNEL || kind == SYNC_CONDITION ||
	       kind == SYNC_SELECT;
}

static struct wanted wanted_by(const struct search *search, size_t index)
{
	const struct goroutine *one = &search->snapshot->goroutines[index];
	const struct sync_object *object = &search->awaited[index];

	if (object->kind == SYNC_SELECT)
		return (struct wanted){snapshot_channels(search->snapshot, one),
				       one->awaited.num_channels};
	return (struct wanted){&object->address, is_known(object->kind)};
}

static bool is_wanted(struct wanted wanted, uint64_t address)
{
	for (size_t i = 0; i < wanted.count; i++)
		if (wanted.items[i] == address)
			return true;
	return false;
}

static bool add_wanted(struct search *search, size_t index)
{
	const struct wanted wanted = wanted_by(search, index);

	for (size_t i = 0; i < wanted.count; i++) {
		uint64_t address = wanted.items[i];

		if (!add_lock(search->locks, address, search->awaited[index].kind))
			return false;
		search->lowest = address < search->lowest ? address : search->lowest;
		search->highest = address > search->highest ? address : search->highest;
	}
	return true;
}

/* ---- who may hold it ---- */

static void note_holder(struct lock *lock, size_t index)
{
	if (lock->num_holders && lock->last_holder == index)
		return;
	lock->last_holder = index;
	if (lock->num_holders < LOCKS_MAX_HOLDERS)
		lock->holders[lock->num_holders] = index;
	lock->num_holders++;
}

static void look_through(void *context, const struct stack_words *stack)
{
	const struct search *search = context;
	const struct wanted wanted = wanted_by(search, stack->index);
	const uint64_t unlocked = search->snapshot->goroutines[stack->index].awaited.unlocked;

	for (size_t i = 0; i < stack->count; i++) {
		const uint64_t word = stack->words[i];
		struct lock *lock;

		if (word < search->lowest || word > search->highest || word == unlocked ||
		    is_wanted(wanted, word))
			continue;
		lock = find_lock(search->locks, word);
		if (lock)
			note_holder(lock, stack->index);
	}
}

/* ---- circles ---- */

#define DONE SIZE_MAX
/* In all: steps from a goroutine to what it waits for. */
#define MAX_STEPS 4000000

static bool may_be_in(const struct search *search, enum sync_kind kind)
{
	if (kind == SYNC_LOCK)
		return true;
	return search->circle_kind >=
	       (kind == SYNC_CHANNEL ? CIRCLE_WITH_CHANNELS : CIRCLE_WITH_ALL);
}

static size_t place_of(const struct search *search, const struct lock *lock)
{
	return lock->search == search->number ? lock->place : 0;
}

static void set_place(const struct search *search, struct lock *lock, size_t place)
{
	lock->search = search->number;
	lock->place = place;
}

static bool follow(struct search *search, struct lock *lock, size_t depth);

/* From a goroutine, which is the one at `depth` of the circle, to one of the things it waits for. */
static bool follow_to(struct search *search, size_t holder, uint64_t address, size_t depth)
{
	struct locks *locks = search->locks;
	struct lock *next = find_lock(locks, address);
	size_t place = next ? place_of(search, next) : DONE, begin = place - 1;

	if (place == DONE || !search->left)
		return false;
	search->left--;
	locks->circle[depth] = holder;
	locks->circle_channels[depth] = search->awaited[holder].kind == SYNC_SELECT ? address : 0;
	if (!place)
		return depth + 1 < LOCKS_MAX_CIRCLE && follow(search, next, depth + 1);
	/* Channels alone: those who wait for work have them, too. */
	if (search->num_locks[depth + 1] == search->num_locks[begin])
		return false;
	locks->circle_len = depth + 1 - begin;
	memmove(locks->circle, locks->circle + begin, locks->circle_len * sizeof(*locks->circle));
	memmove(locks->circle_channels, locks->circle_channels + begin,
		locks->circle_len * sizeof(*locks->circle_channels));
	return true;
}

/* From a lock or a channel on to who may have it, and to what those wait for. True: it leads back. */
static bool follow(struct search *search, struct lock *lock, size_t depth)
{
	set_place(search, lock, depth + 1);
	search->num_locks[depth + 1] = search->num_locks[depth] + !lock->is_served;
	for (size_t i = 0; i < lock->num_holders && i < LOCKS_MAX_HOLDERS; i++) {
		size_t holder = lock->holders[i];
		const struct wanted wanted = wanted_by(search, holder);

		if (!may_be_in(search, search->awaited[holder].kind))
			continue;
		for (size_t j = 0; j < wanted.count; j++)
			if (follow_to(search, holder, wanted.items[j], depth))
				return true;
	}
	set_place(search, lock, DONE);
	return false;
}

/* Each circle that counts has a lock, and is looked for from there. With channels, what is DONE may be in a circle all
 * the same: all that it led back to then were channels. So each lock begins anew. */
static void find_circle(struct search *search, enum circle_kind kind)
{
	search->circle_kind = kind;
	search->number++;
	for (size_t i = 0; i < search->snapshot->count && search->left; i++) {
		struct lock *lock = search->awaited[i].kind == SYNC_LOCK
					    ? find_lock(search->locks, search->awaited[i].address)
					    : NULL;

		if (!lock ||
		    (kind == CIRCLE_OF_LOCKS ? place_of(search, lock) > 0 : lock->begun == kind))
			continue;
		lock->begun = kind;
		search->number += kind != CIRCLE_OF_LOCKS;
		if (follow(search, lock, 0))
			return;
	}
}

/* ---- all of it ---- */

static struct error *find_holders(struct search *search, const struct memory *memory)
{
	const struct stack_words_options options = {MAX_ALL_BYTES, search->with_running};
	size_t count = search->snapshot->count, num_locks = 0;

	for (size_t i = 0; i < count; i++)
		num_locks += search->awaited[i].kind == SYNC_LOCK;
	for (size_t i = 0; i < count && num_locks; i++)
		if (!add_wanted(search, i))
			return error_out_of_memory();
	return num_locks
		       ? stack_words_visit(search->snapshot, memory, &options, look_through, search)
		       : NULL;
}

struct error *locks_find_holders(const struct snapshot *snapshot, const struct memory *memory,
				 const struct sync_object *awaited, struct locks *locks)
{
	struct search search = {.snapshot = snapshot,
				.awaited = awaited,
				.locks = locks,
				.lowest = UINT64_MAX,
				.with_running = true};

	*locks = (struct locks){0};
	return find_holders(&search, memory);
}

struct error *locks_find(const struct snapshot *snapshot, const struct memory *memory,
			 struct sync_object (*awaited)(void *context, const struct goroutine *one),
			 void *context, struct locks *locks)
{
	_cleanup_free_ struct sync_object *objects = calloc(snapshot->count + 1, sizeof(*objects));
	struct search search = {.snapshot = snapshot,
				.awaited = objects,
				.locks = locks,
				.lowest = UINT64_MAX,
				.left = MAX_STEPS};
	struct error *err;

	*locks = (struct locks){0};
	if (!objects)
		return error_out_of_memory();
	for (size_t i = 0; i < snapshot->count; i++)
		objects[i] = awaited(context, &snapshot->goroutines[i]);
	err = find_holders(&search, memory);
	if (err || !locks->by_address.count)
		return err;
	for (int kind = CIRCLE_OF_LOCKS; kind <= CIRCLE_WITH_ALL && !locks->circle_len; kind++)
		find_circle(&search, (enum circle_kind)kind);
	return NULL;
}

void locks_check_circle(const struct snapshot_source *source, const struct snapshot *snapshot,
			struct locks *locks)
{
	uint64_t addresses[LOCKS_MAX_CIRCLE];
	_cleanup_error_ struct error *err = NULL;
	struct snapshot again;
	bool is_still;

	if (!locks->circle_len)
		return;
	for (size_t i = 0; i < locks->circle_len; i++)
		addresses[i] = snapshot->goroutines[locks->circle[i]].g;
	usleep(CHECK_US);
	err = snapshot_take_some(source, addresses, locks->circle_len, &again);
	is_still = !err && again.count == locks->circle_len;
	for (size_t i = 0; i < locks->circle_len && is_still; i++)
		is_still = goroutine_is_still(&again.goroutines[i],
					      &snapshot->goroutines[locks->circle[i]]);
	if (!is_still)
		locks->circle_len = 0;
	snapshot_release(&again);
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
