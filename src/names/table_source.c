/* SPDX-License-Identifier: MIT */
/* table_source.c - names out of a table of them; see name_source.h. */
#include "names/name_source.h"

/* The last of the items, which rise by a number at `offset` of them, whose number is at most
 * `value`. NULL: there is none. */
static const void *last_up_to(const void *items, size_t count, size_t size, size_t offset,
			      uint64_t value)
{
	const char *numbers = (const char *)items + offset;
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (*(const uint64_t *)(numbers + middle * size) <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? (const char *)items + (low - 1) * size : NULL;
}

static const struct gobin_func *func_at(const void *context, uint64_t va)
{
	const struct name_table *table = context;
	const struct gobin_func *func =
		last_up_to(table->funcs, table->num_funcs, sizeof(*table->funcs),
			   offsetof(struct gobin_func, va), va);

	return func && va - func->va < func->size ? func : NULL;
}

static const struct name_line *name_line_at(const struct name_table *table, uint64_t va)
{
	return last_up_to(table->lines, table->num_lines, sizeof(*table->lines),
			  offsetof(struct name_line, va), va);
}

static struct gobin_line line_at(const void *context, uint64_t va)
{
	const struct name_line *line = name_line_at(context, va);

	return line ? line->line : (struct gobin_line){0};
}

static uint64_t outermost_va(const void *context, uint64_t va)
{
	const struct name_line *line = name_line_at(context, va);

	return line && line->outermost_va ? line->outermost_va : va;
}

static const char *wait_reason(const void *context, unsigned reason)
{
	const struct name_table *table = context;

	return reason < table->num_reasons ? table->reasons[reason] : NULL;
}

static struct module_place module_place(const void *modules, uint64_t number)
{
	const struct name_table *table = modules;
	const struct name_module *module =
		last_up_to(table->modules, table->num_modules, sizeof(*table->modules),
			   offsetof(struct name_module, number), number);

	return module && module->number == number ? module->place : (struct module_place){0};
}

static struct own_code own_code(const void *context)
{
	return ((const struct name_table *)context)->own_code;
}

struct name_source name_source_table(const struct name_table *table)
{
	return (struct name_source){.context = table,
				    .func_at = func_at,
				    .line_at = line_at,
				    .outermost_va = outermost_va,
				    .wait_reason = wait_reason,
				    .arch = table->arch,
				    .own_code = own_code,
				    .modules = table,
				    .module_place = module_place};
}
