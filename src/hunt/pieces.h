/* SPDX-License-Identifier: MIT */
/*
 * pieces.h - what the time of a call went to, piece by piece.
 *
 * The pieces of a call do not overlap, and their times add up to its duration. They are in order of time
 * until they are folded: then those that tell the same are one.
 */
#ifndef HUNT_PIECES_H
#define HUNT_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum piece_kind {
	PIECE_CPU, /* it ran, as samples show; without a stack: where is not known */
	PIECE_WAIT, /* STATE_WAITING; detail: the reason */
	PIECE_SYSCALL, /* STATE_SYSCALL; detail: the number, negative: unknown */
	PIECE_STOPPED, /* preempted for the collector, which looks through its stack */
	PIECE_RUNNABLE, /* it could go on, and no thread took it */
	PIECE_NO_CPU, /* its thread could go on, and had no processor */
	PIECE_ASLEEP, /* its thread slept in the kernel while the goroutine was RUNNING */
	PIECE_SHORT, /* waits that were too short to be told one by one, of which none was */
	PIECE_TRACER, /* the kernel handled our breakpoints */
	PIECE_UNSEEN, /* it must have run, but nothing was seen: records are missing */
};

enum piece_flags {
	PIECE_SAMPLED =
		1 << 0, /* the stack's first address is an instruction, else a return address */
	PIECE_IS_OPEN = 1 << 1, /* it had not ended when tracing did */
	/* Of PIECE_NO_CPU: who had the processor. Else a process of the name by_comm. */
	PIECE_BY_OWN = 1 << 2, /* another thread of the same process */
	PIECE_BY_NOBODY = 1 << 3,
	PIECE_BY_QUOTA = 1 << 4, /* the thread might not have it */
	/* Of PIECE_NO_CPU, as long as it is in a span: the goroutine was in a system call. */
	PIECE_IN_SYSCALL = 1 << 5,
	PIECE_BY = PIECE_BY_OWN | PIECE_BY_NOBODY | PIECE_BY_QUOTA,
	PIECE_BY_HOLDER =
		1 << 5, /* of PIECE_WAIT: by_goid may hold what is waited for, and was there then */
	/* Until pieces_place_short(): with a stack, it stands for other short waits; without, it is a sum of those. */
	PIECE_IS_SHORT = 1 << 6,
};

#define PIECE_COMM_SIZE 16

struct piece {
	uint64_t start_ns;
	uint64_t ns;
	uint64_t stack; /* record_stack.id; 0: unknown */
	union {
		/* Of PIECE_WAIT and PIECE_STOPPED: who ended it, where; 0: nobody known. */
		struct {
			uint64_t by_goid, by_stack;
		};
		char by_comm[PIECE_COMM_SIZE]; /* of PIECE_NO_CPU */
		uint64_t asleep_ns; /* of PIECE_SYSCALL: as much of it its thread slept */
	};
	int32_t detail; /* 0 where the kind has none */
	uint32_t object; /* what a wait was on: struct objects; 0: unknown */
	uint8_t kind; /* enum piece_kind */
	uint8_t flags;
	uint32_t count; /* times that are in it, 1 at first; of PIECE_CPU samples */
};

/* Of one call. All zero: empty. */
struct pieces {
	struct piece *items;
	size_t count, capacity;
	bool is_folded; /* at least once: they are in no order any more */
};

/* More are folded; what is in too many places even then loses its place. */
#define MAX_PIECES 4096

/* A piece of no time is left out. One that tells the same as the last one is added to that. False: out
 * of memory. */
bool pieces_add(struct pieces *pieces, const struct piece *piece);

/* Sums of short waits become what the next one of those is that is known by itself, or the last one: of system calls
 * and others each by itself. */
void pieces_place_short(struct pieces *pieces);

/* Makes those one that tell the same; the first of them tells when. */
void pieces_fold(struct pieces *pieces);

/* True of two that tell the same, but of other times. */
bool piece_is_alike(const struct piece *a, const struct piece *b);

/* A copy in as much memory as it takes. False: out of memory. */
bool pieces_copy(const struct pieces *pieces, struct pieces *copy);

void pieces_clear(struct pieces *pieces);

#endif
