/* SPDX-License-Identifier: MIT */
/*
 * exits.c - one sweep over a function: where it is left, and which jumps lead back to its head.
 *
 * What is known of jumps that leave a function:
 * - `jmp rel32` out of it: method wrappers (cmd/compile/internal/reflectdata/reflect.go,
 *   methodWrapper), and assembly that shares a body (memeqbody, cmpbody).
 * - `jmp *%reg`: a tail call, from Go 1.27 also in compiled code. C compilers end a jump table so,
 *   right behind an `add`.
 * - `jmp *N(base,index,8)`: a jump table (cmd/compile/internal/amd64/ssa.go, OpAMD64JUMPTABLE),
 *   stays inside. Without an index it is a tail call through a pointer (PLT, vtable).
 * - A conditional jump leaves it only when it is taken, which a hit cannot tell. Only assembly has
 *   those; such a function is left out, since a call that went that way would seem to have no end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "probe/decode/code.h"

/* register number of modrm.rm and sib.index that stand for "a SIB byte follows" and "no index" */
#define RM_SIB	 4
#define NO_INDEX 4

enum exit_kind { NO_EXIT, EXIT_RET, EXIT_JUMP, EXIT_CONDITIONAL };

static bool is_jump_table(const ZydisDecodedInstruction *insn, const ZydisDecodedInstruction *prev)
{
	if (insn->raw.modrm.mod == 3)
		return prev->mnemonic == ZYDIS_MNEMONIC_ADD;
	return insn->raw.modrm.rm == RM_SIB && (insn->raw.sib.index != NO_INDEX || insn->raw.rex.X);
}

static enum exit_kind exit_kind(const struct code *code, const ZydisDecodedInstruction *insn,
				const ZydisDecodedInstruction *prev, uint32_t offset)
{
	int64_t to;

	if (insn->mnemonic == ZYDIS_MNEMONIC_RET)
		return insn->opcode == 0xc3 || insn->opcode == 0xc2 ? EXIT_RET : NO_EXIT;
	if (insn->mnemonic == ZYDIS_MNEMONIC_CALL)
		return NO_EXIT;
	if (insn_direct_target(insn, offset, &to)) {
		if (to >= 0 && to < (int64_t)code->size)
			return NO_EXIT;
		return insn->mnemonic == ZYDIS_MNEMONIC_JMP ? EXIT_JUMP : EXIT_CONDITIONAL;
	}
	if (insn->opcode != 0xff || insn->raw.modrm.reg != 4)
		return NO_EXIT;
	return is_jump_table(insn, prev) ? NO_EXIT : EXIT_JUMP;
}

/* Takes the return address off the stack and nothing else: no `ret n`, and not with 66, which CPUs
 * differ about. */
static bool is_plain_ret(const ZydisDecodedInstruction *insn)
{
	return insn->opcode == 0xc3 && !(insn->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE);
}

static struct error *add_exit(struct sweep *sweep, const struct code *code,
			      const ZydisDecodedInstruction *insn, uint32_t offset,
			      enum exit_kind kind)
{
	struct decoded_site *site;

	if (sweep->num_exits >= DECODE_MAX_EXITS) {
		sweep->refused = "the function has too many exits";
		sweep->refused_offset = offset;
		return NULL;
	}
	if (!array_reserve(&sweep->exits, &sweep->exits_capacity, sweep->num_exits + 1,
			   sizeof(*sweep->exits)))
		return error_out_of_memory();
	site = &sweep->exits[sweep->num_exits++];
	site_fill(code, insn, offset, site);
	site->flags = kind == EXIT_RET ? SITE_EXIT : SITE_EXIT | SITE_TAIL_CALL;
	if (kind == EXIT_RET && !is_plain_ret(insn))
		site->flags |= SITE_STEP;
	return NULL;
}

static struct error *add_head_jump(struct sweep *sweep, const struct code *code,
				   const ZydisDecodedInstruction *insn, uint32_t offset)
{
	int64_t to;

	if (insn->mnemonic == ZYDIS_MNEMONIC_CALL || !insn_direct_target(insn, offset, &to))
		return NULL;
	if (to < 0 || to >= HEAD_BYTES || to >= (int64_t)code->size)
		return NULL;
	if (!array_reserve(&sweep->jumps, &sweep->jumps_capacity, sweep->num_jumps + 1,
			   sizeof(*sweep->jumps)))
		return error_out_of_memory();
	sweep->jumps[sweep->num_jumps++] = (struct head_jump){.from = offset, .to = (uint32_t)to};
	return NULL;
}

static bool only_padding(const struct code *code, uint32_t offset)
{
	while (offset < code->size && code->bytes[offset] == 0xcc)
		offset++;
	return offset == code->size;
}

struct error *code_sweep(const struct code *code, struct sweep *sweep)
{
	ZydisDecodedInstruction insn, prev = {0};

	for (uint32_t offset = 0; offset < code->size && !sweep->refused; offset += insn.length) {
		struct error *err;

		if (!code_instruction(code, offset, &insn)) {
			if (!only_padding(code, offset)) {
				sweep->refused = "its code cannot be decoded";
				sweep->refused_offset = offset;
			}
			break;
		}
		err = add_head_jump(sweep, code, &insn, offset);
		if (err)
			return err;

		enum exit_kind kind = exit_kind(code, &insn, &prev, offset);
		sweep->has_ret |= kind == EXIT_RET;
		if (kind == EXIT_CONDITIONAL) {
			sweep->refused =
				"it leaves by a conditional jump, which a probe cannot follow";
			sweep->refused_offset = offset;
		} else if (kind != NO_EXIT && decode_refusal(code->bytes + offset, insn.length)) {
			/* A call that leaves here would look as if a panic had ended it. */
			sweep->refused = "the kernel cannot probe one of its ways out";
			sweep->refused_offset = offset;
		} else if (kind != NO_EXIT) {
			err = add_exit(sweep, code, &insn, offset, kind);
			if (err)
				return err;
		}
		prev = insn;
	}
	return NULL;
}

void sweep_destroy(struct sweep *sweep)
{
	free(sweep->exits);
	free(sweep->jumps);
	memset(sweep, 0, sizeof(*sweep));
}
