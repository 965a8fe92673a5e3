/* SPDX-License-Identifier: MIT */
/* names_internal.h - what the files of this room share. */
#ifndef GOFUNCGRAPH_NAMES_INTERNAL_H
#define GOFUNCGRAPH_NAMES_INTERNAL_H

#include "base/hash.h"
#include "names/addresses.h"
#include "names/goroutine_state.h"
#include "names/names.h"
#include "names/texts.h"

/* All that there are: the kernel has some 470. */
#define MAX_SYSCALLS 1024

/* A line of the processor's cache, as there may be very many. */
struct named_site {
	struct place place; /* of which only va is known at first */
	uint32_t func;
	bool is_known; /* was looked up */
} __attribute__((aligned(64)));

struct names {
	struct name_source source;
	struct named_site *sites;
	size_t num_sites;
	struct texts texts;
	struct addresses addresses;
	struct hash frames; /* see frames.c */
	struct place found; /* the last one of an address */
	char *reasons[256];
	bool has_reason[256]; /* was looked up */
	char *syscalls[MAX_SYSCALLS];
	char states[STATE_NUMBER + 1][STATE_NAME_SIZE]; /* empty: not looked up yet */
};

/* NULL for NULL. False: out of memory. */
bool names_text(struct names *names, const char *raw, const struct name **name);

void frames_clear(struct hash *known);

#endif
