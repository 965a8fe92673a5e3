/* SPDX-License-Identifier: MIT */
/* pclntab_data.c - tables and data that belong to one function: behind its record are the numbers of
 * all of them (src/runtime/symtab.go, pcdatastart() and funcdata()). */
#include "gobin/pclntab_internal.h"

bool pclntab_pcdata(const struct pclntab *table, const struct pclntab_entry *entry, unsigned number,
		    uint32_t *offset)
{
	uint32_t count;

	return pclntab_field(table, entry, table->format->npcdata, &count) && count > number &&
	       pclntab_field(table, entry, table->format->func_size + number * sizeof(*offset),
			     offset) &&
	       *offset;
}

bool pclntab_funcdata(const struct pclntab *table, const struct pclntab_entry *entry,
		      unsigned number, uint64_t *va)
{
	uint32_t num_pcdata, counts, offset;
	uint64_t at;

	/* nfuncdata is the last byte of its word. */
	if (!pclntab_field(table, entry, table->format->npcdata, &num_pcdata) ||
	    !pclntab_field(table, entry, table->format->nfuncdata - 3u, &counts) ||
	    counts >> 24 <= number)
		return false;
	at = table->format->func_size + (uint64_t)num_pcdata * sizeof(uint32_t);
	if (table->format->is_absolute) {
		at += (entry->record_va + at) & 4; /* pointers are aligned */
		at += number * sizeof(uint64_t);
		return at <= entry->record_len && entry->record_len - at >= sizeof(uint64_t) &&
		       image_read_pointer(table->image, entry->record_va + at, va) && *va;
	}
	if (!table->gofunc_va ||
	    !pclntab_field(table, entry, at + number * sizeof(offset), &offset) ||
	    offset == UINT32_MAX || table->gofunc_va > UINT64_MAX - offset)
		return false;
	*va = table->gofunc_va + offset;
	return true;
}
