/* SPDX-License-Identifier: MIT */
#include "hunt/outside.h"

#include <stdlib.h>
#include <utlist.h>

struct outside_goroutine {
	struct hash_key key; /* goid, pid */
	struct outside_goroutine *prev, *next;
	uint64_t since_ns; /* it is known since then */
	struct stretch stretch;
};

static struct outside_goroutine *find(const struct outside *outside, uint64_t goid, uint32_t pid)
{
	return hash_find(&outside->by_key, (struct hash_key){.first = goid, .second = pid});
}

static void forget(struct outside *outside, struct outside_goroutine *one)
{
	hash_remove(&outside->by_key, &one->key);
	DL_DELETE(outside->first, one);
	free(one);
}

/* NULL: out of memory. */
static struct outside_goroutine *add(struct outside *outside, const struct record *record)
{
	struct outside_goroutine *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->key = (struct hash_key){.first = record->goid, .second = record->pid};
	one->since_ns = record->time_ns;
	if (!hash_add(&outside->by_key, &one->key)) {
		free(one);
		return NULL;
	}
	DL_APPEND(outside->first, one);
	if (outside->by_key.count > OUTSIDE_MAX)
		forget(outside, outside->first);
	return one;
}

bool outside_start(struct outside *outside, const struct record *go)
{
	struct outside_goroutine *before = find(outside, go->goid, go->pid);

	if (before)
		forget(outside, before);
	return add(outside, go);
}

bool outside_look(struct outside *outside, const struct record_look *look, uint32_t object,
		  struct history *history)
{
	struct outside_goroutine *one = find(outside, look->header.goid, look->header.pid);
	struct stretch *stretch;
	uint64_t start_ns;

	if (!one)
		one = add(outside, &look->header);
	if (!one)
		return false;
	stretch = &one->stretch;
	if (look->since_ns < one->since_ns || look->header.time_ns < stretch->last_ns ||
	    stretch_goes_on(stretch, look, object))
		return true;
	start_ns = stretch->last_ns ? stretch_border_ns(stretch, look) : one->since_ns;
	if (!stretch_remember(stretch, one->key, start_ns, false, history))
		return false;
	stretch_begin(stretch, start_ns, look, object);
	return true;
}

bool outside_holder(struct outside *outside, const struct record_holder *holder,
		    struct history *history)
{
	const struct record *header = &holder->header;
	struct outside_goroutine *one = find(outside, header->goid, header->pid);

	if (!one || stretch_note_holder(&one->stretch, holder))
		return true;
	if (!stretch_remember(&one->stretch, one->key, header->time_ns, false, history))
		return false;
	stretch_change_holder(&one->stretch, holder);
	return true;
}

struct stretch *outside_stretch(const struct outside *outside, uint64_t goid, uint32_t pid)
{
	struct outside_goroutine *one = find(outside, goid, pid);

	return one ? &one->stretch : NULL;
}

bool outside_end(struct outside *outside, const struct starts *starts, uint32_t pid,
		 struct history *history)
{
	bool is_full = true;

	for (size_t i = 0; i < starts->count; i++) {
		struct outside_goroutine *one = find(outside, starts->items[i].goid, pid);

		if (!one)
			continue;
		is_full = stretch_remember(&one->stretch, one->key, one->stretch.last_ns, false,
					   history) &&
			  is_full;
		forget(outside, one);
	}
	return is_full;
}

void outside_forget_process(struct outside *outside, uint32_t pid)
{
	struct outside_goroutine *one, *next;

	for (one = outside->first; one; one = next) {
		next = one->next;
		if (one->key.second == pid)
			forget(outside, one);
	}
}

void outside_clear(struct outside *outside)
{
	while (outside->first)
		forget(outside, outside->first);
	hash_clear(&outside->by_key);
}
