/* SPDX-License-Identifier: MIT */
/* decode.c - one function's code into its entry and exit sites. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "probe/decode/code.h"

bool code_instruction(const struct code *code, uint32_t offset, ZydisDecodedInstruction *insn)
{
	ZydisDecoderContext context;

	return offset < code->size &&
	       ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(
		       &code->decoder, &context, code->bytes + offset, code->size - offset, insn));
}

bool insn_direct_target(const ZydisDecodedInstruction *insn, uint32_t offset, int64_t *to)
{
	if (!insn->raw.imm[0].is_relative)
		return false;
	*to = (int64_t)offset + insn->length + insn->raw.imm[0].value.s;
	return true;
}

void site_fill(const struct code *code, const ZydisDecodedInstruction *insn, uint32_t offset,
	       struct decoded_site *site)
{
	const char *mnemonic = ZydisMnemonicGetString(insn->mnemonic);

	*site = (struct decoded_site){
		.offset = offset,
		.cost = insn_is_emulated(code->bytes + offset, insn->length) ? SITE_EMULATED
									     : SITE_SINGLE_STEP,
		.length = insn->length,
		.mnemonic = mnemonic ? mnemonic : "?",
	};
}

struct error *decode_function(const uint8_t *bytes, size_t size, uint64_t va, struct decoded *out)
{
	struct code code = {.bytes = bytes, .size = size};
	_cleanup_(sweep_destroy) struct sweep sweep = {0};
	struct decoded_site entry = {0};
	struct error *err;

	memset(out, 0, sizeof(*out));
	/* Offsets are 32 bits wide, and no function of any real program comes near. */
	if (!size || size > INT32_MAX) {
		out->refused = size ? "the function is larger than 2 GB" : "the function is empty";
		return NULL;
	}
	ZydisDecoderInit(&code.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);

	err = code_sweep(&code, &sweep);
	if (err)
		return err;
	out->has_ret = sweep.has_ret;
	out->refused = sweep.refused;
	out->refused_offset = sweep.refused_offset;
	if (!out->refused)
		out->refused = entry_choose(&code, &sweep, &entry);
	if (out->refused)
		return NULL;

	out->sites = calloc(sweep.num_exits + 1, sizeof(*out->sites));
	if (!out->sites)
		return error_out_of_memory();
	out->sites[0] = entry;
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
