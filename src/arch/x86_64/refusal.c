/* SPDX-License-Identifier: MIT */
/*
 * refusal.c - which instructions the kernel lets a uprobe stand on, and which it emulates.
 *
 * Follows arch/x86/kernel/uprobes.c: uprobe_init_insn(), is_prefix_bad(), good_insns_64,
 * good_2byte_insns, branch_setup_xol_ops(), push_setup_xol_ops(). Where kernels differ the
 * strictest counts. Instructions that the kernel accepts and then executes wrongly are refused too.
 */
#include <string.h>

#include "arch/x86_64/code.h"

#define BIT_ROW(b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, ba, bb, bc, bd, be, bf)                    \
	(b0 | b1 << 1 | b2 << 2 | b3 << 3 | b4 << 4 | b5 << 5 | b6 << 6 | b7 << 7 | b8 << 8 |      \
	 b9 << 9 | ba << 10 | bb << 11 | bc << 12 | bd << 13 | be << 14 | bf << 15)

/* good_insns_64: by first opcode byte, a row of sixteen each. */
static const uint16_t good_opcode[16] = {
	/*      0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f */
	BIT_ROW(1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 1), /* 00 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0), /* 10 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0), /* 20 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0), /* 30 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 40 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 50 */
	BIT_ROW(0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), /* 60 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 70 */
	BIT_ROW(1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 80 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1), /* 90 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* a0 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* b0 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), /* c0 */
	BIT_ROW(1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* d0 */
	BIT_ROW(1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0), /* e0 */
	BIT_ROW(1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1), /* f0 */
};

/* good_2byte_insns: by the byte after 0f. */
static const uint16_t good_opcode_0f[16] = {
	/*      0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f */
	BIT_ROW(0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1), /* 00 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 10 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 20 */
	BIT_ROW(0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1), /* 30 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 40 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 50 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 60 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1), /* 70 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 80 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* 90 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1), /* a0 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* b0 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* c0 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* d0 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* e0 */
	BIT_ROW(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), /* f0 */
};

static bool is_good(const uint16_t *table, uint8_t opcode)
{
	return table[opcode >> 4] >> (opcode & 15) & 1;
}

struct raw_insn {
	uint8_t rex; /* 0: none */
	bool has_66;
	bool bad_prefix;
	bool vex;
	uint8_t opcode; /* the byte that uprobes.c calls OPCODE1 */
	uint8_t opcode2; /* the byte after it, 0 when there is none */
};

/* Splits prefixes from opcode as arch/x86/lib/insn.c does: a VEX instruction has one opcode byte.
 */
static bool raw_split(const uint8_t *code, size_t size, struct raw_insn *raw)
{
	static const uint8_t bad[] = {0x26, 0x2e, 0x36, 0x3e, 0xf0};
	static const uint8_t fine[] = {0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3};
	size_t i = 0;

	memset(raw, 0, sizeof(*raw));
	for (; i < size; i++) {
		if (memchr(bad, code[i], sizeof(bad)))
			raw->bad_prefix = true;
		else if (!memchr(fine, code[i], sizeof(fine)))
			break;
		raw->has_66 |= code[i] == 0x66;
	}
	if (i < size && (code[i] & 0xf0) == 0x40)
		raw->rex = code[i++];
	if (i < size && (code[i] == 0xc4 || code[i] == 0xc5)) {
		raw->vex = true;
		i += code[i] == 0xc5 ? 2 : 3;
	}
	if (i >= size)
		return false;
	raw->opcode = code[i];
	raw->opcode2 = i + 1 < size ? code[i + 1] : 0;
	return true;
}

/* jmp, jcc, call with displacement, nop: branch_setup_xol_ops(). */
static bool is_branch_opcode(uint8_t opcode)
{
	return opcode == 0xeb || opcode == 0xe9 || opcode == 0xe8 || opcode == 0x90 ||
	       (opcode & 0xf0) == 0x70;
}

/*
 * VEX opcodes are looked up by the kernel as if they were plain ones: vpor (eb) is "emulated" as a
 * jump, the address is not corrected behind vcmpps (c2), and so on.
 */
static bool vex_is_misread(uint8_t opcode)
{
	static const uint8_t plain[] = {0x8e, 0x8f, 0x9a, 0x9c, 0x9d, 0xc2,
					0xc3, 0xca, 0xcb, 0xea, 0xff};
	return is_branch_opcode(opcode) || memchr(plain, opcode, sizeof(plain)) ||
	       !is_good(good_opcode, opcode);
}

static const char *refusal(const uint8_t *code, size_t size)
{
	struct raw_insn raw;
	uint8_t reg;

	if (!raw_split(code, size, &raw))
		return "is cut off";
	reg = raw.opcode2 >> 3 & 7;
	if (raw.opcode == 0xcc || raw.opcode == 0xcd)
		return "is a software interrupt, which the kernel does not probe";
	if (raw.bad_prefix)
		return "has a lock or segment prefix, which the kernel does not probe";
	if (raw.vex)
		return vex_is_misread(raw.opcode)
			       ? "is a vector instruction that the kernel's uprobes misread"
			       : NULL;
	if (raw.opcode == 0x62)
		return "is an AVX-512 instruction (EVEX), which the kernel does not probe";
	/* XOP; legacy pop has reg 0 */
	if (raw.opcode == 0x8f && reg != 0)
		return "is a vector instruction that the kernel's uprobes misread";
	/* insn_masking_exception() */
	if (raw.opcode == 0x8e && reg == 2)
		return "loads the stack segment, which the kernel does not probe";
	if (!is_good(good_opcode, raw.opcode))
		return "is of a kind that the kernel does not probe";
	if (raw.opcode == 0x0f && !is_good(good_opcode_0f, raw.opcode2))
		return "is of a kind that the kernel does not probe";
	/* Intel and AMD differ there; older kernels refuse it for a nop also. */
	if (raw.has_66 &&
	    (is_branch_opcode(raw.opcode) || (raw.opcode == 0x0f && (raw.opcode2 & 0xf0) == 0x80)))
		return "is a branch or nop with an operand size prefix, which the kernel does not probe";
	/* The kernel looks at 90 only, and skips the exchange. */
	if (raw.opcode == 0x90 && (raw.rex & 1))
		return "exchanges R8 and RAX, which the kernel takes for a nop";
	if (raw.opcode == 0x9c)
		return "saves the flags, and with them the kernel's trap flag when it is probed";
	return NULL;
}

const char *x86_64_refusal(const struct code *code, uint32_t offset)
{
	return refusal(code->bytes + offset, code->size - offset);
}

bool x86_64_is_emulated(const struct code *code, uint32_t offset)
{
	const uint8_t *bytes = code->bytes + offset;
	size_t size = code->size - offset;
	struct raw_insn raw;

	/* push_setup_xol_ops(): one byte, or two with exactly REX.B */
	if (size >= 1 && (bytes[0] & 0xf8) == 0x50)
		return true;
	if (size >= 2 && bytes[0] == 0x41 && (bytes[1] & 0xf8) == 0x50)
		return true;
	if (!raw_split(bytes, size, &raw) || raw.vex || refusal(bytes, size))
		return false;
	/* The long nops, 0f 1f, are emulated by the newest kernels only. */
	return is_branch_opcode(raw.opcode) || (raw.opcode == 0x0f && (raw.opcode2 & 0xf0) == 0x80);
}
