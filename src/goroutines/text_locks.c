/* SPDX-License-Identifier: MIT */
/* text_locks.c - what the goroutines of a group wait for, and who may have it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "goroutines/tally.h"
#include "goroutines/text_out.h"

/* Objects that have a line. */
#define MAX_OBJECTS 3

static const char *const names[] = {
	[SYNC_NONE] = NULL,
	[SYNC_LOCK] = "lock",
	[SYNC_WAIT_GROUP] = "wait group",
	[SYNC_SEMAPHORE] = "semaphore",
	[SYNC_CHANNEL] = "channel",
	[SYNC_CONDITION] = "condition",
	[SYNC_SELECT] = "channel",
};

/* What members of a group wait for, which have the same stack: all are selects of several channels, or none is. A select
 * has one channel alone where the others are nil. */
struct awaited_objects {
	enum sync_kind kind;
	struct tally *items; /* owned; NULL: out of memory */
	size_t count;
};

static void put_address(struct text_out *out, uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	text_put(out, text);
}

static void put_goroutine(struct text_out *out, size_t index)
{
	text_put_number(out, out->report->snapshot->goroutines[index].goid);
}

static void put_holders(struct text_out *out, const struct lock *lock)
{
	size_t shown =
		lock->num_holders < LOCKS_MAX_HOLDERS ? lock->num_holders : LOCKS_MAX_HOLDERS;

	text_put(out, shown == 1 ? ", which is on the stack of goroutine "
				 : ", which is on the stacks of goroutines ");
	for (size_t i = 0; i < shown; i++) {
		text_put(out, i ? ", " : "");
		put_goroutine(out, lock->holders[i]);
	}
	if (shown < lock->num_holders) {
		text_put(out, " and ");
		text_put_count(out, lock->num_holders - shown, "more", "more");
	}
	text_put(out, shown == 1 ? ": it may hold it" : ": one of them may hold it");
}

static void put_waits(struct text_out *out, const struct group *group, size_t count)
{
	if (group->count == 1) {
		text_put(out, "  waits for ");
		return;
	}
	text_put(out, "  ");
	text_put_count(out, count, "waits for ", "wait for ");
}

static void put_object(struct text_out *out, const struct group *group, enum sync_kind kind,
		       const struct tally *object)
{
	const struct lock *lock = locks_at(out->report->locks, object->key);

	put_waits(out, group, object->count);
	text_put(out, "the ");
	text_put(out, names[kind]);
	text_put(out, " at ");
	put_address(out, object->key);
	if (kind == SYNC_SELECT)
		text_put(out, ", among others");
	if (lock && lock->num_holders && kind == SYNC_LOCK)
		put_holders(out, lock);
	text_end_line(out);
}

/* One select's. */
static void put_channels(struct text_out *out, const struct group *group,
			 const struct awaited_objects *objects)
{
	size_t shown = objects->count <= MAX_OBJECTS + 1 ? objects->count : MAX_OBJECTS;

	put_waits(out, group, 1);
	text_put(out, "one of the channels at ");
	for (size_t i = 0; i < shown; i++) {
		text_put(out, i ? ", " : "");
		put_address(out, objects->items[i].key);
	}
	if (shown < objects->count) {
		text_put(out, " and ");
		text_put_count(out, objects->count - shown, "more", "more");
	}
	text_end_line(out);
}

static void put_rest(struct text_out *out, const char *name, size_t num)
{
	text_put(out, "  and others for ");
	text_put_count(out, num, "more ", "more ");
	text_put(out, name);
	text_put(out, num == 1 ? "" : "s");
	text_end_line(out);
}

static bool is_select(const struct goroutine *one)
{
	return one->awaited.kind == AWAITED_SELECT;
}

