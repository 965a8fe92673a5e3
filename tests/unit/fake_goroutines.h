/* SPDX-License-Identifier: MIT */
/* fake_goroutines.h - the memory of a process with some goroutines, made up. */
#ifndef TESTS_FAKE_GOROUTINES_H
#define TESTS_FAKE_GOROUTINES_H

#include <stdlib.h>
#include <string.h>

#include "gobin/layout.h"
#include "gofuncgraph/record.h"
#include "goroutines/snapshot.h"

#define BIAS 0x100000

/* ---- code: a function at each multiple of 0x100 ---- */

enum {
	BOTTOM = 0x1000,
	FRAMELESS = 0x1100,
	FRAME_16 = 0x1200,
	FRAME_32 = 0x1300,
	INJECTED = 0x1400
};

static inline const struct code_place *code_at(void *context, uint64_t va)
{
	static struct code_place place;

	place = (struct code_place){.func_va = va & ~0xffull};
	switch (place.func_va) {
	case BOTTOM:
		place.is_bottom = true;
		return &place;
	case FRAMELESS:
		return &place;
	case FRAME_16:
		place.delta = 16;
		return &place;
	case FRAME_32:
		place.delta = 32;
		return &place;
	case INJECTED:
		place.delta = 16;
		place.is_injected = true;
		return &place;
	default:
		return NULL;
	}
}

/* ---- memory ---- */

#define MEMORY  0x10000
#define ALLGS   0x10000
#define LIST    0x10100
#define FIRST_G 0x11000
#define G_STEP  0x400
#define STACKS  0x20000
#define NUM_GS  4

struct fake {
	uint8_t bytes[0x20000];
	struct gobin_layout layout;
	unsigned num_moves; /* reads of the second g that find it changed */
	unsigned num_reads;
};

static inline void put(struct fake *fake, uint64_t at, uint64_t word)
{
	memcpy(fake->bytes + (at - MEMORY), &word, sizeof(word));
}

static inline struct error *read_fake(const void *context, struct memory_piece *pieces,
				      size_t count)
{
	struct fake *fake = (struct fake *)context;

	for (size_t i = 0; i < count; i++) {
		uint64_t at = pieces[i].at - MEMORY;

		pieces[i].is_read =
			at <= sizeof(fake->bytes) && sizeof(fake->bytes) - at >= pieces[i].len;
		if (!pieces[i].is_read)
			continue;
		if (pieces[i].at == FIRST_G + G_STEP && fake->num_moves) {
			fake->num_moves--;
			fake->num_reads++;
			put(fake, FIRST_G + G_STEP + fake->layout.g_waitreason, fake->num_reads);
		}
		memcpy(pieces[i].to, fake->bytes + at, pieces[i].len);
	}
	return NULL;
}

static inline void put_g(struct fake *fake, unsigned i, uint64_t goid, uint64_t state, uint64_t va)
{
	uint64_t g = FIRST_G + i * G_STEP, stack = STACKS + i * 0x1000;

	put(fake, LIST + i * 8, g);
	put(fake, g + fake->layout.g_stack_lo, stack);
	put(fake, g + fake->layout.g_stack_hi, stack + 0x800);
	put(fake, g + fake->layout.g_atomicstatus, state);
	put(fake, g + fake->layout.g_goid, goid);
	put(fake, g + fake->layout.g_sched_sp, stack + 0x7e8);
	put(fake, g + fake->layout.g_sched_pc, va + BIAS);
	put(fake, stack + 0x7e8 + 16, BOTTOM + BIAS + 1);
	put(fake, stack + 0x7e8, BOTTOM + BIAS + 1);
}

static inline struct fake *new_fake(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	layout_from_table("go1.22", 22, &fake->layout);
	put(fake, ALLGS, LIST);
	put(fake, ALLGS + 8, NUM_GS);
	put_g(fake, 0, 1, STATE_WAITING, FRAME_16 + 8);
	put_g(fake, 1, 7, STATE_WAITING, FRAME_16 + 8);
	put_g(fake, 2, 5, STATE_DEAD, 0);
	put_g(fake, 3, 9, STATE_RUNNING, FRAMELESS);
	return fake;
}

#endif
