/* SPDX-License-Identifier: MIT */
/* places.h - code of goroutines' stacks by address: for unwinding, and as it is shown. Cached. */
#ifndef GOROUTINES_PLACES_H
#define GOROUTINES_PLACES_H

#include "base/hash.h"
#include "gofuncgraph/gobin.h"
#include "goroutines/unwind.h"

struct shown_frame {
	struct gobin_frame frame; /* hostile texts, in the gobin's memory; name is not NULL */
	bool is_own; /* the program's own code, not Go's library */
	bool is_hidden; /* Go's own traces leave it out: src/runtime/traceback.go, showframe() */
};

/* Of one address: what is inlined there first. */
struct shown_frames {
	struct hash_key key;
	size_t count;
	struct shown_frame items[];
};

#define PLACES_NUM_REASONS 256
/* Calls inlined into each other that are told. */
#define PLACES_MAX_INLINED 32

/* All zero: of no binary, and what is known is what was told, by the functions at the end. */
struct places {
	struct gobin *bin; /* not owned */
	struct own_code own;
	struct hash code, frames;
	/* What was told: functions of the runtime's own goroutines, reasons of waits, and their texts. */
	struct hash systems;
	const char *reasons[PLACES_NUM_REASONS];
	char **texts;
	size_t num_texts, texts_capacity;
};

void places_init(struct places *places, struct gobin *bin);
void places_release(struct places *places);

/* For struct unwind_code, whose context is a struct places. */
const struct code_place *places_code(void *context, uint64_t va);

bool places_live(void *context, uint64_t va, struct gobin_live_words *words);

/* Of snapshot.frames. NULL: out of memory, or they are too many. Stays until the places are released. */
const struct shown_frames *places_frames(struct places *places, uint64_t va);

/* True of what the runtime runs for itself, which Go's own traces leave out:
 * src/runtime/traceback.go, isSystemGoroutine(). */
bool places_is_system(struct places *places, uint64_t start_va);

/* As gobin_wait_reason(). */
const char *places_reason(const struct places *places, uint8_t reason);

/* ---- telling, of no binary ---- */

/* Takes the text over, for as long as there are places. NULL: it was NULL, or out of memory. */
const char *places_keep(struct places *places, char *text);
/* Takes them over. False: out of memory, or they are known, and stay the caller's. */
bool places_tell_frames(struct places *places, struct shown_frames *frames);

#endif
