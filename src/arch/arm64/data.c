/* SPDX-License-Identifier: MIT */
/*
 * data.c - what code says of data: accesses to the thread-local g, addresses, numbers.
 *
 * The thread's g is used in C's neighbourhood alone: by runtime.load_g and save_g
 * (src/runtime/tls_arm64.s). Go's assembler and the linkers leave one of three forms
 * (cmd/internal/obj/arm64/asm7.go, C_TLS_LE and C_TLS_IE; bfd/elfnn-aarch64.c,
 * elfNN_aarch64_tls_relax):
 *
 *	mrs x0,tpidr_el0; mov x27,#16;                   ldr x28,[x0,x27]  not PIC
 *	mrs x0,tpidr_el0; movz x27,..; movk x27,..;      ldr x28,[x0,x27]  PIE, the linker knew it
 *	mrs x0,tpidr_el0; adrp x27,..; ldr x27,[x27,..]; ldr x28,[x0,x27]  libraries
 *
 * In the last one the dynamic loader puts the offset into the slot: R_AARCH64_TLS_TPREL.
 */
#include "arch/arm64/code.h"

#define PAGE 4096

#define IS_MOVZ_X PATTERN(0xff800000, 0xd2800000)
#define IS_MOVK_X PATTERN(0xff800000, 0xf2800000)
#define IS_ADD_X  PATTERN(0xff800000, 0x91000000)

/* Of the page that adrp computes, from the code's first byte. */
static int64_t page_of(const struct code *code, uint32_t word, uint32_t offset)
{
	int64_t pages = arm64_signed_field(word, 5, 19) * 4 | (word >> 29 & 3);
	int64_t in_page = (int64_t)((code->va + offset) % PAGE);

	return (int64_t)offset - in_page + pages * PAGE;
}

/* Of movz and movk. */
static int64_t moved(uint32_t word)
{
	return (int64_t)((uint64_t)(word >> 5 & 0xffff) << (word >> 21 & 3) * 16);
}

/* The constant, or the slot's place, that is in the register before the access. */
static bool read_place(const struct code *code, uint32_t *offset, uint32_t *reg,
		       struct code_tls_access *access)
{
	uint32_t word, next;

	if (!arm64_read(code, *offset, &word))
		return false;
	*reg = RD(word);
	*offset += INSN_SIZE;
	if (matches(word, IS_MOVZ_X)) {
		access->offset = moved(word);
		if (arm64_read(code, *offset, &next) && matches(next, IS_MOVK_X) &&
		    RD(next) == *reg) {
			access->offset |= moved(next);
			*offset += INSN_SIZE;
		}
		return true;
	}
	if (!matches(word, IS_ADRP) || !arm64_read(code, *offset, &next) ||
	    !matches(next, IS_LDR_X) || RN(next) != *reg || RD(next) != *reg)
		return false;
	access->in_slot = true;
	access->offset = page_of(code, word, *offset - INSN_SIZE) + (next >> 10 & 0xfff) * 8;
	*offset += INSN_SIZE;
	return true;
}

/* `at`: behind mrs. */
static bool is_access(const struct code *code, uint32_t at, uint32_t base,
		      struct code_tls_access *access)
{
	uint32_t word, reg;

	if (!read_place(code, &at, &reg, access) || !arm64_read(code, at, &word))
		return false;
	access->loads = matches(word, IS_LDR_X_REGISTER);
	access->reg = RD(word);
	return (access->loads || matches(word, IS_STR_X_REGISTER)) && RN(word) == base &&
	       RM(word) == reg;
}

bool arm64_find_tls_access(const struct code *code, uint32_t from, struct code_tls_access *access)
{
	uint32_t word;

	for (; arm64_read(code, from, &word); from += INSN_SIZE) {
		*access = (struct code_tls_access){.at = from, .behind = from + INSN_SIZE};
		if (matches(word, IS_MRS_TPIDR) &&
		    is_access(code, from + INSN_SIZE, RD(word), access))
			return true;
	}
	return false;
}

/* The first argument, or a copy of its low byte made right before: `ubfx w2,w0,#0,#8`. */
static bool holds_argument(const struct code *code, uint32_t offset, uint32_t reg)
{
	uint32_t before;

	if (reg == X0)
		return true;
	if (offset < INSN_SIZE)
		return false;
	before = arm64_word(code, offset - INSN_SIZE);
	return ((before & 0xffffffe0) == 0xd3401c00 || (before & 0xffffffe0) == 0x53001c00 ||
		(before & 0xffffffe0) == 0x92401c00 || (before & 0xffffffe0) == 0x12001c00) &&
	       RD(before) == reg;
}

/* The address that `adrp`, or `adrp; add`, right before `offset` leaves in `reg`. */
static bool address_before(const struct code *code, uint32_t offset, uint32_t reg, int64_t *address)
{
	int64_t low = 0;
	uint32_t word;

	if (offset < 2 * INSN_SIZE)
		return false;
	word = arm64_word(code, offset -= INSN_SIZE);
	if (matches(word, IS_ADD_X) && RD(word) == reg && RN(word) == reg) {
		low = arm64_immediate(word);
		word = arm64_word(code, offset -= INSN_SIZE);
	}
	if (!matches(word, IS_ADRP) || RD(word) != reg)
		return false;
	*address = page_of(code, word, offset) + low;
	return true;
}

/* ldr x,[reg,#n] and ldp x,x,[reg,#n] of an address that is known. */
static void find_load(const struct code *code, uint32_t offset, uint32_t word,
		      struct code_constants *constants)
{
	bool is_pair = matches(word, IS_LDP_X);

	if ((!is_pair && !matches(word, IS_LDR_X)) ||
	    !address_before(code, offset, RN(word), &constants->load))
		return;
	constants->loads = is_pair ? 16 : 8;
	if (is_pair)
		constants->load += ((int32_t)(word << 10) >> 25) * 8;
	else
		constants->load += (word >> 10 & 0xfff) * 8;
}

bool arm64_constants(const struct code *code, uint32_t offset, struct code_constants *constants)
{
	uint32_t word, before;

	if (!arm64_read(code, offset, &word))
		return false;
	*constants = (struct code_constants){.length = INSN_SIZE};
	/* cmp wN,#count */
	if ((word & 0xffc0001f) == 0x7100001f && holds_argument(code, offset, RN(word)) &&
	    arm64_immediate(word) < 256)
		constants->compared = (uint8_t)arm64_immediate(word);
	find_load(code, offset, word, constants);
	if (!matches(word, IS_ADD_X) || offset < INSN_SIZE)
		return true;
	before = arm64_word(code, offset - INSN_SIZE);
	if (matches(before, IS_ADRP) && RD(before) == RN(word)) {
		constants->has_address = true;
		constants->address =
			page_of(code, before, offset - INSN_SIZE) + arm64_immediate(word);
	}
	return true;
}
