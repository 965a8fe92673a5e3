/* SPDX-License-Identifier: MIT */
/*
 * state.c - where a goroutine's change of state can be read in a function's code: by the arguments of
 * casgstatus(gp, old, new) in RAX, RBX, RCX, and behind `lock cmpxchg %new,atomicstatus(%g)`.
 */
#include <string.h>

#include "arch/x86_64/code.h"

#define STACK_GROWTH_MAX 0xffff /* of one frame; no more is followed */

/* Any part of the register. */
static bool writes_register(const ZydisDecodedInstruction *insn,
			    const ZydisDecodedOperand *operands, ZydisRegister reg)
{
	for (unsigned i = 0; i < insn->operand_count; i++) {
		ZydisRegister written = operands[i].reg.value;

		if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    !(operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			continue;
		if (written == reg ||
		    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, written) == reg)
			return true;
	}
	return false;
}

/* ---- by the arguments ---- */

/* Follows rsp over the instruction. False: where it goes is not known. */
static bool follow_sp(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands,
		      int64_t *sp_delta)
{
	bool subtracts = insn->mnemonic == ZYDIS_MNEMONIC_SUB;

	if (!writes_register(insn, operands, ZYDIS_REGISTER_RSP))
		return true;
	if (insn->mnemonic == ZYDIS_MNEMONIC_PUSH)
		*sp_delta += insn->operand_width / 8;
	else if ((subtracts || insn->mnemonic == ZYDIS_MNEMONIC_ADD) &&
		 operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		 operands[0].reg.value == ZYDIS_REGISTER_RSP &&
		 operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		*sp_delta += subtracts ? operands[1].imm.value.s : -operands[1].imm.value.s;
	else
		return false;
	return *sp_delta >= 0 && *sp_delta <= STACK_GROWTH_MAX;
}

bool x86_64_find_arguments(const struct code *code, uint32_t limit, uint32_t *offset,
			   uint32_t *sp_delta)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	int64_t delta = 0;

	for (*offset = 0; *offset < limit; *offset += insn.length) {
		if (!x86_64_decode_full(code, *offset, &insn, operands))
			return false;
		*sp_delta = (uint32_t)delta;
		if (x86_64_is_emulated(code, *offset))
			return true;
		if (writes_register(&insn, operands, ZYDIS_REGISTER_RIP) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RAX) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RBX) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RCX) ||
		    !follow_sp(&insn, operands, &delta))
			return false;
	}
	return false;
}

/* ---- by the instruction: lock cmpxchg %new,atomicstatus(%g) ---- */

/* Numbers as the instruction set has them; only of 64-bit and 32-bit ones. */
static unsigned register_number(ZydisRegister reg)
{
	return (unsigned)ZydisRegisterGetId(reg);
}

/* True when the instruction swaps something that may be a goroutine's status. */
static bool is_swap(uint32_t atomicstatus, const ZydisDecodedInstruction *insn,
		    const ZydisDecodedOperand *operands)
{
	if (insn->mnemonic != ZYDIS_MNEMONIC_CMPXCHG || insn->operand_width != 32 ||
	    !(insn->attributes & ZYDIS_ATTRIB_HAS_LOCK))
		return false;
	return operands[0].mem.base != ZYDIS_REGISTER_RSP &&
	       operands[0].mem.base != ZYDIS_REGISTER_RIP &&
	       operands[0].mem.disp.value == (int64_t)atomicstatus;
}

/*
 * Most swaps go on with `sete %r; test %r,%r; je`: the kernel emulates the jump alone, or a nop
 * before it. Its offset; 0: the swap does not go on so, or %r was one of those needed.
 */
static uint32_t find_tested(const struct code *code, const ZydisDecodedOperand *swap,
			    uint32_t offset)
{
	ZydisDecodedOperand set[ZYDIS_MAX_OPERAND_COUNT], test[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	if (!x86_64_decode_full(code, offset, &insn, set) || insn.mnemonic != ZYDIS_MNEMONIC_SETZ ||
	    set[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return 0;
	if (writes_register(&insn, set, ZYDIS_REGISTER_RAX) ||
	    writes_register(&insn, set, swap[0].mem.base) ||
	    writes_register(&insn, set,
			    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64,
							     swap[1].reg.value)))
		return 0;
	offset += insn.length;
	if (!x86_64_decode_full(code, offset, &insn, test) ||
	    insn.mnemonic != ZYDIS_MNEMONIC_TEST || test[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    test[1].type != ZYDIS_OPERAND_TYPE_REGISTER || test[0].reg.value != set[0].reg.value ||
	    test[1].reg.value != set[0].reg.value)
		return 0;
	return offset + insn.length;
}

bool x86_64_find_swap(const struct code *code, uint32_t field, uint32_t *offset,
		      struct code_swap *swap)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	for (;; *offset += insn.length) {
		if (!x86_64_decode_full(code, *offset, &insn, operands))
			return false;
		if (is_swap(field, &insn, operands))
			break;
	}
	*swap = (struct code_swap){.behind = *offset + insn.length};
	if (ZydisRegisterGetClass(operands[0].mem.base) != ZYDIS_REGCLASS_GPR64 ||
	    operands[0].mem.index != ZYDIS_REGISTER_NONE ||
	    operands[0].mem.segment == ZYDIS_REGISTER_FS ||
	    operands[0].mem.segment == ZYDIS_REGISTER_GS)
		return true;
	swap->in_registers = true;
	swap->g = (uint8_t)register_number(operands[0].mem.base);
	swap->old_status = 0; /* RAX */
	swap->new_status = (uint8_t)register_number(operands[1].reg.value);
	swap->tested = find_tested(code, operands, swap->behind);
	return true;
}

/* lock cmpxchg: f0, maybe REX, 0f b1. */
bool x86_64_may_swap(const uint8_t *bytes, size_t size)
{
	const uint8_t *end = bytes + size, *at = bytes;

	while ((at = memchr(at, 0xf0, (size_t)(end - at)))) {
		at++;
		if (end - at >= 3 && !memcmp(at + ((at[0] & 0xf0) == 0x40), "\x0f\xb1", 2))
			return true;
	}
	return false;
}
