/* SPDX-License-Identifier: MIT */
/*
 * state_code.c - places in a function's code where a goroutine's change of state can be read: by
 * the arguments of casgstatus, or behind the instruction that makes it.
 */
#include "probe/decode/state_code.h"

#include <string.h>

#define SP_DELTA_MAX 0xffff /* SITE_COOKIE_SP_DELTA() */

void state_func_leave_out(struct state_func *found, uint32_t offset, const char *reason)
{
	found->left_out = reason;
	found->left_out_offset = offset;
}

void state_func_add(struct state_func *found, const struct decoded_site *site, uint32_t flag)
{
	struct decoded_site *added;

	if (found->num_sites == STATE_MAX_SITES) {
		state_func_leave_out(found, site->offset, "it has too many places to be probed");
		return;
	}
	added = &found->sites[found->num_sites++];
	*added = *site;
	added->flags |= flag;
}

static bool decode_operands(const struct code *code, uint32_t offset, ZydisDecodedInstruction *insn,
			    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT])
{
	return offset < code->size &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeFull(&code->decoder, code->bytes + offset,
						   code->size - offset, insn, operands));
}

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

/* ---- by the arguments: casgstatus(gp, old, new) in RAX, RBX, RCX ---- */

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
	return *sp_delta >= 0 && *sp_delta <= SP_DELTA_MAX;
}

/* True when every call comes past `offset` no more than once. */
static bool is_reached_once(const struct sweep *sweep, uint32_t offset)
{
	for (size_t i = 0; i < sweep->num_jumps; i++) {
		if (sweep->jumps[i].to <= offset)
			return false;
	}
	return true;
}

bool state_find_arguments(const struct code *code, const struct sweep *sweep,
			  struct decoded_site *site)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	int64_t sp_delta = 0;

	for (uint32_t offset = 0; offset < HEAD_BYTES; offset += insn.length) {
		if (!decode_operands(code, offset, &insn, operands))
			return false;
		if (insn_is_emulated(code->bytes + offset, insn.length)) {
			site_fill(code, &insn, offset, site);
			site->sp_delta = (uint32_t)sp_delta;
			return is_reached_once(sweep, offset);
		}
		if (writes_register(&insn, operands, ZYDIS_REGISTER_RIP) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RAX) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RBX) ||
		    writes_register(&insn, operands, ZYDIS_REGISTER_RCX) ||
		    !follow_sp(&insn, operands, &sp_delta))
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

/* The instruction at `offset`, when the kernel can probe it. */
static bool probe_at(const struct code *code, uint32_t offset, struct decoded_site *site)
{
	ZydisDecodedInstruction insn;

	if (!code_instruction(code, offset, &insn) ||
	    decode_refusal(code->bytes + offset, insn.length))
		return false;
	site_fill(code, &insn, offset, site);
	return true;
}

/*
 * Most swaps go on with `sete %r; test %r,%r; je`: the kernel emulates the jump alone, or a nop
 * before it. False: it does not go on so, or %r was one of those needed.
 */
static bool find_tested(const struct code *code, const ZydisDecodedOperand *swap, uint32_t offset,
			struct decoded_site *site)
{
	ZydisDecodedOperand set[ZYDIS_MAX_OPERAND_COUNT], test[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;

	if (!decode_operands(code, offset, &insn, set) || insn.mnemonic != ZYDIS_MNEMONIC_SETZ ||
	    set[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	if (writes_register(&insn, set, ZYDIS_REGISTER_RAX) ||
	    writes_register(&insn, set, swap[0].mem.base) ||
	    writes_register(&insn, set,
			    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64,
							     swap[1].reg.value)))
		return false;
	offset += insn.length;
	if (!decode_operands(code, offset, &insn, test) || insn.mnemonic != ZYDIS_MNEMONIC_TEST ||
	    test[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    test[1].type != ZYDIS_OPERAND_TYPE_REGISTER || test[0].reg.value != set[0].reg.value ||
	    test[1].reg.value != set[0].reg.value)
		return false;
	if (!probe_at(code, offset + insn.length, site) || site->cost != SITE_EMULATED)
		return false;
	site->flags = SITE_SWAP_TESTED;
	return true;
}

static const char *why_not_behind(const struct code *code, const ZydisDecodedOperand *swap,
				  uint32_t offset, struct decoded_site *site)
{
	if (ZydisRegisterGetClass(swap[0].mem.base) != ZYDIS_REGCLASS_GPR64 ||
	    swap[0].mem.index != ZYDIS_REGISTER_NONE || swap[0].mem.segment == ZYDIS_REGISTER_FS ||
	    swap[0].mem.segment == ZYDIS_REGISTER_GS)
		return "the goroutine whose state it changes is not in a register";
	if (!find_tested(code, swap, offset, site) && !probe_at(code, offset, site))
		return "the kernel does not probe the instruction behind its change of a state";
	site->sp_delta = SITE_SWAP_REGISTERS(register_number(swap[0].mem.base),
					     register_number(swap[1].reg.value));
	return NULL;
}

/* A jump to between a swap and its site comes there without a swap. */
static void drop_jump_targets(const struct code *code, const uint32_t *behind,
			      struct state_func *found)
{
	ZydisDecodedInstruction insn;
	bool is_target[STATE_MAX_SITES] = {false};
	size_t kept = 0;
	int64_t to;

	for (uint32_t offset = 0; code_instruction(code, offset, &insn); offset += insn.length) {
		if (insn.mnemonic == ZYDIS_MNEMONIC_CALL || !insn_direct_target(&insn, offset, &to))
			continue;
		for (size_t i = 0; i < found->num_sites; i++)
			is_target[i] |= to >= behind[i] && to <= found->sites[i].offset;
	}
	for (size_t i = 0; i < found->num_sites; i++) {
		if (is_target[i])
			state_func_leave_out(found, found->sites[i].offset,
					     "it jumps behind its change of a goroutine's state");
		else
			found->sites[kept++] = found->sites[i];
	}
	found->num_sites = kept;
}

void state_find_swaps(const struct code *code, uint32_t atomicstatus, struct state_func *found)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	uint32_t behind[STATE_MAX_SITES]; /* the instructions right behind the swaps */

	for (uint32_t offset = 0; decode_operands(code, offset, &insn, operands);
	     offset += insn.length) {
		struct decoded_site site;
		const char *reason;

		if (!is_swap(atomicstatus, &insn, operands))
			continue;
		reason = why_not_behind(code, operands, offset + insn.length, &site);
		if (reason) {
			state_func_leave_out(found, offset, reason);
			continue;
		}
		if (found->num_sites < STATE_MAX_SITES)
			behind[found->num_sites] = offset + insn.length;
		state_func_add(found, &site, SITE_STATE_SWAP);
	}
	drop_jump_targets(code, behind, found);
}
