/* SPDX-License-Identifier: MIT */
/*
 * sites.h - stacks as what they tell: the frame of the program's own code, what it called, whether that is
 * the garbage collector or C code.
 */
#ifndef HUNT_SITES_H
#define HUNT_SITES_H

#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/stacks.h"
#include "hunt/objects.h"
#include "hunt/pieces.h"

/* Frames of one stack, inlined ones too; more are left out, the outermost first. */
#define SITE_MAX_FRAMES 256

/* What a stack tells. */
struct stack_site {
	struct hash_key key; /* the stack, whether its first address is an instruction */
	struct place own; /* see struct hunt_doing */
	const struct name *callee;
	int32_t syscall; /* the system call that is made there; negative: unknown */
	bool is_gc, is_c;
	bool is_known;
};

struct sites {
	const struct stacks *stacks; /* not owned */
	struct names *names; /* not owned */
	const struct objects *objects; /* not owned */
	struct hash known;
	struct hunt_frame frames[SITE_MAX_FRAMES]; /* of the last one that was asked for */
};

/* What the stack of a piece tells. Never NULL; stays until the sites are cleared. */
const struct stack_site *sites_find(struct sites *sites, uint64_t stack, bool is_sampled);

/* Its frames, in sites->frames, the innermost first. Returns how many. */
size_t sites_frames(struct sites *sites, uint64_t stack, bool is_sampled);

/* C code may sleep and compute in one piece: what is to be told apart. Returns how many parts. */
size_t sites_divide(struct sites *sites, const struct piece *piece, struct piece parts[2]);

/* The kind of a piece; where there are two, that of most of it. `site`: of its stack. */
enum hunt_kind sites_kind(struct sites *sites, const struct piece *piece,
			  const struct stack_site *site);

/* Of a piece of HUNT_WAIT the reason, of HUNT_SYSCALL the system call's number; else 0. */
int32_t sites_detail(enum hunt_kind kind, const struct piece *piece, const struct stack_site *site);

/* "sleep", "cpu", "syscall fsync"; `detail`: sites_detail(). Stays as long as the names. */
const char *sites_kind_name(struct sites *sites, enum hunt_kind kind, int32_t detail);

void sites_clear(struct sites *sites);

#endif
