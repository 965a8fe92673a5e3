/* SPDX-License-Identifier: MIT */
/*
 * runtime_sites.c - finds runtime.recovery's call of gogo, where goroutines end, and where they go
 * on.
 */
#include "probe/decode/runtime_sites.h"

#include <string.h>

#include "base/cleanup.h"
#include "probe/decode/sweep.h"
#include "probe/decode/func_code.h"

static bool is_gogo(struct gobin *bin, uint64_t va)
{
	const struct gobin_func *func = gobin_func_at(bin, va);

	return func && func->va == va &&
	       (!strcmp(func->name, "runtime.gogo") || !strcmp(func->name, "runtime.gogo.abi0"));
}

/* False: it is not in the file. */
static bool open_code(struct gobin *bin, const struct gobin_func *func, struct code *code)
{
	code->arch = gobin_arch(bin);
	code->bytes = func_code(bin, func, &code->size);
	return code->bytes && code->size <= INT32_MAX;
}

struct error *find_unwind_site(struct gobin *bin, struct runtime_site *found)
{
	const struct gobin_func *func = gobin_func_named(bin, "runtime.recovery");
	_cleanup_(code_release) struct code code = {0};
	struct insn insn;

	*found = (struct runtime_site){0};
	if (!func || !open_code(bin, func, &code))
		return NULL;
	if (!code_mark(&code))
		return error_out_of_memory();
	for (uint32_t offset = 0; code_instruction(&code, offset, &insn); offset += insn.length) {
		struct decoded_site site;

		if ((insn.kind != INSN_CALL && insn.kind != INSN_JUMP) || !insn.has_target ||
		    !is_gogo(bin, func->va + (uint64_t)insn.target) ||
		    !code_site(&code, offset, &site))
			continue;
		/* the last one counts: there is one in all versions known */
		found->func = func;
		found->site = site;
		found->site.kind = SITE_UNWIND;
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
	err = decode_function(gobin_arch(bin), bytes, size, &decoded);
	if (err || decoded.refused)
		return err;
	found->func = func;
	found->site = decoded.sites[0];
	found->site.kind = SITE_GOEXIT;
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

/* The function that runtime.gogo's code goes on in, or itself. */
static const struct gobin_func *find_gogo(struct gobin *bin)
{
	const struct gobin_func *func =
		gobin_func_named(bin, "runtime.gogo.abi0") ?: gobin_func_named(bin, "runtime.gogo");
	struct code code = {0};
	struct insn insn;

	if (!func || !open_code(bin, func, &code))
		return NULL;
	for (uint32_t offset = 0; code_instruction(&code, offset, &insn); offset += insn.length)
		if (insn.kind == INSN_JUMP &&
		    (insn.target < 0 || insn.target >= (int64_t)code.size))
			return gobin_func_at(bin, func->va + (uint64_t)insn.target);
	return func;
}

struct error *find_resume_site(struct gobin *bin, struct runtime_site *found)
{
	const struct gobin_func *func = find_gogo(bin);
	_cleanup_(decoded_destroy) struct decoded decoded = {0};
	size_t size;
	const uint8_t *bytes = func ? func_code(bin, func, &size) : NULL;
	struct error *err;

	*found = (struct runtime_site){0};
	if (!bytes)
		return NULL;
	err = decode_function(gobin_arch(bin), bytes, size, &decoded);
	if (err || decoded.refused || decoded.num_sites != 2)
		return err;
	found->func = func;
	found->site = decoded.sites[1];
	found->site.kind = SITE_RESUME;
	found->site.flags = 0;
	return NULL;
}

bool ends_at_resume(const char *function)
{
	/* src/runtime/asm_amd64.s, proc.go, preempt.go, stack.go, coro.go: what is called by mcall,
	 * what ends in schedule or gogo, and what runtime.dropg is called in. */
	static const char *const names[] = {
		"mcall",
		"morestack",
		"morestack_noctxt",
		"newstack",
		"gogo",
		"execute",
		"schedule",
		"mstart1",
		"park_m",
		"gosched_m",
		"goschedImpl",
		"goschedguarded_m",
		"goyield_m",
		"gopreempt_m",
		"preemptPark",
		"asyncPreempt2.func1",
		"exitsyscall0",
		"gdestroy",
		"exitsyscallNoP",
		"coroswitch_m",
		"dropg",
		"dropm",
		"setg",
	};

	if (strncmp(function, "runtime.", 8))
		return !strcmp(function, "gogo");
	size_t length = strlen(function += 8);
	if (length > 5 && !strcmp(function + length - 5, ".abi0"))
		length -= 5;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == length && !memcmp(names[i], function, length))
			return true;
	return false;
}
