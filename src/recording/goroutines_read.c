/* SPDX-License-Identifier: MIT */
/* goroutines_read.c - the way back of what goroutines.c has written. */
#include "recording/goroutines.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "gofuncgraph/record.h"
#include "recording/goroutines_notes.h"

/* ---- places ---- */

/* Kept with them. NULL: it failed. */
static const char *take_text(struct cursor *cursor, struct places *places)
{
	const char *kept = places_keep(places, cursor_text(cursor));

	if (!cursor->failed)
		cursor_need(cursor, kept);
	return kept;
}

static void take_frames(struct cursor *cursor, struct places *places, uint64_t va)
{
	size_t count = cursor_count(cursor);
	struct shown_frames *shown = calloc(1, sizeof(*shown) + count * sizeof(shown->items[0]));

	cursor->failed |= count > PLACES_MAX_INLINED;
	if (cursor_need(cursor, shown))
		shown->key.first = va;
	for (size_t i = 0; i < count && !cursor->failed; i++) {
		struct shown_frame *frame = &shown->items[i];
		uint64_t flags = cursor_number(cursor);
		bool has_file;

		frame->is_own = flags & FRAME_IS_OWN;
		frame->is_hidden = flags & FRAME_IS_HIDDEN;
		frame->frame.name = take_text(cursor, places);
		has_file = cursor_number(cursor);
		frame->frame.line.file = take_text(cursor, places);
		frame->frame.line.line = (unsigned)cursor_number(cursor);
		if (!has_file)
			frame->frame.line.file = NULL;
		shown->count++;
	}
	if (cursor->failed || !places_tell_frames(places, shown))
		free(shown);
}

static void take_places(struct cursor *cursor, struct places *places)
{
	while (!cursor->failed) {
		uint64_t kind = cursor_number(cursor), number;

		if (kind == PLACE_END)
			return;
		number = cursor_number(cursor);
		if (kind == PLACE_FRAMES)
			take_frames(cursor, places, number);
		else if (kind == PLACE_SYSTEM)
			hash_note(&places->systems, (struct hash_key){.first = number});
		else if (kind == PLACE_REASON && number < PLACES_NUM_REASONS)
			places->reasons[number] = take_text(cursor, places);
		else
			cursor->failed = true;
	}
}

static void take_label(struct cursor *cursor, struct label *label)
{
	label->key = (const char *)cursor_sized(cursor, &label->key_len);
	label->value = (const char *)cursor_sized(cursor, &label->value_len);
	cursor->failed |= !label->key || !label->value;
}

/* Texts are behind the set, in the same memory. */
static struct label_set *keep_labels(struct label_sets *sets, const struct label *items,
				     size_t count)
{
	size_t size = sizeof(struct label_set) + count * sizeof(*items);
	struct label_set *kept;
	char *text;

	for (size_t i = 0; i < count; i++)
		size += items[i].key_len + items[i].value_len;
	kept = malloc(size);
	if (!kept)
		return NULL;
	*kept = (struct label_set){.key.first = sets->sets.count + 1, .count = count};
	text = (char *)&kept->items[count];
	for (size_t i = 0; i < count; i++) {
		kept->items[i] = items[i];
		kept->items[i].key = memcpy(text, items[i].key, items[i].key_len);
		text += items[i].key_len;
		kept->items[i].value = memcpy(text, items[i].value, items[i].value_len);
		text += items[i].value_len;
	}
	if (hash_add(&sets->sets, &kept->key))
		return kept;
	free(kept);
	return NULL;
}

static const struct label_set *take_labels(struct cursor *cursor, struct label_sets *sets)
{
	uint64_t number = cursor_number(cursor), count;
	struct label items[LABELS_MAX];
	struct label_set *kept = hash_find(&sets->sets, (struct hash_key){.first = number});
	bool is_cut;

	if (kept || !number)
		return kept;
	count = cursor_number(cursor);
	cursor->failed |= number != sets->sets.count + 1 || !count || count > LABELS_MAX;
	if (cursor->failed)
		return NULL;
	is_cut = cursor_number(cursor);
	for (size_t i = 0; i < count; i++)
		take_label(cursor, &items[i]);
	kept = cursor->failed ? NULL : keep_labels(sets, items, count);
	if (!cursor->failed && cursor_need(cursor, kept))
		kept->is_cut = is_cut;
	return kept;
}

static void take_goroutine(struct cursor *cursor, struct snapshot *snapshot)
{
	struct goroutine *one = &snapshot->goroutines[snapshot->count];
	uint64_t flags, va = 0;

	one->goid = cursor_number(cursor);
	one->parent_goid = cursor_number(cursor);
	one->gopc_va = cursor_number(cursor);
	one->start_va = cursor_number(cursor);
	one->since_ns = cursor_number(cursor);
	one->awaited.kind = (uint8_t)cursor_number(cursor);
	one->awaited.address = cursor_number(cursor);
	one->state = cursor_number(cursor) & STATE_NUMBER;
	one->reason = (uint8_t)cursor_number(cursor);
	flags = cursor_number(cursor);
	one->keeps_thread = flags & GOROUTINE_KEEPS_THREAD;
	one->has_moved = flags & GOROUTINE_HAS_MOVED;
	one->labels = take_labels(cursor, &snapshot->labels);
	one->end = (uint8_t)cursor_number(cursor);
	one->frames_hash = cursor_number(cursor);
	one->num_frames = (uint8_t)cursor_number(cursor);
	cursor->failed |= one->num_frames > UNWIND_MAX_FRAMES;
	one->first_frame = snapshot->num_frames;
	if (!array_reserve(&snapshot->frames, &snapshot->frames_capacity,
			   snapshot->num_frames + one->num_frames, sizeof(*snapshot->frames)))
		cursor_need(cursor, NULL);
	for (size_t i = 0; i < one->num_frames && !cursor->failed; i++) {
		va += (uint64_t)cursor_signed(cursor);
		snapshot->frames[snapshot->num_frames++] = va;
	}
	snapshot->count += !cursor->failed;
}

