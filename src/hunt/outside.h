/* SPDX-License-Identifier: MIT */
/* outside.h - goroutines that looks find outside of targets, as calls started them or wait for them: what they wait for. */
#ifndef HUNT_OUTSIDE_H
#define HUNT_OUTSIDE_H

#include "hunt/history.h"
#include "hunt/starts.h"
#include "hunt/stretch.h"

/* The one that was met first gives way. */
#define OUTSIDE_MAX 4096

struct outside_goroutine;

/* All zero: empty. */
struct outside {
	struct hash by_key;
	struct outside_goroutine *first; /* a list of all */
};

/* It begins. This, and what follows: false: out of memory. */
bool outside_start(struct outside *outside, const struct record *go);

bool outside_look(struct outside *outside, const struct record_look *look, uint32_t object,
		  struct history *history);

bool outside_holder(struct outside *outside, const struct record_holder *holder,
		    struct history *history);
/* What looks found last; NULL: none did. */
struct stretch *outside_stretch(const struct outside *outside, uint64_t goid, uint32_t pid);

/* Puts what is known of those that a call started, in process `pid`, into the history, and forgets them. */
bool outside_end(struct outside *outside, const struct starts *starts, uint32_t pid,
		 struct history *history);

void outside_forget_process(struct outside *outside, uint32_t pid);
void outside_clear(struct outside *outside);

#endif
