/* SPDX-License-Identifier: MIT */
/* fuzz_decode.c - whatever the code is: sites lie inside it, on instructions that can be probed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/decode.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_site(const struct decoded_site *site, const struct code *code)
{
	must(site->offset < code->size && site->length &&
	     site->length <= code->size - site->offset);
	must(!code->arch->refusal(code, site->offset));
	must(site->mnemonic && *site->mnemonic);
	must(site->cost == SITE_EMULATED || site->cost == SITE_SINGLE_STEP);
}

static void check_spills(const struct code *code)
{
	struct code_spill spills[CODE_MAX_SPILLS];
	struct stack_check check;
	size_t count = 0;

	if (!code->arch->find_stack_check(code, &check))
		return;
	must(check.end <= check.grow && check.grow < code->size);
	must(!code->arch->find_spills(code, check.grow, spills, &count) ||
	     count <= CODE_MAX_SPILLS);
	for (size_t i = 0; i < count; i++)
		must(spills[i].size && spills[i].size <= 8 && spills[i].reg < 32);
}

static void check(const struct arch *arch, const uint8_t *bytes, size_t size)
{
	struct code code = {.arch = arch, .bytes = bytes, .size = size};
	uint32_t offset = 0, sp_delta;
	struct code_constants constants;
	struct code_tls_access access;
	struct code_swap swap;
	struct decoded decoded;

	must(!decode_function(arch, bytes, size, &decoded));
	must(code_mark(&code));
	check_spills(&code);
	(void)arch->refusal(&code, 0);
	(void)arch->constants(&code, 0, &constants);
	(void)arch->find_tls_access(&code, 0, &access);
	if (arch->find_arguments(&code, 512, &offset, &sp_delta))
		must(offset < size && !arch->refusal(&code, offset));
	for (offset = 0; arch->find_swap(&code, 144, &offset, &swap); offset = swap.behind)
		must(swap.behind > offset && swap.behind <= size);
	must((decoded.refused != NULL) == (decoded.num_sites == 0));
	for (size_t i = 0; i < decoded.num_sites; i++) {
		const struct decoded_site *site = &decoded.sites[i];

		check_site(site, &code);
		must((i != 0) == (site->kind == SITE_RETURN || site->kind == SITE_TAIL_CALL));
		must(i < 2 || site->offset > site[-1].offset);
	}
	decoded_destroy(&decoded);
	code_release(&code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of its own, for reads behind it to be noticed */
	uint8_t *bytes = malloc(size ? size : 1);

	must(bytes);
	memcpy(bytes, data, size);
	check(&arch_x86_64, bytes, size);
	check(&arch_arm64, bytes, size);
	free(bytes);
	return 0;
}
