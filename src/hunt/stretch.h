/* SPDX-License-Identifier: MIT */
/* stretch.h - a time in which looks at a goroutine found the same: a wait, where waits are sampled. */
#ifndef HUNT_STRETCH_H
#define HUNT_STRETCH_H

#include "gofuncgraph/record.h"
#include "hunt/history.h"

/* All zero: there was no look. */
struct stretch {
	uint64_t start_ns; /* halfway from the look before it, or since when it is asked for */
	uint64_t last_ns; /* the last look; 0: there was none */
	uint64_t told_ns; /* up to then it is in the history; 0: it is not */
	uint64_t stack;
	uint64_t by_goid, by_stack; /* struct record_holder; 0: nobody known */
	uint32_t object; /* what it waits on; 0: unknown */
	uint8_t state, reason;
	uint16_t syscall; /* as in struct record_look */
};

/* The next look. True: it found the same. */
bool stretch_goes_on(struct stretch *stretch, const struct record_look *look, uint32_t object);

/* Where the next one begins, which this look found. */
uint64_t stretch_border_ns(const struct stretch *stretch, const struct record_look *look);
void stretch_begin(struct stretch *stretch, uint64_t start_ns, const struct record_look *look,
		   uint32_t object);

/* Who may hold the lock that it waits for. False: somebody else than before, so what was known of it ends. */
bool stretch_note_holder(struct stretch *stretch, const struct record_holder *holder);
/* The same, from then on. */
void stretch_change_holder(struct stretch *stretch, const struct record_holder *holder);

/* A wait from then up to end_ns, of this goroutine (goid, pid), and its piece. False: there was no look, or it ran. */
bool stretch_wait(const struct stretch *stretch, struct hash_key goroutine, uint64_t start_ns,
		  uint64_t end_ns, struct record_wait *wait, struct piece *piece);

/* What is not in the history yet, up to end_ns. False: out of memory. */
bool stretch_remember(struct stretch *stretch, struct hash_key goroutine, uint64_t end_ns,
		      bool is_in_target, struct history *history);

#endif
