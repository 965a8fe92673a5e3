/* SPDX-License-Identifier: MIT */
/* code.h - x86-64 code by Zydis, and what the files of this folder share. */
#ifndef ARCH_X86_64_CODE_H
#define ARCH_X86_64_CODE_H

#include <Zydis/Zydis.h>

#include "arch/arch.h"

/* The instruction at `offset`, without its operands and with them. False: none can be decoded. */
bool x86_64_decode_short(const struct code *code, uint32_t offset, ZydisDecodedInstruction *insn);
bool x86_64_decode_full(const struct code *code, uint32_t offset, ZydisDecodedInstruction *insn,
			ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT]);

/* True for jmp, jcc, loop and call with a displacement; `to` is then from the function's start. */
bool x86_64_direct_target(const ZydisDecodedInstruction *insn, uint32_t offset, int64_t *to);

bool x86_64_reads_tls(const ZydisDecodedInstruction *insn); /* has a %fs operand */

/* See struct arch. */
bool x86_64_decode(const struct code *code, uint32_t offset, const struct insn *prev,
		   struct insn *insn);
const char *x86_64_mnemonic(const struct code *code, uint32_t offset);
const char *x86_64_refusal(const struct code *code, uint32_t offset);
bool x86_64_is_emulated(const struct code *code, uint32_t offset);
bool x86_64_find_stack_check(const struct code *code, struct stack_check *check);
bool x86_64_find_spills(const struct code *code, uint32_t grow, struct code_spill *spills,
			size_t *count);
bool x86_64_is_harmless(const struct code *code, uint32_t offset);
bool x86_64_find_arguments(const struct code *code, uint32_t limit, uint32_t *offset,
			   uint32_t *sp_delta);
bool x86_64_find_tls_access(const struct code *code, uint32_t from, struct code_tls_access *access);
bool x86_64_constants(const struct code *code, uint32_t offset, struct code_constants *constants);
uint32_t x86_64_changed_registers(const struct code *code, uint32_t offset);
int x86_64_register_number(const char *name, size_t length);
bool x86_64_may_swap(const uint8_t *bytes, size_t size);
bool x86_64_find_swap(const struct code *code, uint32_t field, uint32_t *offset,
		      struct code_swap *swap);

#endif
