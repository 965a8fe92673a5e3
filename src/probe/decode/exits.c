/* SPDX-License-Identifier: MIT */
/*
 * exits.c - one sweep over a function: where it is left, and which jumps lead back to its head.
 *
 * What is known of jumps that leave a function:
 * - `jmp rel32` out of it: method wrappers (cmd/compile/internal/reflectdata/reflect.go,
 *   methodWrapper), and assembly that shares a body (memeqbody, cmpbody).
 * - A conditional jump leaves it only when it is taken, which a hit cannot tell. Only assembly has
 *   those; such a function is left out, since a call that went that way would seem to have no end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "probe/decode/sweep.h"

enum exit_kind { NO_EXIT, EXIT_RET, EXIT_JUMP, EXIT_CONDITIONAL };

static enum exit_kind exit_kind(const struct code *code, const struct insn *insn)
{
	bool leaves = insn->target < 0 || insn->target >= (int64_t)code->size;

	switch (insn->kind) {
	case INSN_RETURN:
		return EXIT_RET;
	case INSN_JUMP:
		return leaves ? EXIT_JUMP : NO_EXIT;
	case INSN_BRANCH:
		return leaves ? EXIT_CONDITIONAL : NO_EXIT;
	case INSN_INDIRECT_JUMP:
		return EXIT_JUMP;
	default:
		return NO_EXIT;
	}
}

static struct error *add_exit(struct sweep *sweep, const struct code *code, const struct insn *insn,
			      uint32_t offset, enum exit_kind kind)
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
	site->kind = kind == EXIT_RET ? SITE_RETURN : SITE_TAIL_CALL;
	if (insn->is_odd_return)
		site->flags |= SITE_STEP;
	return NULL;
}

static struct error *add_head_jump(struct sweep *sweep, const struct code *code,
				   const struct insn *insn, uint32_t offset)
{
	int64_t to = insn->target;

	if (insn->kind == INSN_CALL || !insn->has_target)
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
	while (offset < code->size && code->bytes[offset] == code->arch->padding)
		offset++;
	return offset == code->size;
}

struct error *code_sweep(const struct code *code, struct sweep *sweep)
{
	struct insn insn, prev = {0};

	for (uint32_t offset = 0; offset < code->size && !sweep->refused; offset += insn.length) {
		struct error *err;

		if (!code->arch->decode(code, offset, &prev, &insn)) {
			if (!only_padding(code, offset)) {
				sweep->refused = "its code cannot be decoded";
				sweep->refused_offset = offset;
			}
			break;
		}
		err = add_head_jump(sweep, code, &insn, offset);
		if (err)
			return err;

		enum exit_kind kind = exit_kind(code, &insn);
		sweep->has_ret |= kind == EXIT_RET;
		if (kind == EXIT_CONDITIONAL) {
			sweep->refused =
				"it leaves by a conditional jump, which a probe cannot follow";
			sweep->refused_offset = offset;
		} else if (kind != NO_EXIT && code->arch->refusal(code, offset)) {
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
