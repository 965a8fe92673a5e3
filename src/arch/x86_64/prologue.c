/* SPDX-License-Identifier: MIT */
/*
 * prologue.c - what functions begin with. Go's stack check is recognised by its shape
 * (cmd/internal/obj/x86/obj6.go, stacksplit): a comparison of rsp, or of rsp less the frame's size in
 * R12 (R13 before), with g.stackguard0; `jbe`; for a huge frame a `jb` on the subtraction before it.
 * Both lead to
 *
 *	spills of argument registers; call morestack; reloads; jmp first byte
 *
 * which nothing else in Go looks like, so that no symbol is needed to know it.
 */
#include "arch/x86_64/code.h"

#define CHECK_MAX_INSNS     16 /* the longest seen has 7 */
#define MORESTACK_MAX_INSNS 96 /* 9 + 15 registers, spilled and reloaded, and nops */

static bool is_move(const ZydisDecodedInstruction *insn)
{
	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_MOVZX:
	case ZYDIS_MNEMONIC_MOVSX:
	case ZYDIS_MNEMONIC_MOVSXD:
	case ZYDIS_MNEMONIC_MOVD:
	case ZYDIS_MNEMONIC_MOVQ:
	case ZYDIS_MNEMONIC_MOVSS:
	case ZYDIS_MNEMONIC_MOVSD:
	case ZYDIS_MNEMONIC_MOVAPS:
	case ZYDIS_MNEMONIC_MOVUPS:
	case ZYDIS_MNEMONIC_MOVUPD:
	case ZYDIS_MNEMONIC_MOVDQU:
	case ZYDIS_MNEMONIC_NOP:
	case ZYDIS_MNEMONIC_XCHG: /* 66 90, an aligning nop */
		return true;
	default:
		return false;
	}
}

/* Moves, a call, moves, a jump to the function's first byte. */
static bool calls_morestack(const struct code *code, uint32_t offset, uint32_t *restart)
{
	ZydisDecodedInstruction insn;
	bool called = false;
	int64_t to;

	for (int i = 0; i < MORESTACK_MAX_INSNS; i++, offset += insn.length) {
		if (!x86_64_decode_short(code, offset, &insn))
			return false;
		if (is_move(&insn))
			continue;
		if (insn.mnemonic == ZYDIS_MNEMONIC_CALL && !called) {
			called = true;
			continue;
		}
		*restart = offset;
		return called && insn.mnemonic == ZYDIS_MNEMONIC_JMP &&
		       x86_64_direct_target(&insn, offset, &to) && to == 0;
	}
	return false;
}

/* Something that may stand in a check: it changes no memory, and no register but those of the
 * check. */
static bool belongs_to_check(const struct code *code, const ZydisDecodedInstruction *insn,
			     uint32_t offset)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction again;
	ZydisRegister to;

	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_CMP:
	case ZYDIS_MNEMONIC_NOP:
		return true;
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_LEA:
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_ADD:
		break;
	default:
		return false;
	}
	if (!x86_64_decode_full(code, offset, &again, operands))
		return false;
	if (operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	to = operands[0].reg.value;
	/* ABI0 code takes g from thread-local storage into RCX, or R14; it has no arguments in
	 * registers. */
	return to == ZYDIS_REGISTER_R12 || to == ZYDIS_REGISTER_R13 || to == ZYDIS_REGISTER_RCX ||
	       to == ZYDIS_REGISTER_R14;
}

bool x86_64_find_stack_check(const struct code *code, struct stack_check *check)
{
	ZydisDecodedInstruction insn;
	bool found = false, reads_tls = false;
	uint32_t offset = 0, restart;
	int64_t to;

	for (int i = 0; i < CHECK_MAX_INSNS; i++, offset += insn.length) {
		if (!x86_64_decode_short(code, offset, &insn))
			break;
		reads_tls |= x86_64_reads_tls(&insn);
		if (insn.mnemonic != ZYDIS_MNEMONIC_JBE && insn.mnemonic != ZYDIS_MNEMONIC_JB) {
			if (!belongs_to_check(code, &insn, offset))
				break;
			continue;
		}
		if (!x86_64_direct_target(&insn, offset, &to) || to <= offset ||
		    to >= (int64_t)code->size || !calls_morestack(code, (uint32_t)to, &restart))
			break;
		*check = (struct stack_check){
			.jump = offset,
			.end = offset + insn.length,
			.grow = (uint32_t)to,
			.restart = restart,
			.reads_tls = reads_tls,
		};
		found = true;
	}
	return found;
}

/* ---- without a check ---- */

static bool is_scratch(ZydisRegister reg)
{
	if (ZydisRegisterGetClass(reg) == ZYDIS_REGCLASS_FLAGS)
		return true;
	switch (ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg)) {
	case ZYDIS_REGISTER_RDX: /* a closure's context: not an argument */
	case ZYDIS_REGISTER_R12:
	case ZYDIS_REGISTER_R13:
		return true;
	default:
		return false;
	}
}

static bool reads_safely(const ZydisDecodedOperand *operand)
{
	if (operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
		return true;
	if (operand->mem.index != ZYDIS_REGISTER_NONE)
		return false;
	return operand->mem.base == ZYDIS_REGISTER_RSP || operand->mem.base == ZYDIS_REGISTER_RIP ||
	       operand->mem.base == ZYDIS_REGISTER_R14;
}

bool x86_64_is_harmless(const struct code *code, uint32_t offset)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	if (!x86_64_decode_full(code, offset, &insn, operands))
		return false;
	switch (insn.mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_MOVZX:
	case ZYDIS_MNEMONIC_MOVSX:
	case ZYDIS_MNEMONIC_MOVSXD:
	case ZYDIS_MNEMONIC_LEA:
	case ZYDIS_MNEMONIC_TEST:
	case ZYDIS_MNEMONIC_CMP:
	case ZYDIS_MNEMONIC_XOR:
	case ZYDIS_MNEMONIC_AND:
	case ZYDIS_MNEMONIC_ADD:
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_BT:
	case ZYDIS_MNEMONIC_UCOMISD:
	case ZYDIS_MNEMONIC_UCOMISS:
	case ZYDIS_MNEMONIC_NOP:
		break;
	default:
		return false;
	}
	for (unsigned i = 0; i < insn.operand_count; i++) {
		const ZydisDecodedOperand *operand = &operands[i];
		bool writes = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;

		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && writes &&
		    !is_scratch(operand->reg.value))
			return false;
		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    insn.mnemonic != ZYDIS_MNEMONIC_NOP && (writes || !reads_safely(operand)))
			return false;
	}
	return true;
}
