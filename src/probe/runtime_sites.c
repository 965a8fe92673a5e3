/* SPDX-License-Identifier: MIT */
/* runtime_sites.c - finds runtime.recovery's call of gogo, and where goroutines end. */
#include "probe/runtime_sites.h"

#include <string.h>

#include "base/cleanup.h"
#include "probe/decode.h"
#include "probe/func_code.h"

static bool is_gogo(struct gobin *bin, uint64_t va)
{
	const struct gobin_func *func = gobin_func_at(bin, va);

	return func && func->va == va &&
	       (!strcmp(func->name, "runtime.gogo") || !strcmp(func->name, "runtime.gogo.abi0"));
}

struct error *find_unwind_site(struct gobin *bin, struct runtime_site *found)
{
	const struct gobin_func *func = gobin_func_named(bin, "runtime.recovery");
	struct code code = {0};
	ZydisDecodedInstruction insn;
	int64_t to;

	*found = (struct runtime_site){0};
	if (func)
		code.bytes = func_code(bin, func, &code.size);
	if (!code.bytes || code.size > INT32_MAX)
		return NULL;
	ZydisDecoderInit(&code.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (uint32_t offset = 0; code_instruction(&code, offset, &insn); offset += insn.length) {
		if (insn.mnemonic != ZYDIS_MNEMONIC_CALL && insn.mnemonic != ZYDIS_MNEMONIC_JMP)
			continue;
		if (!insn_direct_target(&insn, offset, &to) ||
		    !is_gogo(bin, func->va + (uint64_t)to) ||
		    decode_refusal(code.bytes + offset, insn.length))
			continue;
		/* the last one counts: there is one in all versions known */
		found->func = func;
		site_fill(&code, &insn, offset, &found->site);
		found->site.kind = SITE_KIND_RUNTIME;
		found->site.flags = SITE_UNWIND;
	}
	return NULL;
}

/* A function that is called with a goroutine that ends. */
static struct error *find_end_site(struct gobin *bin, const char *name, struct runtime_site *found)
{
	const struct gobin_func *func = gobin_func_named(bin, name);
	size_t size;
	const uint8_t *bytes = func ? func_code(bin, func, &size) : NULL;
	_cleanup_(decoded_destroy) struct decoded decoded = {0};
	struct error *err;

	*found = (struct runtime_site){0};
	if (!bytes)
		return NULL;
	err = decode_function(bytes, size, func->va, &decoded);
	if (err || decoded.refused)
		return err;
	found->func = func;
	found->site = decoded.sites[0];
	found->site.kind = SITE_KIND_RUNTIME;
	found->site.flags |= SITE_GOEXIT;
	return NULL;
}

struct error *find_goexit_site(struct gobin *bin, struct runtime_site *found)
{
	return find_end_site(bin, "runtime.goexit0", found);
}

struct error *find_coroexit_site(struct gobin *bin, struct runtime_site *found)
{
	*found = (struct runtime_site){0};
	if (!gobin_func_named(bin, "runtime.coroswitch_m"))
		return NULL;
	return find_end_site(bin, "runtime.gdestroy", found);
}
