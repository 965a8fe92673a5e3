/* SPDX-License-Identifier: MIT */
/*
 * decode.h - one function's code, read once: where probes of its entry and exits stand.
 *
 * Takes bytes; hands on sites. Knows neither patterns nor processes.
 *
 * Entry: the first instruction behind the stack check that the kernel emulates (on x86-64 `push
 * %rbp`); else the check's jump (SITE_BEHIND_CHECK); without a check the first emulated instruction
 * if nothing that matters lies before it (branch, call, write of an argument register, change of the
 * stack pointer, read of memory that may fault), else the first byte. Exits: every return and every
 * jump that leaves the function.
 */
#ifndef GOFUNCGRAPH_DECODE_H
#define GOFUNCGRAPH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/error.h"
#include "gofuncgraph/site.h"

/* What a hit costs: the kernel emulates the instruction, or single-steps a copy of it (a second
 * trap). */
enum site_cost { SITE_EMULATED, SITE_SINGLE_STEP };

#define DECODE_MAX_EXITS 65536
struct decoded_site {
	uint32_t offset; /* from the function's first byte */
	/* the same as in struct site */
	uint32_t flags, sp_delta;
	uint8_t kind, cost, length;
	uint8_t g_register, old_register, new_register;
	const char *mnemonic;
};
struct decoded {
	struct decoded_site *sites; /* entry first; owned */
	size_t num_sites;
	const char *refused; /* static text: why the function cannot be traced, or NULL */
	uint32_t refused_offset;
	bool has_ret;
	/* General registers that may hold something else at the entry's site than at the function's
	 * first byte, a bit each: struct arch's changed_registers(). */
	uint32_t changed_at_entry;
	/* The same, if the stack check before the site has called morestack. */
	uint32_t lost_by_growth;
	/* The same of memory, and of all registers: the function's code leads back to the site. (Where the
	 * runtime begins a few instructions again, all is as it was: those write X27 alone.) */
	bool is_entry_looped;
};
/* `code` holds the function's `size` bytes. Only errors of memory. */
struct error *decode_function(const struct arch *arch, const uint8_t *code, size_t size,
			      struct decoded *out);
void decoded_destroy(struct decoded *decoded);

#endif