static void take_goroutines(struct cursor *cursor, struct snapshot *snapshot)
{
	size_t count;

	snapshot->num_unreadable = cursor_number(cursor);
	snapshot->is_cut = cursor_number(cursor);
	count = cursor_count(cursor);
	cursor->failed |= count > SNAPSHOT_MAX_GOROUTINES;
	if (cursor->failed)
		return;
	snapshot->goroutines = calloc(count + 1, sizeof(*snapshot->goroutines));
	cursor_need(cursor, snapshot->goroutines);
	while (snapshot->count < count && !cursor->failed)
		take_goroutine(cursor, snapshot);
}

/* One of those in the snapshot. */
static size_t take_index(struct cursor *cursor, const struct snapshot *snapshot)
{
	uint64_t index = cursor_number(cursor);

	cursor->failed |= index >= snapshot->count;
	return cursor->failed ? 0 : index;
}

static void take_lock(struct cursor *cursor, const struct snapshot *snapshot, struct locks *locks)
{
	struct lock *lock = calloc(1, sizeof(*lock));

	if (!cursor_need(cursor, lock))
		return;
	lock->key.first = cursor_number(cursor);
	lock->num_holders = cursor_number(cursor);
	for (size_t i = 0; i < LOCKS_MAX_HOLDERS; i++)
		lock->holders[i] = take_index(cursor, snapshot);
	if (cursor->failed || hash_find(&locks->by_address, lock->key) ||
	    !hash_add(&locks->by_address, &lock->key))
		free(lock);
}

static void take_locks(struct cursor *cursor, const struct snapshot *snapshot, struct locks *locks)
{
	uint64_t circle_len = cursor_number(cursor);
	size_t count;

	cursor->failed |= circle_len > LOCKS_MAX_CIRCLE;
	while (locks->circle_len < circle_len && !cursor->failed)
		locks->circle[locks->circle_len++] = take_index(cursor, snapshot);
	count = cursor_count(cursor);
	for (size_t i = 0; i < count && !cursor->failed; i++)
		take_lock(cursor, snapshot, locks);
}

static void take_channels_of(struct cursor *cursor, size_t count, struct snapshot *snapshot,
			     struct awaited *awaited)
{
	uint64_t items[AWAITED_MAX_CHANNELS];

	cursor->failed |= awaited->kind != AWAITED_SELECT || awaited->num_channels ||
			  !awaited_has_room(&snapshot->channels, count);
	for (size_t i = 0; i < count && !cursor->failed; i++)
		items[i] = cursor_number(cursor);
	if (!cursor->failed && !awaited_add_channels(&snapshot->channels, items, count, awaited))
		cursor_need(cursor, NULL);
}

static void take_channels(struct cursor *cursor, struct snapshot *snapshot, struct locks *locks)
{
	size_t index = 0, count;

	for (size_t i = 0; i < locks->circle_len; i++)
		locks->circle_channels[i] = cursor_number(cursor);
	while (!cursor->failed && (count = cursor_number(cursor))) {
		uint64_t step = cursor_number(cursor);

		cursor->failed |= step >= snapshot->count - index;
		if (cursor->failed)
			return;
		index += step;
		take_channels_of(cursor, count, snapshot, &snapshot->goroutines[index].awaited);
	}
}

bool goroutines_read(struct cursor *cursor, struct recorded_goroutines *goroutines)
{
	const uint8_t *arguments;
	size_t size = 0;
	bool is_cut;

	goroutines->pid = (pid_t)cursor_number(cursor);
	goroutines->now_ns = cursor_number(cursor);
	is_cut = cursor_number(cursor);
	arguments = cursor_sized(cursor, &size);
	goroutines->lines = command_lines_new();
	if (!arguments || !cursor_need(cursor, goroutines->lines))
		return false;
	if (!command_lines_tell(goroutines->lines, (uint32_t)goroutines->pid,
				(const char *)arguments, size, is_cut))
		return cursor_need(cursor, NULL);
	take_places(cursor, &goroutines->places);
	take_goroutines(cursor, &goroutines->snapshot);
	take_locks(cursor, &goroutines->snapshot, &goroutines->locks);
	/* Older ones have none. */
	if (!cursor_is_at_end(cursor))
		take_channels(cursor, &goroutines->snapshot, &goroutines->locks);
	return !cursor->failed;
}

void goroutines_release(struct recorded_goroutines *goroutines)
{
	command_lines_free(goroutines->lines);
	locks_release(&goroutines->locks);
	snapshot_release(&goroutines->snapshot);
	places_release(&goroutines->places);
	*goroutines = (struct recorded_goroutines){};
}
