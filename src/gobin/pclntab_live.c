/* SPDX-License-Identifier: MIT */
/* pclntab_live.c - which words of a frame the collector looks at: those with pointers that the function uses later
 * (src/runtime/stkframe.go, getStackMap()). */
#include "gobin/pclntab_internal.h"

/* Words of a frame; more are none that a compiler makes. */
#define MAX_BITS (1u << 20)

/* One of the function's bitmaps: a struct stackmap (src/runtime/symtab.go) has how many there are, how many bits each
 * has, and their bytes. NULL: none. */
static const uint8_t *bitmap_at(const struct pclntab *table, const struct pclntab_entry *entry,
				unsigned funcdata, uint32_t index, uint32_t *num_bits)
{
	uint32_t count, bits, size;
	const uint8_t *bytes;
	uint64_t va;

	*num_bits = 0;
	if (!pclntab_funcdata(table, entry, funcdata, &va) || va > UINT64_MAX - UINT32_MAX ||
	    !image_read_u32(table->image, va, &count) ||
	    !image_read_u32(table->image, va + 4, &bits) || index >= count || !bits ||
	    bits > MAX_BITS)
		return NULL;
	size = (bits + 7) / 8;
	if (index > (UINT32_MAX - 8) / size)
		return NULL;
	bytes = image_at_va(table->image, va + 8 + (uint64_t)index * size, size);
	*num_bits = bytes ? bits : 0;
	return bytes;
}

bool pclntab_live_words(const struct pclntab *table, uint64_t va, struct gobin_live_words *words)
{
	struct pclntab_entry entry;
	struct pcvalue walk;
	uint32_t offset, index = 0;

	*words = (struct gobin_live_words){0};
	if (!pclntab_find_entry(table, va, &entry))
		return false;
	if (pclntab_pcdata(table, &entry, PCDATA_STACK_MAP_INDEX, &offset)) {
		pcvalue_begin(&walk, table, &entry, offset);
		if (pcvalue_seek(&walk, va) && walk.value > 0)
			index = (uint32_t)walk.value;
	}
	words->locals =
		bitmap_at(table, &entry, FUNCDATA_LOCALS_POINTER_MAPS, index, &words->num_locals);
	words->arguments =
		bitmap_at(table, &entry, FUNCDATA_ARGS_POINTER_MAPS, index, &words->num_arguments);
	return true;
}
