/* SPDX-License-Identifier: MIT */
/* fuzz_decode.c - whatever the code is: sites lie inside it, on instructions that can be probed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gofuncgraph/decode.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_site(const struct decoded_site *site, const uint8_t *code, size_t size)
{
	must(site->offset < size && site->length && site->length <= size - site->offset);
	must(!arch_x86_64.refusal(code + site->offset, site->length));
	must(site->mnemonic && *site->mnemonic);
	must(site->cost == SITE_EMULATED || site->cost == SITE_SINGLE_STEP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of its own, for reads behind it to be noticed */
	uint8_t *code = malloc(size ? size : 1);
	struct decoded decoded;

	must(code);
	memcpy(code, data, size);
	(void)arch_x86_64.refusal(code, size);
	must(!decode_function(&arch_x86_64, code, size, &decoded));
	must((decoded.refused != NULL) == (decoded.num_sites == 0));
	for (size_t i = 0; i < decoded.num_sites; i++) {
		const struct decoded_site *site = &decoded.sites[i];

		check_site(site, code, size);
		must((i != 0) == !!(site->flags & SITE_EXIT));
		must(i < 2 || site->offset > site[-1].offset);
	}
	decoded_destroy(&decoded);
	free(code);
	return 0;
}
