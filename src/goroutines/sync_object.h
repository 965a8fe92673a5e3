/* SPDX-License-Identifier: MIT */
/* sync_object.h - what a goroutine waits for: of package sync, by the semaphore and the functions on its stack. */
#ifndef GOROUTINES_SYNC_OBJECT_H
#define GOROUTINES_SYNC_OBJECT_H

#include "goroutines/places.h"
#include "goroutines/snapshot.h"

enum sync_kind {
	SYNC_NONE,
	SYNC_LOCK, /* sync.Mutex, RWMutex */
	SYNC_WAIT_GROUP,
	SYNC_SEMAPHORE, /* something else of that package */
	SYNC_CHANNEL,
	SYNC_CONDITION, /* sync.Cond */
	SYNC_SELECT, /* any of several channels: awaited.num_channels */
};

struct sync_object {
	uint64_t address; /* 0: unknown, or SYNC_SELECT */
	enum sync_kind kind;
};

/* SYNC_NONE: it waits for none of these, or that is not known. */
struct sync_object sync_object_awaited(struct places *places, const struct snapshot *snapshot,
				       const struct goroutine *one);

#endif
