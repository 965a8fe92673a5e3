/* SPDX-License-Identifier: MIT */
#include "source/holders.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "goroutines/locks.h"

bool holders_init(struct holders *holders)
{
	*holders = (struct holders){.items = calloc(HOLDERS_MAX, sizeof(*holders->items))};
	holders->goroutines.seed = 1;
	return holders->items;
}

void holders_release(struct holders *holders)
{
	insiders_release(&holders->goroutines);
	free(holders->items);
}

/* While they are looked for. */
struct search {
	struct holders *holders;
	const struct snapshot_source *source;
	uint32_t pid;
	const struct insiders *inside;
	struct snapshot all;
	struct sync_object *awaited; /* by index */
	struct locks locks;
	/* By index in holders->items. */
	uint64_t waiters[HOLDERS_MAX]; /* g's */
	size_t indexes[HOLDERS_MAX];
};

static void release(struct search *search)
{
	snapshot_release(&search->all);
	locks_release(&search->locks);
	free(search->awaited);
}

/* By index; SIZE_MAX: nobody, or more than one. */
static size_t holder_of(const struct search *search, size_t waiter)
{
	const struct sync_object *object = &search->awaited[waiter];
	const struct lock *lock =
		object->kind == SYNC_LOCK ? locks_at(&search->locks, object->address) : NULL;

	return lock && lock->num_holders == 1 ? lock->holders[0] : SIZE_MAX;
}

static bool is_known(const struct search *search, size_t waiter)
{
	for (size_t i = 0; i < search->holders->count; i++)
		if (search->indexes[i] == waiter)
			return true;
	return false;
}

/* Whom it waits for, whom that one waits for, and so on. */
static void follow(struct search *search, size_t waiter)
{
	struct holders *holders = search->holders;

	for (unsigned depth = 0; depth < HOLDERS_MAX_DEPTH; depth++) {
		size_t at = holder_of(search, waiter);
		const struct goroutine *holder;
		struct held *held;

		if (at == SIZE_MAX || holders->count == HOLDERS_MAX || is_known(search, waiter))
			return;
		holder = &search->all.goroutines[at];
		held = &holders->items[holders->count];
		*held = (struct held){
			.holder = {.header = {.kind = RECORD_HOLDER,
					      .size = sizeof(held->holder),
					      .goid = search->all.goroutines[waiter].goid,
					      .pid = search->pid},
				   .by_goid = holder->goid}};
		if (holder->sp && target_stacks_take_whole(&search->all, holder, &held->stack))
			held->holder.by_stack = held->stack.id;
		if (!insiders_find(search->inside, holder->goid, search->pid))
			insiders_add(&holders->goroutines, holder->goid, search->pid, holder->g);
		search->waiters[holders->count] = search->all.goroutines[waiter].g;
		search->indexes[holders->count++] = waiter;
		waiter = at;
	}
}

/* Those that waited all the time that stacks were looked through. */
static struct error *keep_true_ones(struct search *search)
{
	struct holders *holders = search->holders;
	size_t count = holders->count;
	struct snapshot now;
	struct error *err = snapshot_take_some(search->source, search->waiters, count, &now);

	holders->count = 0;
	for (size_t i = 0; i < count && !err; i++) {
		const struct goroutine *then = &search->all.goroutines[search->indexes[i]];

		for (size_t j = 0; j < now.count; j++) {
			if (!goroutine_is_still(&now.goroutines[j], then))
				continue;
			holders->items[holders->count++] = holders->items[i];
			break;
		}
	}
	snapshot_release(&now);
	return err;
}

static bool are_few(const struct snapshot_source *source)
{
	uint64_t slice[2]; /* its address, and how many there are */

	return memory_read(&source->memory, source->allgs, slice, sizeof(slice)) &&
	       slice[1] <= HOLDERS_MAX_LISTED;
}

struct error *holders_find(struct holders *holders, struct target_stacks *stacks,
			   const struct snapshot_source *source, pid_t pid,
			   const struct insiders *inside, const struct insiders *started)
{
	_cleanup_(release) struct search search = {
		.holders = holders, .source = source, .pid = (uint32_t)pid, .inside = inside};
	struct snapshot_source with_awaited = *source;
	struct error *err;

	holders->count = 0;
	insiders_forget(&holders->goroutines);
	if (!are_few(source))
		return NULL;
	with_awaited.wants_awaited = true;
	err = snapshot_take(&with_awaited, &search.all);
	if (err)
		return err;
	search.awaited = calloc(search.all.count + 1, sizeof(*search.awaited));
	if (!search.awaited)
		return error_out_of_memory();
	for (size_t i = 0; i < search.all.count; i++)
		search.awaited[i] = sync_object_awaited(&stacks->places, &search.all,
							&search.all.goroutines[i]);
	err = locks_find_holders(&search.all, &source->memory, search.awaited, &search.locks);
	for (size_t i = 0; i < search.all.count && !err; i++) {
		uint64_t goid = search.all.goroutines[i].goid;

		if (insiders_find(inside, goid, search.pid) ||
		    insiders_find(started, goid, search.pid))
			follow(&search, i);
	}
	return err ?: keep_true_ones(&search);
}
