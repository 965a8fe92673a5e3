/* SPDX-License-Identifier: MIT */
/*
 * blame.h - who kept a call waiting, and what that one did meanwhile, and who kept it, and so on.
 *
 * It is looked for when the call ends, as long as it is in the history: all that those did who had a part
 * in a wait lies before the end of it.
 */
#ifndef HUNT_BLAME_H
#define HUNT_BLAME_H

#include "hunt/history.h"
#include "hunt/starts.h"

/* Goroutines behind each other. */
#define BLAME_MAX_DEPTH 12
/* Of one call: waits that are asked about, the longest first; and all that is found. */
#define BLAME_MAX_WAITS 8
#define BLAME_MAX       512
/* Shorter waits are not asked about. */
#define BLAME_MIN_NS HISTORY_MIN_WAIT_NS

#define BLAME_TOP     UINT32_MAX
#define BLAME_STARTED (1u << 31)

/* Something that another goroutine did while it was waited for. */
struct blame {
	/* What it kept: another one of these, by index, or BLAME_TOP: a wait of the call itself. */
	uint32_t parent;
	/* Of BLAME_TOP: that wait, by its index; once the pieces are folded, of the folded ones. Or
	 * BLAME_STARTED and the index of a goroutine that the call started. */
	uint32_t piece;
	uint64_t goid; /* who did it */
	bool is_in_target; /* inside of a target itself */
	/* Its time, as far as it lies within the wait, and as far as it is known. Who ended it, when it is
	 * a wait, is who the children are of. */
	struct piece what;
};

struct blames {
	struct blame *items;
	size_t count, capacity;
};

/*
 * Of the waits of a call, and of its times without a processor; its pieces must not be folded. `call`:
 * the goroutine. period_ns: what a sample stands for. False: out of memory.
 */
bool blame_find(const struct history *history, struct hash_key call, const struct pieces *pieces,
		uint64_t period_ns, struct blames *blames);

/* What those did, until end_ns, that the call started. The same. */
bool blame_find_started(const struct history *history, struct hash_key call,
			const struct starts *starts, uint64_t end_ns, uint64_t period_ns,
			struct blames *blames);

/* The pieces were folded: `before`, which they were, in no order of importance; each names its own now. */
void blame_follow(struct blames *blames, const struct pieces *before, const struct pieces *folded);

void blames_clear(struct blames *blames);

#endif
