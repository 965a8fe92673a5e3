/* SPDX-License-Identifier: MIT */
/*
 * data.c - what code says of data: accesses to the thread-local g, addresses, numbers.
 *
 * Go's assembler and the linkers leave one of three forms of access to g
 * (src/cmd/internal/obj/x86/obj6.go and asm6.go, CanUse1InsnTLS):
 *
 *   mov %fs:-8,%rcx                            not PIC
 *   mov $-8,%rcx;         mov %fs:(%rcx),..    PIE, the linker knew it
 *   mov slot(%rip),%rcx;  mov %fs:(%rcx),..    -dynlink, libraries
 *
 * In the last one the dynamic loader puts the offset into the slot: R_X86_64_TPOFF64.
 */
#include <string.h>

#include "arch/x86_64/code.h"

static bool is_register64(const ZydisDecodedOperand *operand)
{
	return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       ZydisRegisterGetClass(operand->reg.value) == ZYDIS_REGCLASS_GPR64;
}

/* A move between %fs:offset(base) and a 64-bit register. */
static bool is_access(const struct code *code, uint32_t offset, ZydisRegister base,
		      int64_t displacement, struct code_tls_access *access)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	if (!x86_64_decode_full(code, offset, &insn, operands) ||
	    insn.mnemonic != ZYDIS_MNEMONIC_MOV || !x86_64_reads_tls(&insn))
		return false;
	access->loads = is_register64(&operands[0]);
	if (!access->loads && !is_register64(&operands[1]))
		return false;

	const ZydisDecodedOperand *other = &operands[access->loads ? 1 : 0];
	access->reg = (uint8_t)ZydisRegisterGetId(operands[access->loads ? 0 : 1].reg.value);
	return other->type == ZYDIS_OPERAND_TYPE_MEMORY && other->mem.base == base &&
	       other->mem.index == ZYDIS_REGISTER_NONE && other->mem.disp.value == displacement;
}

/* `operands`: of the instruction at access->at. */
static bool begins_access(const struct code *code, const ZydisDecodedInstruction *insn,
			  const ZydisDecodedOperand *operands, struct code_tls_access *access)
{
	uint32_t next = access->at + insn->length;

	if (insn->mnemonic != ZYDIS_MNEMONIC_MOV)
		return false;
	if (x86_64_reads_tls(insn)) {
		const ZydisDecodedOperand *memory =
			&operands[operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY ? 0 : 1];

		access->offset = memory->mem.disp.value;
		return is_access(code, access->at, ZYDIS_REGISTER_NONE, access->offset, access);
	}
	if (!is_register64(&operands[0]))
		return false;
	if (operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		access->offset = operands[1].imm.value.s;
	} else if (operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		   operands[1].mem.base == ZYDIS_REGISTER_RIP) {
		access->in_slot = true;
		access->offset = next + operands[1].mem.disp.value;
	} else {
		return false;
	}
	return is_access(code, next, operands[0].reg.value, 0, access);
}

/* A move with %fs: 64, REX.W, 8b or 89. Decoding all code would take longer than all else. */
static bool may_access(const struct code *code, uint32_t from)
{
	const uint8_t *end = code->bytes + code->size, *at = code->bytes + from;

	for (; (at = memchr(at, 0x64, (size_t)(end - at))); at++) {
		if (end - at >= 3 && (at[1] & 0xf8) == 0x48 && (at[2] == 0x8b || at[2] == 0x89))
			return true;
	}
	return false;
}

bool x86_64_find_tls_access(const struct code *code, uint32_t from, struct code_tls_access *access)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	if (!may_access(code, from))
		return false;
	for (; x86_64_decode_full(code, from, &insn, operands); from += insn.length) {
		*access = (struct code_tls_access){.at = from, .behind = from + insn.length};
		if (begins_access(code, &insn, operands, access))
			return true;
	}
	return false;
}

bool x86_64_constants(const struct code *code, uint32_t offset, struct code_constants *constants)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	if (!x86_64_decode_full(code, offset, &insn, operands))
		return false;
	*constants = (struct code_constants){.length = insn.length};
	if (insn.mnemonic == ZYDIS_MNEMONIC_CMP &&
	    operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    operands[0].reg.value == ZYDIS_REGISTER_AL &&
	    operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		constants->compared = operands[1].imm.value.u & 0xff;
	if (insn.mnemonic == ZYDIS_MNEMONIC_LEA && operands[1].mem.base == ZYDIS_REGISTER_RIP) {
		constants->has_address = true;
		constants->address = (int64_t)offset + insn.length + operands[1].mem.disp.value;
	}
	if (insn.mnemonic == ZYDIS_MNEMONIC_MOV && is_register64(&operands[0]) &&
	    operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY &&
	    operands[1].mem.base == ZYDIS_REGISTER_RIP) {
		constants->loads = 8;
		constants->load = (int64_t)offset + insn.length + operands[1].mem.disp.value;
	}
	return true;
}
