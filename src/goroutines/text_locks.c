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

/* Of one member: "lock", or NULL if it is not known what it waits for. */
static const char *name_of(const struct report *report, const struct goroutine *one,
			   uint64_t *address)
{
	static const char *const names[] = {
		[SYNC_NONE] = NULL,
		[SYNC_LOCK] = "lock",
		[SYNC_WAIT_GROUP] = "wait group",
		[SYNC_SEMAPHORE] = "semaphore",
		[SYNC_CHANNEL] = "channel",
	};
	struct sync_object object = sync_object_awaited(report->places, report->snapshot, one);

	*address = object.address;
	return names[object.kind];
}

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
		text_put_number(out, lock->num_holders - shown);
		text_put(out, " more");
	}
	text_put(out, shown == 1 ? ": it may hold it" : ": one of them may hold it");
}

static void put_object(struct text_out *out, const struct group *group, const char *name,
		       const struct tally *object)
{
	const struct lock *lock = locks_at(out->report->locks, object->key);

	if (group->count == 1) {
		text_put(out, "  waits");
	} else {
		text_put(out, "  ");
		text_put_number(out, object->count);
		text_put(out, object->count == 1 ? " waits" : " wait");
	}
	text_put(out, " for the ");
	text_put(out, name);
	text_put(out, " at ");
	put_address(out, object->key);
	if (lock && lock->num_holders && !lock->is_channel)
		put_holders(out, lock);
	text_end_line(out);
}

static void put_rest(struct text_out *out, const char *name, size_t num)
{
	text_put(out, "  and others for ");
	text_put_number(out, num);
	text_put(out, " more ");
	text_put(out, name);
	text_put(out, "s");
	text_end_line(out);
}

void text_put_awaited(struct text_out *out, const struct group *group)
{
	_cleanup_free_ struct tally *objects = calloc(group->count, sizeof(*objects));
	const char *name = NULL;
	size_t num = 0, shown;

	for (size_t i = 0; objects && i < group->count; i++) {
		uint64_t address;
		const char *one = name_of(out->report, group->members[i], &address);

		/* Their stacks are the same. */
		name = one ?: name;
		if (one)
			objects[num++] = (struct tally){address, i, 1};
	}
	num = num ? tally_sum_up(objects, num) : 0;
	shown = num <= MAX_OBJECTS + 1 ? num : MAX_OBJECTS;
	for (size_t i = 0; i < shown; i++)
		put_object(out, group, name, &objects[i]);
	if (shown < num)
		put_rest(out, name, num - shown);
}

/* "the lock at 0xc000012038" */
static void put_circle_object(struct text_out *out, struct sync_object object)
{
	text_put(out, object.kind == SYNC_CHANNEL ? "the channel at " : "the lock at ");
	put_address(out, object.address);
}

void text_put_circle(struct text_out *out)
{
	const struct locks *locks = out->report->locks;
	bool has_channel = report_circle_has_channel(out->report);

	if (!locks->circle_len)
		return;
	text_put_style(out, TEXT_BOLD);
	text_put(
		out,
		has_channel
			? "maybe a deadlock, if each holds the lock, or alone serves the channel, that is on its stack:"
			: "a deadlock, if each holds the lock that is on its stack:");
	text_put_style(out, TEXT_PLAIN);
	text_end_line(out);
	for (size_t i = 0; i < locks->circle_len; i++) {
		size_t before = i ? i - 1 : locks->circle_len - 1;
		struct sync_object awaited = report_circle_object(out->report, i);

		text_put(out, "  goroutine ");
		put_goroutine(out, locks->circle[i]);
		text_put(out, " has ");
		put_circle_object(out, report_circle_object(out->report, before));
		text_put(out, ", and waits for ");
		if (has_channel) {
			put_circle_object(out, awaited);
		} else {
			text_put(out, "that at ");
			put_address(out, awaited.address);
		}
		text_end_line(out);
	}
}
