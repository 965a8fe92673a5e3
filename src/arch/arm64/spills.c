/* SPDX-License-Identifier: MIT */
/* spills.c - registers with arguments, as a function stores them before it calls morestack
 * (cmd/internal/obj/link.go, SpillRegisterArgs(); cmd/compile/internal/arm64/ssa.go, OpArgIntReg). */
#include "arch/arm64/code.h"

/* str of one register of any kind by sp and a scaled offset; and by one that is not scaled. */
#define IS_STR  PATTERN(0x3bc00000, 0x39000000)
#define IS_STUR PATTERN(0x3be00c00, 0x38000000)
/* stp of two, by sp and a scaled offset: general registers, floating-point numbers. */
#define IS_STP   PATTERN(0x7fc00000, 0x29000000)
#define IS_STP_F PATTERN(0x3fc00000, 0x2d000000)

#define IS_VECTOR(word) ((word) >> 26 & 1)

/* False: there are too many, or it is below the stack pointer. */
static bool add(struct code_spill *spills, size_t *count, uint32_t word, uint32_t reg,
		unsigned size, int64_t offset)
{
	if (*count == CODE_MAX_SPILLS || offset < 0 || offset > UINT16_MAX || size > 8 ||
	    (!IS_VECTOR(word) && reg == SP_OR_ZERO))
		return false;
	spills[(*count)++] = (struct code_spill){
		.offset = (uint16_t)offset,
		.reg = (uint8_t)reg,
		.size = (uint8_t)size,
		.is_float = IS_VECTOR(word),
	};
	return true;
}

static bool add_pair(struct code_spill *spills, size_t *count, uint32_t word, unsigned size)
{
	int64_t offset = arm64_signed_field(word, 15, 7) * size;

	return add(spills, count, word, RD(word), size, offset) &&
	       add(spills, count, word, RT2(word), size, offset + size);
}

static bool add_stored(struct code_spill *spills, size_t *count, uint32_t word)
{
	unsigned size = 1u << (word >> 30);

	if (RN(word) != SP_OR_ZERO)
		return false;
	if (matches(word, IS_STR))
		return add(spills, count, word, RD(word), size,
			   (int64_t)(word >> 10 & 0xfff) * size);
	if (matches(word, IS_STUR))
		return add(spills, count, word, RD(word), size, arm64_signed_field(word, 12, 9));
	if (matches(word, IS_STP))
		return add_pair(spills, count, word, word >> 31 ? 8 : 4);
	if (matches(word, IS_STP_F))
		return add_pair(spills, count, word, 4u << (word >> 30));
	return false;
}

bool arm64_find_spills(const struct code *code, uint32_t grow, struct code_spill *spills,
		       size_t *count)
{
	uint32_t word;

	*count = 0;
	for (uint32_t at = grow; arm64_read(code, at, &word); at += INSN_SIZE) {
		/* The return address is moved, and then it calls. */
		if (word == MOV_X3_X30)
			return true;
		if (!matches(word, IS_NOP) && !add_stored(spills, count, word))
			return false;
	}
	return false;
}
