/* SPDX-License-Identifier: MIT */
/* binary_source.c - names out of a binary; see name_source.h. */
#include "names/name_source.h"

/* A gobin reads what is asked for, and keeps it. */
static struct gobin *gobin_of(const void *context)
{
	return (struct gobin *)context;
}

static const struct gobin_func *func_at(const void *context, uint64_t va)
{
	return gobin_func_at(context, va);
}

static struct gobin_line line_at(const void *context, uint64_t va)
{
	return gobin_line_at(gobin_of(context), va);
}

static uint64_t outermost_va(const void *context, uint64_t va)
{
	return gobin_outermost_va(gobin_of(context), va);
}

static size_t inlined_at(const void *context, uint64_t va, struct gobin_inlined *calls, size_t max)
{
	return gobin_inlined_at(context, va, calls, max);
}

static const char *wait_reason(const void *context, unsigned reason)
{
	return gobin_wait_reason(gobin_of(context), reason);
}

static struct module_place module_place(const void *modules, uint64_t number)
{
	return modules_place(modules, number);
}

static struct own_code own_code(const void *context)
{
	return gobin_own_code(gobin_of(context));
}

struct name_source name_source_gobin(struct gobin *bin, const struct modules *modules)
{
	return (struct name_source){.context = bin,
				    .func_at = func_at,
				    .line_at = line_at,
				    .outermost_va = outermost_va,
				    .inlined_at = inlined_at,
				    .wait_reason = wait_reason,
				    .arch = bin ? gobin_arch(bin) : NULL,
				    .own_code = own_code,
				    .modules = modules,
				    .module_place = modules ? module_place : NULL};
}
