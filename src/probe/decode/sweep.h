/* SPDX-License-Identifier: MIT */
/*
 * sweep.h - one function's instructions, inside the room: what decode.c, entry.c, exits.c and
 * those that look for sites of the tracer's own share.
 */
#ifndef PROBE_DECODE_SWEEP_H
#define PROBE_DECODE_SWEEP_H

#include "arch/arch.h"
#include "gofuncgraph/decode.h"

/* No entry site lies further into its function than this; jumps to before it matter to the entry.
 */
#define HEAD_BYTES 512

/* A direct jump inside the function to one of its first HEAD_BYTES bytes. */
struct head_jump {
	uint32_t from;
	uint32_t to;
};

/* What one sweep over the function's code found. */
struct sweep {
	struct decoded_site *exits;
	size_t num_exits, exits_capacity;
	struct head_jump *jumps;
	size_t num_jumps, jumps_capacity;
	bool has_ret;
	const char *refused; /* static text, or NULL */
	uint32_t refused_offset;
};

/* The instruction at `offset`, whatever is before it. False: none can be decoded there. */
bool code_instruction(const struct code *code, uint32_t offset, struct insn *insn);
/* The instruction at `offset` as a site, when a probe may stand on it. */
bool code_site(const struct code *code, uint32_t offset, struct decoded_site *site);

void site_fill(const struct code *code, const struct insn *insn, uint32_t offset,
	       struct decoded_site *site);

/* exits.c: reads the whole function. Only errors of memory. */
struct error *code_sweep(const struct code *code, struct sweep *sweep);
void sweep_destroy(struct sweep *sweep);

/* entry.c: chooses the entry's site, and tells whether the function's code leads back to it. NULL, or why
 * there is none (static text). */
const char *entry_choose(const struct code *code, const struct sweep *sweep,
			 struct decoded_site *entry, bool *is_looped);

#endif
