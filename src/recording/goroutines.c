/* SPDX-License-Identifier: MIT */
#include "recording/goroutines.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/numbers.h"
#include "gofuncgraph/record.h"
#include "recording/goroutines_notes.h"

/* ---- writing: places ---- */

struct writing {
	const struct report *report;
	struct bytes *bytes;
	struct hash known; /* questions that were answered: va or number, enum place_note */
	struct numbers sets; /* of labels, by their addresses */
};

static bool is_new(struct writing *writing, enum place_note kind, uint64_t number)
{
	if (!hash_note(&writing->known, (struct hash_key){number, kind}))
		return false;
	bytes_put_number(writing->bytes, kind);
	bytes_put_number(writing->bytes, number);
	return true;
}

static void put_frames(struct writing *writing, uint64_t va)
{
	const struct shown_frames *frames;

	if (!is_new(writing, PLACE_FRAMES, va))
		return;
	frames = places_frames(writing->report->places, va);
	bytes_put_number(writing->bytes, frames ? frames->count : 0);
	for (size_t i = 0; frames && i < frames->count; i++) {
		const struct shown_frame *frame = &frames->items[i];

		bytes_put_number(writing->bytes, (frame->is_own ? FRAME_IS_OWN : 0) |
							 (frame->is_hidden ? FRAME_IS_HIDDEN : 0));
		bytes_put_text(writing->bytes, frame->frame.name);
		bytes_put_number(writing->bytes, frame->frame.line.file != NULL);
		bytes_put_text(writing->bytes, frame->frame.line.file);
		bytes_put_number(writing->bytes, frame->frame.line.line);
	}
}

static void put_places(struct writing *writing, const struct goroutine *one)
{
	const struct report *report = writing->report;

	for (size_t i = 0; i < one->num_frames; i++)
		put_frames(writing, report->snapshot->frames[one->first_frame + i]);
	if (one->gopc_va)
		put_frames(writing, one->gopc_va - 1);
	if (places_is_system(report->places, one->start_va))
		is_new(writing, PLACE_SYSTEM, one->start_va);
	if (one->state == STATE_WAITING && is_new(writing, PLACE_REASON, one->reason))
		bytes_put_text(writing->bytes, places_reason(report->places, one->reason));
}

/* ---- writing: goroutines ---- */

/* A set has a number from 1, by which it is told from the second time on. */
static void put_labels(struct writing *writing, const struct label_set *labels)
{
	struct bytes *bytes = writing->bytes;
	uint64_t number;
	bool is_new;

	if (!labels) {
		bytes_put_number(bytes, 0);
		return;
	}
	if (!numbers_of(&writing->sets, (struct hash_key){(uintptr_t)labels, 0}, &number,
			&is_new)) {
		bytes->failed = true;
		return;
	}
	bytes_put_number(bytes, number + 1);
	if (!is_new)
		return;
	bytes_put_number(bytes, labels->count);
	bytes_put_number(bytes, labels->is_cut);
	for (size_t i = 0; i < labels->count; i++) {
		bytes_put_sized(bytes, labels->items[i].key, labels->items[i].key_len);
		bytes_put_sized(bytes, labels->items[i].value, labels->items[i].value_len);
	}
}

static void put_goroutine(struct writing *writing, const struct goroutine *one)
{
	const struct snapshot *snapshot = writing->report->snapshot;
	struct bytes *bytes = writing->bytes;
	uint64_t last = 0;

	bytes_put_number(bytes, one->goid);
	bytes_put_number(bytes, one->parent_goid);
	bytes_put_number(bytes, one->gopc_va);
	bytes_put_number(bytes, one->start_va);
	bytes_put_number(bytes, one->since_ns);
	bytes_put_number(bytes, one->awaited.kind);
	bytes_put_number(bytes, one->awaited.address);
	bytes_put_number(bytes, one->state);
	bytes_put_number(bytes, one->reason);
	bytes_put_number(bytes, (one->keeps_thread ? GOROUTINE_KEEPS_THREAD : 0) |
					(one->has_moved ? GOROUTINE_HAS_MOVED : 0));
	put_labels(writing, one->labels);
	bytes_put_number(bytes, one->end);
	bytes_put_number(bytes, one->frames_hash);
	bytes_put_number(bytes, one->num_frames);
	for (size_t i = 0; i < one->num_frames; i++) {
		uint64_t va = snapshot->frames[one->first_frame + i];

		bytes_put_signed(bytes, (int64_t)(va - last));
		last = va;
	}
}

static void put_locks(struct bytes *bytes, const struct locks *locks)
{
	const struct lock *lock;
	size_t at = 0;

	bytes_put_number(bytes, locks->circle_len);
	for (size_t i = 0; i < locks->circle_len; i++)
		bytes_put_number(bytes, locks->circle[i]);
	bytes_put_number(bytes, locks->by_address.count);
	while ((lock = hash_next(&locks->by_address, &at))) {
		/* Of others nobody is told: whose stack they are on is known for circles alone. */
		uint64_t num_holders = lock->is_served ? 0 : lock->num_holders;

		bytes_put_number(bytes, lock->key.first);
		bytes_put_number(bytes, num_holders);
		for (size_t i = 0; i < LOCKS_MAX_HOLDERS; i++)
			bytes_put_number(bytes, i < num_holders ? lock->holders[i] : 0);
	}
}

/* Which channels selects wait for: of the circle one each, of goroutines all, with their indices by how far they are
 * from each other. */
static void put_channels(struct bytes *bytes, const struct report *report)
{
	const struct snapshot *snapshot = report->snapshot;
	const struct locks *locks = report->locks;
	size_t last = 0;

	for (size_t i = 0; i < locks->circle_len; i++)
		bytes_put_number(bytes, locks->circle_channels[i]);
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct goroutine *one = &snapshot->goroutines[i];
		const uint64_t *channels = snapshot_channels(snapshot, one);

		if (!channels)
			continue;
		bytes_put_number(bytes, one->awaited.num_channels);
		bytes_put_number(bytes, i - last);
		for (size_t j = 0; j < one->awaited.num_channels; j++)
			bytes_put_number(bytes, channels[j]);
		last = i;
	}
	bytes_put_number(bytes, 0);
}

void goroutines_write(const struct report *report, const struct command_line *line,
		      struct bytes *bytes)
{
	const struct snapshot *snapshot = report->snapshot;
	struct writing writing = {.report = report, .bytes = bytes};

	bytes_put_number(bytes, (uint64_t)report->pid);
	bytes_put_number(bytes, report->now_ns);
	bytes_put_number(bytes, line && line->is_cut);
	bytes_put_sized(bytes, line ? line->arguments : "", line ? line->len : 0);
	for (size_t i = 0; i < snapshot->count; i++)
		put_places(&writing, &snapshot->goroutines[i]);
	bytes_put_number(bytes, PLACE_END);
	bytes_put_number(bytes, snapshot->num_unreadable);
	bytes_put_number(bytes, snapshot->is_cut);
	bytes_put_number(bytes, snapshot->count);
	for (size_t i = 0; i < snapshot->count; i++)
		put_goroutine(&writing, &snapshot->goroutines[i]);
	put_locks(bytes, report->locks);
	put_channels(bytes, report);
	hash_free_items(&writing.known);
	numbers_clear(&writing.sets);
}
