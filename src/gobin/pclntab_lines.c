/* SPDX-License-Identifier: MIT */
/* pclntab_lines.c - the file and line of one instruction, out of the function table. */
#include "gobin/pclntab_internal.h"

/* The last entry that does not begin behind va. Entries out of order make it a wrong one, which
 * pclntab_entry() or the caller notices, or the file's author gets the lines he asked for. */
bool pclntab_find_entry(const struct pclntab *table, uint64_t va, struct pclntab_entry *entry)
{
	size_t low = 0, high = table->num_funcs;

	if (va < table->text_va || va >= table->text_end_va)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t middle_va;
		if (!pclntab_entry_va(table, middle, &middle_va))
			return false;
		if (middle_va <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low && pclntab_entry(table, low - 1, entry) && va < entry->end_va;
}

/* The value at va of the table whose offset is in the record at `field`. */
static bool value_at(const struct pclntab *table, const struct pclntab_entry *entry, unsigned field,
		     uint64_t va, int32_t *value)
{
	struct pcvalue walk;
	uint32_t offset;

	if (!pclntab_field(table, entry, field, &offset))
		return false;
	pcvalue_begin(&walk, table, entry, offset);
	if (!pcvalue_seek(&walk, va))
		return false;
	*value = walk.value;
	return true;
}

bool pclntab_stack_delta(const struct pclntab *table, uint64_t va, int32_t *delta)
{
	struct pclntab_entry entry;

	/* pcsp, pcfile and pcln follow each other in each version: src/runtime/runtime2.go, _func. */
	return pclntab_find_entry(table, va, &entry) &&
	       value_at(table, &entry, table->format->pcfile - 4u, va, delta);
}

struct gobin_line pclntab_line(struct pclntab *table, uint64_t va)
{
	struct gobin_line found = {NULL, 0};
	struct pclntab_entry entry;
	int32_t file, line;

	if (!pclntab_find_entry(table, va, &entry))
		return found;
	if (value_at(table, &entry, table->format->pcfile, va, &file))
		found.file = pclntab_file(table, &entry, file);
	if (found.file && value_at(table, &entry, table->format->pcline, va, &line) && line > 0)
		found.line = line;
	return found;
}
