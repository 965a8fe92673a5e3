/* SPDX-License-Identifier: MIT */
/* spills.c - registers with arguments, as a function stores them before it calls morestack
 * (cmd/internal/obj/link.go, SpillRegisterArgs(); cmd/compile/internal/amd64/ssa.go, OpArgIntReg). */
#include "arch/x86_64/code.h"

/* A store of a register to rsp and an offset. */
static bool read_spill(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands,
		       struct code_spill *spill)
{
	const ZydisDecodedOperand *to = &operands[0], *from = &operands[1];
	ZydisRegister reg = from->reg.value;
	ZydisRegisterClass class;

	if (insn->operand_count_visible != 2 || to->type != ZYDIS_OPERAND_TYPE_MEMORY ||
	    from->type != ZYDIS_OPERAND_TYPE_REGISTER || to->mem.base != ZYDIS_REGISTER_RSP ||
	    to->mem.index != ZYDIS_REGISTER_NONE || to->mem.disp.value < 0 ||
	    to->mem.disp.value > UINT16_MAX)
		return false;
	class = ZydisRegisterGetClass(reg);
	*spill = (struct code_spill){
		.offset = (uint16_t)to->mem.disp.value,
		.size = (uint8_t)(to->size / 8),
		.is_float = class == ZYDIS_REGCLASS_XMM,
	};
	/* ah and the like are parts of others. */
	if (class == ZYDIS_REGCLASS_GPR8 && reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH)
		return false;
	if (!spill->is_float)
		reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
	if (!spill->is_float && ZydisRegisterGetClass(reg) != ZYDIS_REGCLASS_GPR64)
		return false;
	spill->reg = (uint8_t)ZydisRegisterGetId(reg);
	return true;
}

/* mov of a general register, movss or movsd. */
static bool is_store(const ZydisDecodedInstruction *insn)
{
	return insn->mnemonic == ZYDIS_MNEMONIC_MOV || insn->mnemonic == ZYDIS_MNEMONIC_MOVSS ||
	       insn->mnemonic == ZYDIS_MNEMONIC_MOVSD;
}

/* Aligning ones, 66 90 as well. */
static bool is_nop(const ZydisDecodedInstruction *insn)
{
	return insn->mnemonic == ZYDIS_MNEMONIC_NOP || insn->mnemonic == ZYDIS_MNEMONIC_XCHG;
}

bool x86_64_find_spills(const struct code *code, uint32_t grow, struct code_spill *spills,
			size_t *count)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	*count = 0;
	for (uint32_t at = grow; x86_64_decode_full(code, at, &insn, operands); at += insn.length) {
		if (insn.mnemonic == ZYDIS_MNEMONIC_CALL)
			return true;
		if (is_nop(&insn))
			continue;
		if (*count == CODE_MAX_SPILLS || !is_store(&insn) ||
		    !read_spill(&insn, operands, &spills[*count]))
			return false;
		++*count;
	}
	return false;
}