/* Of those that wait in selects of several channels, or of the others. */
static struct awaited_objects objects_of(const struct report *report, const struct group *group,
					 bool of_selects)
{
	struct awaited_objects objects = {0};
	size_t room = 0;

	for (size_t i = 0; i < group->count; i++)
		room += group->members[i]->awaited.num_channels + 1;
	objects.items = calloc(room, sizeof(*objects.items));
	for (size_t i = 0; objects.items && i < group->count; i++) {
		const struct goroutine *one = group->members[i];
		const uint64_t *channels = snapshot_channels(report->snapshot, one);
		struct sync_object object =
			sync_object_awaited(report->places, report->snapshot, one);

		if (is_select(one) != of_selects)
			continue;
		objects.kind = object.kind ?: objects.kind;
		if (object.address)
			objects.items[objects.count++] = (struct tally){object.address, i, 1};
		for (size_t j = 0; j < one->awaited.num_channels; j++)
			objects.items[objects.count++] = (struct tally){channels[j], i, 1};
	}
	if (objects.count)
		objects.count = tally_sum_up(objects.items, objects.count);
	return objects;
}

static void put_objects(struct text_out *out, const struct group *group, bool of_selects)
{
	const struct awaited_objects objects = objects_of(out->report, group, of_selects);
	_cleanup_free_ struct tally *items = objects.items;
	size_t shown = objects.count <= MAX_OBJECTS + 1 ? objects.count : MAX_OBJECTS;

	if (objects.kind == SYNC_SELECT && group->count == 1) {
		put_channels(out, group, &objects);
		return;
	}
	for (size_t i = 0; i < shown; i++)
		put_object(out, group, objects.kind, &items[i]);
	if (shown < objects.count)
		put_rest(out, names[objects.kind], objects.count - shown);
}

void text_put_awaited(struct text_out *out, const struct group *group)
{
	put_objects(out, group, false);
	put_objects(out, group, true);
}

/* "the lock at 0xc000012038" */
static void put_circle_object(struct text_out *out, struct sync_object object)
{
	text_put(out, "the ");
	text_put(out, names[object.kind] ?: "lock");
	text_put(out, " at ");
	put_address(out, object.address);
}

/* How sure it is. */
static void put_circle_title(struct text_out *out)
{
	const struct locks *locks = out->report->locks;
	bool has_channel = false, has_condition = false, has_select = false;

	for (size_t i = 0; i < locks->circle_len; i++) {
		enum sync_kind kind = report_circle_object(out->report, i).kind;

		has_channel = has_channel || kind == SYNC_CHANNEL;
		has_condition = has_condition || kind == SYNC_CONDITION;
		has_select = has_select || locks->circle_channels[i];
	}
	text_put_style(out, TEXT_BOLD);
	if (!has_channel && !has_condition) {
		text_put(out, "a deadlock, if each holds the lock that is on its stack:");
	} else {
		text_put(out, "maybe a deadlock, if each holds the lock");
		text_put(out, has_channel ? ", or alone serves the channel" : "");
		text_put(out, has_condition ? ", or alone signals the condition" : "");
		text_put(out, ", that is on its stack");
		text_put(out, has_select ? ", and no other channel of a select is served:" : ":");
	}
	text_put_style(out, TEXT_PLAIN);
	text_end_line(out);
}

void text_put_circle(struct text_out *out)
{
	const struct locks *locks = out->report->locks;
	bool is_of_locks = report_circle_is_of_locks(out->report);

	if (!locks->circle_len)
		return;
	put_circle_title(out);
	for (size_t i = 0; i < locks->circle_len; i++) {
		size_t before = i ? i - 1 : locks->circle_len - 1;
		struct sync_object awaited = report_circle_object(out->report, i);

		text_put(out, "  goroutine ");
		put_goroutine(out, locks->circle[i]);
		text_put(out, " has ");
		put_circle_object(out, report_circle_object(out->report, before));
		text_put(out, ", and waits for ");
		if (is_of_locks) {
			text_put(out, "that at ");
			put_address(out, awaited.address);
		} else {
			put_circle_object(out, awaited);
			text_put(out, locks->circle_channels[i] ? ", among others" : "");
		}
		text_end_line(out);
	}
}
