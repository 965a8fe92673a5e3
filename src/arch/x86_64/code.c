/* SPDX-License-Identifier: MIT */
/*
 * code.c - what an instruction does.
 *
 * What is known of jumps to where a register or memory says:
 * - `jmp *%reg`: a tail call, from Go 1.27 also in compiled code. C compilers end a jump table so,
 *   right behind an `add`.
 * - `jmp *N(base,index,8)`: a jump table (cmd/compile/internal/amd64/ssa.go, OpAMD64JUMPTABLE),
 *   stays inside. Without an index it is a tail call through a pointer (PLT, vtable).
 */
#include "arch/x86_64/code.h"

/* register number of modrm.rm and sib.index that stand for "a SIB byte follows" and "no index" */
#define RM_SIB   4
#define NO_INDEX 4

static void init(ZydisDecoder *decoder)
{
	ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
}

bool x86_64_decode_short(const struct code *code, uint32_t offset, ZydisDecodedInstruction *insn)
{
	ZydisDecoderContext context;
	ZydisDecoder decoder;

	init(&decoder);
	return offset < code->size &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, code->bytes + offset,
							  code->size - offset, insn));
}

bool x86_64_decode_full(const struct code *code, uint32_t offset, ZydisDecodedInstruction *insn,
			ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT])
{
	ZydisDecoder decoder;

	init(&decoder);
	return offset < code->size &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code->bytes + offset,
						   code->size - offset, insn, operands));
}

bool x86_64_direct_target(const ZydisDecodedInstruction *insn, uint32_t offset, int64_t *to)
{
	if (!insn->raw.imm[0].is_relative)
		return false;
	*to = (int64_t)offset + insn->length + insn->raw.imm[0].value.s;
	return true;
}

bool x86_64_reads_tls(const ZydisDecodedInstruction *insn)
{
	return insn->attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS;
}

static bool is_table_jump(const ZydisDecodedInstruction *insn, const struct insn *prev)
{
	if (insn->raw.modrm.mod == 3)
		return prev && prev->native == ZYDIS_MNEMONIC_ADD;
	return insn->raw.modrm.rm == RM_SIB && (insn->raw.sib.index != NO_INDEX || insn->raw.rex.X);
}

static enum insn_kind kind_of(const ZydisDecodedInstruction *insn, const struct insn *prev,
			      bool has_target)
{
	if (insn->mnemonic == ZYDIS_MNEMONIC_RET)
		return insn->opcode == 0xc3 || insn->opcode == 0xc2 ? INSN_RETURN : INSN_OTHER;
	if (insn->mnemonic == ZYDIS_MNEMONIC_CALL)
		return INSN_CALL;
	if (has_target)
		return insn->mnemonic == ZYDIS_MNEMONIC_JMP ? INSN_JUMP : INSN_BRANCH;
	if (insn->opcode != 0xff || insn->raw.modrm.reg != 4)
		return INSN_OTHER;
	return is_table_jump(insn, prev) ? INSN_TABLE_JUMP : INSN_INDIRECT_JUMP;
}

/* Takes the return address off the stack and nothing else: no `ret n`, and not with 66, which CPUs
 * differ about. */
static bool is_plain_ret(const ZydisDecodedInstruction *insn)
{
	return insn->opcode == 0xc3 && !(insn->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE);
}

bool x86_64_decode(const struct code *code, uint32_t offset, const struct insn *prev,
		   struct insn *insn)
{
	ZydisDecodedInstruction decoded;
	int64_t target = 0;

	if (!x86_64_decode_short(code, offset, &decoded))
		return false;
	bool has_target = x86_64_direct_target(&decoded, offset, &target);
	enum insn_kind kind = kind_of(&decoded, prev, has_target);
	*insn = (struct insn){
		.length = decoded.length,
		.kind = kind,
		.has_target = has_target,
		.reads_tls = x86_64_reads_tls(&decoded),
		.is_odd_return = kind == INSN_RETURN && !is_plain_ret(&decoded),
		.native = (uint16_t)decoded.mnemonic,
		.target = target,
	};
	return true;
}

const char *x86_64_mnemonic(const struct code *code, uint32_t offset)
{
	ZydisDecodedInstruction insn;

	return (x86_64_decode_short(code, offset, &insn) ? ZydisMnemonicGetString(insn.mnemonic)
							 : NULL)
		       ?: "?";
}
