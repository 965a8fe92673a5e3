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

struct places {
	struct gobin *bin; /* not owned */
	struct own_code own;
	struct hash code, frames;
};

struct error *places_init(struct places *places, struct gobin *bin);
void places_release(struct places *places);

/* For struct unwind_code, whose context is a struct places. */
const struct code_place *places_code(void *context, uint64_t va);

/* Of snapshot.frames. NULL: out of memory, or they are too many. Stays until the places are released. */
const struct shown_frames *places_frames(struct places *places, uint64_t va);

/* True of what the runtime runs for itself, which Go's own traces leave out:
 * src/runtime/traceback.go, isSystemGoroutine(). */
bool places_is_system(struct places *places, uint64_t start_va);

#endif
