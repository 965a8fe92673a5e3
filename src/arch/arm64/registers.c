/* SPDX-License-Identifier: MIT */
/* registers.c - registers by name; which of them an instruction writes, and what becomes of sp. */
#include <string.h>

#include "arch/arm64/code.h"

#define BIT(reg) (1u << (reg))
/* Where 31 is zero, not sp. */
#define GENERAL(reg) ((reg) == SP_OR_ZERO ? 0 : BIT(reg))

/* An addition or a logical operation with a constant or an extended register: 31 is sp there,
 * unless it sets flags. */
static uint32_t written_by_data(uint32_t word, bool to_sp)
{
	return to_sp ? BIT(RD(word)) : GENERAL(RD(word));
}

static uint32_t written_by_immediate(uint32_t word)
{
	if (matches(word, IS_ADD_SUB_IMMEDIATE))
		return written_by_data(word, !SETS_FLAGS(word));
	if ((word & 0x1f800000) == 0x12000000)
		return written_by_data(word, (word >> 29 & 3) != 3);
	return written_by_data(word, false);
}

static uint32_t written_by_register(uint32_t word)
{
	if (matches(word, IS_ADD_SUB_EXTENDED))
		return written_by_data(word, !SETS_FLAGS(word));
	/* ccmp, ccmn */
	if ((word & 0x3fe00000) == 0x3a400000)
		return 0;
	return written_by_data(word, false);
}

static uint32_t written_by_branch(uint32_t word)
{
	if (matches(word, IS_BL) || (word & 0xfefff000) == 0xd63f0000)
		return BIT(X30);
	/* mrs, sysl */
	return (word & 0xffc00000) == 0xd5000000 && word >> 21 & 1 ? GENERAL(RD(word)) : 0;
}

/* Pairs: bit 23 is set where the base changes, bit 22 in loads. */
static uint32_t written_by_pair(uint32_t word)
{
	uint32_t written = word >> 23 & 1 ? BIT(RN(word)) : 0;

	if (word >> 22 & 1 && !(word >> 26 & 1))
		written |= GENERAL(RD(word)) | GENERAL(RT2(word));
	return written;
}

static uint32_t written_by_single(uint32_t word)
{
	bool is_unsigned_offset = word >> 24 & 1, is_vector = word >> 26 & 1;
	bool is_load = word >> 22 & 3;
	uint32_t written = 0;

	/* Atomic operations load, too; the odd ones are those that change the base. */
	if (!is_unsigned_offset) {
		if (word >> 10 & 1)
			written |= BIT(RN(word));
		if (word >> 21 & 1 && (word >> 10 & 3) == 0)
			is_load = true;
	}
	return written | (is_load && !is_vector ? GENERAL(RD(word)) : 0);
}

static uint32_t written_by_memory(uint32_t word)
{
	bool is_vector = word >> 26 & 1;

	switch (word >> 28 & 3) {
	case 0: /* exclusive and ordered ones, cas; structures of vectors */
		if (is_vector)
			return BIT(RN(word));
		return GENERAL(RD(word)) | GENERAL(RT2(word)) | GENERAL(RM(word));
	case 1: /* literals, ldapur; copies of memory */
		if (matches(word, IS_LDR_LITERAL))
			return is_vector ? 0 : GENERAL(RD(word));
		return GENERAL(RD(word)) | BIT(RN(word)) | GENERAL(RM(word));
	case 2:
		return written_by_pair(word);
	default:
		return written_by_single(word);
	}
}

uint32_t arm64_written(uint32_t word)
{
	switch (word >> 25 & 15) {
	case 8:
	case 9:
		return written_by_immediate(word);
	case 10:
	case 11:
		return written_by_branch(word);
	case 4:
	case 6:
	case 12:
	case 14:
		return written_by_memory(word);
	case 5:
	case 13:
		return written_by_register(word);
	case 7:
	case 15: /* of vectors, and from them */
		return GENERAL(RD(word));
	default:
		return UINT32_MAX;
	}
}

bool arm64_follow_sp(uint32_t word, int64_t *sp_delta)
{
	if (!(arm64_written(word) & BIT(SP_OR_ZERO)))
		return true;
	if (RN(word) != SP_OR_ZERO)
		return false;
	if (matches(word, IS_ADD_SUB_IMMEDIATE)) {
		*sp_delta +=
			SUBTRACTS(word) ? arm64_immediate(word) : -(int64_t)arm64_immediate(word);
		return true;
	}
	/* str and ldr, stp and ldp of 64-bit registers that change the base */
	if ((word & 0xffa00400) == 0xf8000400)
		*sp_delta -= arm64_signed_field(word, 12, 9);
	else if ((word & 0xfe800000) == 0xa8800000)
		*sp_delta -= arm64_signed_field(word, 15, 7) * 8;
	else
		return false;
	return true;
}

uint32_t arm64_changed_registers(const struct code *code, uint32_t offset)
{
	uint32_t word;

	return arm64_read(code, offset, &word) ? arm64_written(word) : UINT32_MAX;
}

/* "x7" as well as "x17": a letter of `letters` and a number up to `max`. Negative: it is none. */
static int numbered(const char *name, size_t length, const char *letters, int max)
{
	int number = 0;

	if (length < 2 || length > 3 || !memchr(letters, *name, strlen(letters)) ||
	    (name[1] == '0' && length > 2))
		return -1;
	for (size_t i = 1; i < length; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		number = number * 10 + (name[i] - '0');
	}
	return number <= max ? number : -1;
}

int arm64_register_number(const char *name, size_t length)
{
	int number = numbered(name, length, "x", X30);

	if (number >= 0)
		return number;
	if (numbered(name, length, "vqdsF", 31) >= 0)
		return ARCH_FLOAT_REGISTER;
	if (length != 2)
		return ARCH_NO_REGISTER;
	return !memcmp(name, "sp", 2)   ? ARCH_STACK_REGISTER
	       : !memcmp(name, "lr", 2) ? X30
	       : !memcmp(name, "fp", 2) ? X29
					: ARCH_NO_REGISTER;
}
