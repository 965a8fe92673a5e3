/* SPDX-License-Identifier: MIT */
#include "goroutines/sync_object.h"

#include <string.h>

#include "base/text.h"

/* Frames from the innermost one on that may be those of package sync. */
#define MAX_SYNC_FRAMES 8

/* Where the semaphores are in types of package sync, in all versions: src/sync/mutex.go, rwmutex.go and
 * waitgroup.go. A Mutex is the first member of an RWMutex. */
static const struct {
	const char *function;
	uint32_t offset;
	enum sync_kind kind;
} types[] = {
	{"sync.(*Mutex).", 4, SYNC_LOCK},
	{"internal/sync.(*Mutex).", 4, SYNC_LOCK},
	{"sync.(*RWMutex).RLock", 12, SYNC_LOCK},
	{"sync.(*RWMutex).Lock", 8, SYNC_LOCK},
	{"sync.(*WaitGroup).Wait", 8, SYNC_WAIT_GROUP},
};

static bool find_type(const char *function, uint64_t semaphore, struct sync_object *object)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!text_starts_with(function, types[i].function))
			continue;
		object->address = semaphore - types[i].offset;
		object->kind = types[i].kind;
		return true;
	}
	return false;
}

struct sync_object sync_object_awaited(struct places *places, const struct snapshot *snapshot,
				       const struct goroutine *one)
{
	struct sync_object object = {one->awaited.address, SYNC_SEMAPHORE};

	if (one->awaited.kind == AWAITED_CHANNEL)
		return (struct sync_object){one->awaited.address, SYNC_CHANNEL};
	if (one->awaited.kind == AWAITED_CONDITION)
		return (struct sync_object){one->awaited.address, SYNC_CONDITION};
	if (one->awaited.kind == AWAITED_SELECT)
		return (struct sync_object){.kind = SYNC_SELECT};
	if (one->awaited.kind != AWAITED_SEMAPHORE)
		return (struct sync_object){0};
	for (size_t i = 0; i < one->num_frames && i < MAX_SYNC_FRAMES; i++) {
		uint64_t va = snapshot->frames[one->first_frame + i];
		const struct shown_frames *frames = places_frames(places, va);

		for (size_t j = 0; frames && j < frames->count; j++)
			if (find_type(frames->items[j].frame.name, one->awaited.address, &object))
				return object;
	}
	return object;
}
