/* SPDX-License-Identifier: MIT */
/*
 * code.h - arm64 code: instructions of four bytes, told by masks, and what the files of this folder
 * share.
 *
 * Masks and values: Arm Architecture Reference Manual for A-profile (DDI 0487), chapter C4, "A64
 * Instruction Set Encoding". Fields are named as there.
 */
#ifndef ARCH_ARM64_CODE_H
#define ARCH_ARM64_CODE_H

#include "arch/arch.h"

#define INSN_SIZE 4

/* Registers by number. 31 is the stack pointer or zero, as the instruction has it. */
enum {
	X0 = 0,
	X3 = 3,
	X16 = 16, /* Go's REGRT1, REGRT2, REGCTXT and REGTMP: cmd/internal/obj/arm64/a.out.go */
	X17 = 17,
	X26 = 26,
	X27 = 27,
	X28 = 28, /* g */
	X29 = 29, /* frame pointer */
	X30 = 30, /* link register: the return address */
	SP_OR_ZERO = 31,
};

/* A pattern of instructions. */
struct pattern {
	uint32_t mask, value;
};

static inline bool matches(uint32_t word, struct pattern pattern)
{
	return (word & pattern.mask) == pattern.value;
}

#define PATTERN(mask, value) ((struct pattern){mask, value})

/* Branches, exceptions and system instructions: a group of their own. */
#define IS_BRANCH_OR_SYSTEM PATTERN(0x1c000000, 0x14000000)
#define IS_B                PATTERN(0xfc000000, 0x14000000)
#define IS_BL               PATTERN(0xfc000000, 0x94000000)
#define IS_B_COND           PATTERN(0xff000010, 0x54000000)
#define IS_CBZ_CBNZ         PATTERN(0x7e000000, 0x34000000)
#define IS_TBZ_TBNZ         PATTERN(0x7e000000, 0x36000000)
#define IS_BR               PATTERN(0xfffffc1f, 0xd61f0000)
#define IS_BLR              PATTERN(0xfffffc1f, 0xd63f0000)
#define IS_RET              PATTERN(0xfffffc1f, 0xd65f0000)
#define IS_RETAA_RETAB      PATTERN(0xfffffbff, 0xd65f0bff)
#define IS_HINT             PATTERN(0xfffff01f, 0xd503201f)
#define IS_NOP              PATTERN(0xffffffff, 0xd503201f)
#define IS_CLREX            PATTERN(0xfffff0ff, 0xd503305f)
#define IS_MRS_TPIDR        PATTERN(0xffffffe0, 0xd53bd040)

#define IS_ADR_ADRP PATTERN(0x1f000000, 0x10000000)
#define IS_ADR      PATTERN(0x9f000000, 0x10000000)
#define IS_ADRP     PATTERN(0x9f000000, 0x90000000)
/* All of ldr, ldrsw and prfm that load what is near them, vector registers as well. */
#define IS_LDR_LITERAL PATTERN(0x3b000000, 0x18000000)

/* ldxr, ldaxr, ldxp, ldaxp and their stores; in the last bit that counts, casp is not. */
#define IS_LOAD_EXCLUSIVE       PATTERN(0x3fe00000, 0x08400000)
#define IS_STORE_EXCLUSIVE      PATTERN(0x3fe00000, 0x08000000)
#define IS_LOAD_PAIR_EXCLUSIVE  PATTERN(0xbfe00000, 0x88600000)
#define IS_STORE_PAIR_EXCLUSIVE PATTERN(0xbfe00000, 0x88200000)

/* add, adds, sub and subs of a constant, a shifted and an extended register. */
#define IS_ADD_SUB_IMMEDIATE PATTERN(0x1f800000, 0x11000000)
#define IS_ADD_SUB_SHIFTED   PATTERN(0x1f200000, 0x0b000000)
#define IS_ADD_SUB_EXTENDED  PATTERN(0x1fe00000, 0x0b200000)
#define SETS_FLAGS(word)     ((word) >> 29 & 1)
#define SUBTRACTS(word)      ((word) >> 30 & 1)

/* ldr and str of a general register, by an offset that is scaled, or not (ldur). */
#define MOV_X3_X30        0xaa1e03e3
#define IS_LDR_X          PATTERN(0xffc00000, 0xf9400000)
#define IS_LDP_X          PATTERN(0xffc00000, 0xa9400000)
#define IS_STR_X          PATTERN(0xffc00000, 0xf9000000)
#define IS_LDR_X_SHIFTED  PATTERN(0xffe0fc00, 0xf8607800) /* ldr x, [x, x, lsl #3] */
#define IS_LDR_X_REGISTER PATTERN(0xffe0fc00, 0xf8606800) /* ldr x, [x, x] */
#define IS_STR_X_REGISTER PATTERN(0xffe0fc00, 0xf8206800)

#define RD(word)  ((word) & 31) /* Rt as well */
#define RN(word)  ((word) >> 5 & 31)
#define RM(word)  ((word) >> 16 & 31)
#define RT2(word) ((word) >> 10 & 31)

/* The word at `offset`, which is one of code->size's. */
uint32_t arm64_word(const struct code *code, uint32_t offset);
/* False: there is no instruction. */
bool arm64_read(const struct code *code, uint32_t offset, uint32_t *word);

/* `bits` of them from bit `low` on, with their sign. */
int64_t arm64_signed_field(uint32_t word, unsigned low, unsigned bits);
/* Where a branch goes, from the code's first byte. False: it is none, or goes where a register says. */
bool arm64_branch_target(uint32_t word, uint32_t offset, int64_t *to);
/* What adr and ldr with a literal refer to. */
int64_t arm64_literal(uint32_t word, uint32_t offset);
bool arm64_is_load_exclusive(uint32_t word);
bool arm64_is_store_exclusive(uint32_t word);
/* The constant of one of IS_ADD_SUB_IMMEDIATE. */
uint32_t arm64_immediate(uint32_t word);
/* The general registers that the instruction writes, or may write, a bit each; bit 31 is sp. */
uint32_t arm64_written(uint32_t word);
/* Follows by how many bytes the stack has grown over the instruction. False: that is not known. */
bool arm64_follow_sp(uint32_t word, int64_t *sp_delta);

/* See struct arch. */
bool arm64_decode(const struct code *code, uint32_t offset, const struct insn *prev,
		  struct insn *insn);
const char *arm64_mnemonic(const struct code *code, uint32_t offset);
bool arm64_mark(struct code *code);
const char *arm64_refusal(const struct code *code, uint32_t offset);
bool arm64_is_emulated(const struct code *code, uint32_t offset);
bool arm64_find_stack_check(const struct code *code, struct stack_check *check);
bool arm64_find_spills(const struct code *code, uint32_t grow, struct code_spill *spills,
		       size_t *count);
bool arm64_is_harmless(const struct code *code, uint32_t offset);
bool arm64_may_restart(const struct code *code, uint32_t offset);
bool arm64_find_arguments(const struct code *code, uint32_t limit, uint32_t *offset,
			  uint32_t *sp_delta);
uint32_t arm64_changed_registers(const struct code *code, uint32_t offset);
int arm64_register_number(const char *name, size_t length);
bool arm64_may_swap(const uint8_t *bytes, size_t size);
bool arm64_find_swap(const struct code *code, uint32_t field, uint32_t *offset,
		     struct code_swap *swap);
bool arm64_find_tls_access(const struct code *code, uint32_t from, struct code_tls_access *access);
bool arm64_constants(const struct code *code, uint32_t offset, struct code_constants *constants);

#endif
