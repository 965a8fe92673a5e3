/* SPDX-License-Identifier: MIT */
/*
 * prologue.c - what functions begin with. Go's stack check is recognised by its shape
 * (cmd/internal/obj/arm64/obj7.go, stacksplit): a comparison of sp, or of sp less the frame's size in
 * X17, with g.stackguard0 (or 1) in X16; `b.ls`; for a huge frame a `b.lo` on the subtraction before
 * it. Both lead to
 *
 *	spills of argument registers; mov x3,x30; bl morestack; reloads; b first byte
 *
 * which nothing else in Go looks like, so that no symbol is needed to know it: functions without a
 * check compare and branch in the same way. The return address is still in X30 at the branch.
 */
#include "arch/arm64/code.h"

#define CHECK_MAX_INSNS     12 /* the longest seen has 8 */
#define MORESTACK_MAX_INSNS 72 /* 16 + 16 registers, spilled and reloaded, and some */

#define IS_LS PATTERN(0xff00001f, 0x54000009)
#define IS_LO PATTERN(0xff00001f, 0x54000003)

/* A load or store of registers by sp and a constant: spills and reloads. */
static bool is_spill(uint32_t word)
{
	/* stp and ldp; str and ldr with an offset; stur and ldur */
	bool is_plain = (word & 0x3f800000) == 0x29000000 || (word & 0x3f800000) == 0x2d000000 ||
			(word & 0x3b000000) == 0x39000000 || (word & 0x3b200c00) == 0x38000000;

	return is_plain && RN(word) == SP_OR_ZERO;
}

/* Where arguments do not fit the offset: cmd/internal/obj/arm64/asm7.go makes the address in X27. */
static bool is_address(uint32_t word)
{
	return (matches(word, IS_ADD_SUB_IMMEDIATE) || (word & 0x1f800000) == 0x12800000 ||
		matches(word, IS_ADD_SUB_EXTENDED)) &&
	       RD(word) == X27 && !SETS_FLAGS(word);
}

/* Moves, a call, moves, a jump to the function's first byte. */
static bool calls_morestack(const struct code *code, uint32_t offset, uint32_t *restart)
{
	bool saved = false, called = false;
	uint32_t word;
	int64_t to;

	for (int i = 0; i < MORESTACK_MAX_INSNS && arm64_read(code, offset, &word);
	     i++, offset += INSN_SIZE) {
		if (is_spill(word) || is_address(word) || matches(word, IS_NOP)) {
			continue;
		} else if (word == MOV_X3_X30 && !saved) {
			saved = true;
		} else if (matches(word, IS_BL) && saved && !called) {
			called = true;
		} else {
			*restart = offset;
			return called && matches(word, IS_B) &&
			       arm64_branch_target(word, offset, &to) && to == 0;
		}
	}
	return false;
}

/* Something that may stand in a check: it changes no memory, and no register but those of the
 * check. */
static bool belongs_to_check(uint32_t word)
{
	uint32_t to = RD(word);

	if (matches(word, IS_NOP))
		return true;
	if (matches(word, IS_LDR_X))
		return to == X16 && RN(word) == X28;
	if (matches(word, IS_ADD_SUB_IMMEDIATE) || matches(word, IS_ADD_SUB_EXTENDED) ||
	    matches(word, IS_ADD_SUB_SHIFTED))
		return to == X17 || to == X27 || (to == SP_OR_ZERO && SETS_FLAGS(word));
	/* A large constant: movz, movn, movk, orr of a bit mask, ldr from beside the code. */
	if ((word & 0x1f800000) == 0x12800000 || (word & 0xff8003e0) == 0xb20003e0 ||
	    matches(word, IS_LDR_LITERAL))
		return to == X17 || to == X27;
	return false;
}

bool arm64_find_stack_check(const struct code *code, struct stack_check *check)
{
	uint32_t word, restart;
	bool found = false;
	int64_t to;

	for (uint32_t offset = 0;
	     offset < CHECK_MAX_INSNS * INSN_SIZE && arm64_read(code, offset, &word);
	     offset += INSN_SIZE) {
		if (!matches(word, IS_LS) && !matches(word, IS_LO)) {
			if (!belongs_to_check(word))
				break;
			continue;
		}
		if (!arm64_branch_target(word, offset, &to) || to <= offset ||
		    to >= (int64_t)code->size || !calls_morestack(code, (uint32_t)to, &restart))
			break;
		*check = (struct stack_check){
			.jump = offset,
			.end = offset + INSN_SIZE,
			.grow = (uint32_t)to,
			.restart = restart,
		};
		/* Only behind this one has the function begun for certain. */
		found = matches(word, IS_LS);
		if (found)
			break;
	}
	return found;
}

/* ---- without a check ---- */

/* Not arguments: those of the check and a closure's context. */
static bool is_scratch(uint32_t reg)
{
	return reg == X16 || reg == X17 || reg == X26 || reg == X27;
}

/* Loads that cannot fault: from the stack, or of the goroutine. */
static bool is_safe_load(uint32_t word)
{
	bool is_load = (word & 0x3bc00000) == 0x39400000 || (word & 0x3b800000) == 0x39800000;

	/* Loads of vector registers write none of the scratch registers. */
	return is_load && !(word >> 26 & 1) && is_scratch(RD(word)) &&
	       (RN(word) == SP_OR_ZERO || RN(word) == X28);
}

bool arm64_is_harmless(const struct code *code, uint32_t offset)
{
	uint32_t word, to;

	if (!arm64_read(code, offset, &word))
		return false;
	to = RD(word);
	if (matches(word, IS_NOP) || (word & 0xffffff3f) == 0xd503241f)
		return true;
	if (matches(word, IS_LDR_LITERAL))
		return is_scratch(to) && !(word >> 26 & 1);
	if (matches(word, IS_ADR_ADRP) || (word & 0x1f800000) == 0x12800000)
		return is_scratch(to);
	if (matches(word, IS_ADD_SUB_IMMEDIATE) || matches(word, IS_ADD_SUB_EXTENDED))
		return is_scratch(to) || (to == SP_OR_ZERO && SETS_FLAGS(word));
	if (matches(word, IS_ADD_SUB_SHIFTED))
		return is_scratch(to) || to == SP_OR_ZERO;
	/* and, orr, eor, ands of a constant; of a register */
	if ((word & 0x1f800000) == 0x12000000)
		return is_scratch(to) || (to == SP_OR_ZERO && (word >> 29 & 3) == 3);
	if ((word & 0x1f000000) == 0x0a000000)
		return is_scratch(to) || to == SP_OR_ZERO;
	/* sbfm, ubfm: shifts and extensions */
	if ((word & 0x1f800000) == 0x13000000)
		return is_scratch(to);
	/* fcmp */
	if ((word & 0xff20fc07) == 0x1e202000)
		return true;
	return is_safe_load(word);
}

/*
 * What Go's assembler makes several instructions of, with X27 between them, is begun again behind an
 * asynchronous preemption (cmd/internal/obj/arm64/asm7.go, isRestartable()). The last one of them does
 * not write X27; the first one may have become a nop (linkers make `nop; adr` of `adrp; add`).
 */
bool arm64_may_restart(const struct code *code, uint32_t offset)
{
	uint32_t word;

	if (arm64_read(code, offset, &word) && matches(word, IS_NOP))
		offset += INSN_SIZE;
	return arm64_read(code, offset, &word) && arm64_written(word) >> X27 & 1;
}
