/* SPDX-License-Identifier: MIT */
/*
 * state_code.c - places in a function's code where a goroutine's change of state can be read: by
 * the arguments of casgstatus, or behind the instruction that makes it.
 */
#include "probe/decode/state_code.h"

#include <string.h>

void state_func_leave_out(struct state_func *found, uint32_t offset, const char *reason)
{
	found->left_out = reason;
	found->left_out_offset = offset;
}

void state_func_add(struct state_func *found, const struct decoded_site *site, enum site_kind kind)
{
	struct decoded_site *added;

	if (found->num_sites == STATE_MAX_SITES) {
		state_func_leave_out(found, site->offset, "it has too many places to be probed");
		return;
	}
	added = &found->sites[found->num_sites++];
	*added = *site;
	added->kind = kind;
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
	uint32_t offset, sp_delta;
	struct insn insn;

	if (!code->arch->find_arguments(code, HEAD_BYTES, &offset, &sp_delta) ||
	    !code_instruction(code, offset, &insn))
		return false;
	site_fill(code, &insn, offset, site);
	site->sp_delta = sp_delta;
	return is_reached_once(sweep, offset);
}

/* ---- by a result ---- */

static bool goes_straight(const struct code *code, uint32_t offset, const struct insn *insn)
{
	uint32_t result = 1u << code->arch->arguments[0];

	return (insn->kind == INSN_OTHER || insn->kind == INSN_BRANCH) &&
	       !(code->arch->changed_registers(code, offset) & result);
}

/* What is from `from` on up to `to` is left there alone, and not entered but at its beginning. */
static bool is_one_way(const struct code *code, uint32_t from, uint32_t to)
{
	struct insn insn;

	for (uint32_t offset = 0; offset < code->size && code_instruction(code, offset, &insn);
	     offset += insn.length) {
		bool is_inside = offset >= from && offset < to;

		if (insn.kind == INSN_TABLE_JUMP)
			return false;
		if (insn.kind == INSN_CALL || !insn.has_target)
			continue;
		if ((insn.target > from && insn.target <= to) != is_inside)
			return false;
	}
	return true;
}

bool state_find_before_return(const struct code *code, uint32_t end, struct decoded_site *site)
{
	struct decoded_site here, last;
	bool is_found = false;
	struct insn insn;

	for (uint32_t offset = 0; offset < end; offset += insn.length) {
		if (!code_instruction(code, offset, &insn))
			return false;
		if (!goes_straight(code, offset, &insn)) {
			is_found = false;
		} else if (code_site(code, offset, &here) && here.cost == SITE_EMULATED &&
			   is_one_way(code, offset, end)) {
			last = here;
			is_found = true;
		}
	}
	if (is_found)
		*site = last;
	return is_found;
}

/* ---- by the instruction that makes it ---- */

static const char *why_not_behind(const struct code *code, const struct code_swap *swap,
				  struct decoded_site *site)
{
	if (!swap->in_registers)
		return "the goroutine whose state it changes is not in a register";
	if (swap->tested && code_site(code, swap->tested, site) && site->cost == SITE_EMULATED)
		site->flags = SITE_SWAP_TESTED;
	else if (!code_site(code, swap->behind, site))
		return "the kernel does not probe the instruction behind its change of a state";
	if (swap->g_is_field)
		site->flags |= SITE_SWAP_AT_STATUS;
	site->g_register = swap->g;
	site->old_register = swap->old_status;
	site->new_register = swap->new_status;
	return NULL;
}

/* Where the instructions of a swap are. */
struct swap_range {
	uint32_t begin, behind;
};

/* A jump to between a swap and its site comes there without a swap, unless it is one of the swap's
 * own. */
static void drop_jump_targets(const struct code *code, const struct swap_range *ranges,
			      struct state_func *found)
{
	struct insn insn;
	bool is_target[STATE_MAX_SITES] = {false};
	size_t kept = 0;

	for (uint32_t offset = 0; code_instruction(code, offset, &insn); offset += insn.length) {
		if (insn.kind == INSN_CALL || !insn.has_target)
			continue;
		for (size_t i = 0; i < found->num_sites; i++)
			is_target[i] |= insn.target >= ranges[i].behind &&
					insn.target <= found->sites[i].offset &&
					(offset < ranges[i].begin || offset >= ranges[i].behind);
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
	struct swap_range ranges[STATE_MAX_SITES];
	struct code_swap swap;

	for (uint32_t offset = 0; code->arch->find_swap(code, atomicstatus, &offset, &swap);
	     offset = swap.behind) {
		struct decoded_site site;
		const char *reason = why_not_behind(code, &swap, &site);

		if (reason) {
			state_func_leave_out(found, offset, reason);
			continue;
		}
		if (found->num_sites < STATE_MAX_SITES)
			ranges[found->num_sites] = (struct swap_range){offset, swap.behind};
		state_func_add(found, &site, SITE_STATE_SWAP);
	}
	drop_jump_targets(code, ranges, found);
}
