/* SPDX-License-Identifier: MIT */
/* decode.c - one function's code into its entry and exit sites. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "probe/decode/sweep.h"

bool code_instruction(const struct code *code, uint32_t offset, struct insn *insn)
{
	return code->arch->decode(code, offset, NULL, insn);
}

bool code_site(const struct code *code, uint32_t offset, struct decoded_site *site)
{
	struct insn insn;

	if (!code_instruction(code, offset, &insn) || code->arch->refusal(code, offset))
		return false;
	site_fill(code, &insn, offset, site);
	return true;
}

void site_fill(const struct code *code, const struct insn *insn, uint32_t offset,
	       struct decoded_site *site)
{
	*site = (struct decoded_site){
		.offset = offset,
		.cost = code->arch->is_emulated(code, offset) ? SITE_EMULATED : SITE_SINGLE_STEP,
		.length = insn->length,
		.mnemonic = code->arch->mnemonic(code, offset),
	};
}

/* There is one way from the function's first byte to its entry's site: straight. */
static uint32_t changed_before(const struct code *code, uint32_t site)
{
	uint32_t changed = 0;
	struct insn insn;

	for (uint32_t offset = 0; offset < site; offset += insn.length) {
		if (!code_instruction(code, offset, &insn))
			return UINT32_MAX;
		changed |= code->arch->changed_registers(code, offset);
	}
	return changed;
}

/* What the function does not use is not stored before morestack. */
static uint32_t lost_by_growth(const struct code *code)
{
	struct code_spill spills[CODE_MAX_SPILLS];
	struct stack_check check;
	uint32_t lost = UINT32_MAX;
	size_t count;

	if (!code->arch->find_stack_check(code, &check))
		return 0;
	if (!code->arch->find_spills(code, check.grow, spills, &count))
		return lost;
	for (size_t i = 0; i < count; i++)
		if (!spills[i].is_float)
			lost &= ~(1u << (spills[i].reg & 31));
	return lost;
}

struct error *decode_function(const struct arch *arch, const uint8_t *bytes, size_t size,
			      struct decoded *out)
{
	_cleanup_(code_release) struct code code = {.arch = arch, .bytes = bytes, .size = size};
	_cleanup_(sweep_destroy) struct sweep sweep = {0};
	struct decoded_site entry = {0};
	struct error *err;

	memset(out, 0, sizeof(*out));
	/* Offsets are 32 bits wide, and no function of any real program comes near. */
	if (!size || size > INT32_MAX) {
		out->refused = size ? "the function is larger than 2 GB" : "the function is empty";
		return NULL;
	}

	if (!code_mark(&code))
		return error_out_of_memory();
	err = code_sweep(&code, &sweep);
	if (err)
		return err;
	out->has_ret = sweep.has_ret;
	out->refused = sweep.refused;
	out->refused_offset = sweep.refused_offset;
	if (!out->refused)
		out->refused = entry_choose(&code, &sweep, &entry, &out->is_entry_looped);
	if (out->refused)
		return NULL;

	out->sites = calloc(sweep.num_exits + 1, sizeof(*out->sites));
	if (!out->sites)
		return error_out_of_memory();
	out->sites[0] = entry;
	out->changed_at_entry = changed_before(&code, entry.offset);
	out->lost_by_growth = lost_by_growth(&code);
	if (sweep.num_exits)
		memcpy(out->sites + 1, sweep.exits, sweep.num_exits * sizeof(*out->sites));
	out->num_sites = sweep.num_exits + 1;
	return NULL;
}

void decoded_destroy(struct decoded *decoded)
{
	free(decoded->sites);
	memset(decoded, 0, sizeof(*decoded));
}
