/* SPDX-License-Identifier: MIT */
#include "recording/goroutines.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/numbers.h"
#include "gofuncgraph/record.h"

enum goroutine_flags { GOROUTINE_KEEPS_THREAD = 1 << 0, GOROUTINE_HAS_MOVED = 1 << 1 };
enum frame_flags { FRAME_IS_OWN = 1 << 0, FRAME_IS_HIDDEN = 1 << 1 };
/* What comes of places, up to PLACE_END: each where it is needed first. */
enum place_note { PLACE_END, PLACE_FRAMES, PLACE_SYSTEM, PLACE_REASON };

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
		/* Of channels nobody is told: whose stack they are on is known for circles alone. */
		uint64_t num_holders = lock->is_channel ? 0 : lock->num_holders;

		bytes_put_number(bytes, lock->key.first);
		bytes_put_number(bytes, num_holders);
		for (size_t i = 0; i < LOCKS_MAX_HOLDERS; i++)
			bytes_put_number(bytes, i < num_holders ? lock->holders[i] : 0);
	}
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
	hash_free_items(&writing.known);
	numbers_clear(&writing.sets);
}

/* ---- reading ---- */

static void take_frames(struct cursor *cursor, struct places *places, uint64_t va)
{
	size_t count = cursor_count(cursor);
	struct shown_frames *shown = calloc(1, sizeof(*shown) + count * sizeof(shown->items[0]));

	cursor->failed |= !shown || count > PLACES_MAX_INLINED;
	if (shown)
		shown->key.first = va;
	for (size_t i = 0; i < count && !cursor->failed; i++) {
		struct shown_frame *frame = &shown->items[i];
		uint64_t flags = cursor_number(cursor);
		bool has_file;

		frame->is_own = flags & FRAME_IS_OWN;
		frame->is_hidden = flags & FRAME_IS_HIDDEN;
		frame->frame.name = places_keep(places, cursor_text(cursor));
		has_file = cursor_number(cursor);
		frame->frame.line.file = places_keep(places, cursor_text(cursor));
		frame->frame.line.line = (unsigned)cursor_number(cursor);
		cursor->failed |= !frame->frame.name || !frame->frame.line.file;
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
			places->reasons[number] = places_keep(places, cursor_text(cursor));
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
	cursor->failed |= !kept;
	if (kept)
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
		cursor->failed = true;
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
	cursor->failed |= !snapshot->goroutines;
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

	cursor->failed |= !lock;
	if (!lock)
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
	size_t count;

	locks->circle_len = cursor_number(cursor);
	cursor->failed |= locks->circle_len > LOCKS_MAX_CIRCLE;
	for (size_t i = 0; i < locks->circle_len && !cursor->failed; i++)
		locks->circle[i] = take_index(cursor, snapshot);
	count = cursor_count(cursor);
	for (size_t i = 0; i < count && !cursor->failed; i++)
		take_lock(cursor, snapshot, locks);
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
	if (!arguments || !goroutines->lines ||
	    !command_lines_tell(goroutines->lines, (uint32_t)goroutines->pid,
				(const char *)arguments, size, is_cut))
		return false;
	take_places(cursor, &goroutines->places);
	take_goroutines(cursor, &goroutines->snapshot);
	take_locks(cursor, &goroutines->snapshot, &goroutines->locks);
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
