/* SPDX-License-Identifier: MIT */
/*
 * inltree.c - calls that were inlined.
 *
 * Two tables of a function say them: PCDATA_InlTreeIndex, which inlined call each instruction
 * belongs to, and FUNCDATA_InlTree, an array of these calls (src/runtime/symtabinl.go). The array
 * has no length: the numbers that instructions have are those that are there. A caller that was
 * inlined itself is among them, as the place of the call is an instruction of its own.
 */
#include <string.h>

#include "base/array.h"
#include "gobin/pclntab_internal.h"

/* src/runtime/symtabinl.go takes the array to be of this size. */
#define MAX_INDEX (1u << 20)

/* One inlined call. */
struct inlined {
	uint64_t call_va; /* an instruction with the file and line of the call */
	uint32_t name; /* offset in the names' region */
};

/* What is used again for each function. */
struct scratch {
	struct inlined *calls;
	size_t num_calls, capacity;
	uint8_t seen[MAX_INDEX / 8];
	uint32_t *indices; /* those marked in seen */
	size_t num_indices, indices_capacity;
};

static void free_scratch(struct scratch **scratch)
{
	if (*scratch) {
		free((*scratch)->calls);
		free((*scratch)->indices);
	}
	free(*scratch);
}

/* Calls inlined into each other; the compiler stops long before. */
#define MAX_DEPTH 100

/* Where both tables are: the first one's offset in the pc tables, and the array. False: nothing was
 * inlined into this function. */
static bool find_tables(const struct pclntab *table, const struct pclntab_entry *entry,
			uint32_t *indices, uint64_t *tree_va)
{
	return pclntab_pcdata(table, entry, PCDATA_INL_TREE_INDEX, indices) &&
	       pclntab_funcdata(table, entry, FUNCDATA_INL_TREE, tree_va);
}

/* The numbers of the calls that the function's instructions belong to, each once. */
static bool collect_indices(const struct pclntab *table, const struct pclntab_entry *entry,
			    uint32_t offset, struct scratch *scratch)
{
	struct pcvalue walk;

	for (size_t i = 0; i < scratch->num_indices; i++)
		scratch->seen[scratch->indices[i] / 8] = 0;
	scratch->num_indices = 0;
	pcvalue_begin(&walk, table, entry, offset);
	while (pcvalue_next(&walk)) {
		uint32_t index = walk.value;
		if (walk.value < 0 || index >= MAX_INDEX ||
		    scratch->seen[index / 8] & 1u << index % 8)
			continue;
		if (!array_reserve(&scratch->indices, &scratch->indices_capacity,
				   scratch->num_indices + 1, sizeof(*scratch->indices)))
			return false;
		scratch->indices[scratch->num_indices++] = index;
		scratch->seen[index / 8] |= 1u << index % 8;
	}
	return true;
}

static bool read_call(const struct pclntab *table, const struct pclntab_entry *entry,
		      uint64_t tree_va, uint32_t index, struct inlined *call)
{
	uint64_t at = (uint64_t)index * table->format->inl_size;
	const uint8_t *bytes;
	uint32_t parent_pc;

	if (tree_va > UINT64_MAX - at)
		return false;
	bytes = image_at_va(table->image, tree_va + at, table->format->inl_size);
	if (!bytes)
		return false;
	memcpy(&call->name, bytes + table->format->inl_name, sizeof(call->name));
	memcpy(&parent_pc, bytes + table->format->inl_parent_pc, sizeof(parent_pc));
	call->call_va = entry->va + parent_pc;
	return parent_pc < entry->end_va - entry->va;
}

static int compare_calls(const void *a, const void *b)
{
	const struct inlined *x = a, *y = b;

	if (x->call_va != y->call_va)
		return x->call_va < y->call_va ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* Fills scratch->calls, by the address of the call: so their lines are found in one walk. */
static bool collect_calls(const struct pclntab *table, const struct pclntab_entry *entry,
			  struct scratch *scratch)
{
	uint32_t offset;
	uint64_t tree_va;

	scratch->num_calls = 0;
	if (!find_tables(table, entry, &offset, &tree_va))
		return true;
	if (!collect_indices(table, entry, offset, scratch) ||
	    !array_reserve(&scratch->calls, &scratch->capacity, scratch->num_indices,
			   sizeof(*scratch->calls)))
		return false;
	for (size_t i = 0; i < scratch->num_indices; i++) {
		struct inlined *call = &scratch->calls[scratch->num_calls];
		if (read_call(table, entry, tree_va, scratch->indices[i], call))
			scratch->num_calls++;
	}
	if (scratch->num_calls)
		qsort(scratch->calls, scratch->num_calls, sizeof(*scratch->calls), compare_calls);
	return true;
}

typedef bool visit_inlining(void *context, const char *name, uint64_t func_va,
			    struct gobin_line call);

/* False: `visit` wants no more. */
static bool visit_calls(const struct pclntab *table, const struct pclntab_entry *entry,
			const struct scratch *scratch, visit_inlining *visit, void *context)
{
	struct pcvalue files, lines;
	uint32_t offset = 0;

	pclntab_field(table, entry, table->format->pcfile, &offset);
	pcvalue_begin(&files, table, entry, offset);
	offset = 0;
	pclntab_field(table, entry, table->format->pcline, &offset);
	pcvalue_begin(&lines, table, entry, offset);
	for (size_t i = 0; i < scratch->num_calls; i++) {
		uint64_t va = scratch->calls[i].call_va;
		const char *name = pclntab_name(table, scratch->calls[i].name);
		struct gobin_line call = {NULL, 0};
		if (!name)
			continue;
		if (pcvalue_seek(&files, va))
			call.file = pclntab_file(table, entry, files.value);
		if (pcvalue_seek(&lines, va) && call.file && lines.value > 0)
			call.line = lines.value;
		if (!visit(context, name, entry->va, call))
			return false;
	}
	return true;
}

struct error *pclntab_for_each_inlining(struct pclntab *table, visit_inlining *visit, void *context)
{
	_cleanup_(free_scratch) struct scratch *scratch = calloc(1, sizeof(*scratch));
	uint64_t done_va = 0;

	if (!scratch)
		return error_out_of_memory();
	for (size_t i = 0; i < table->num_funcs; i++) {
		struct pclntab_entry entry;
		/* Entries that overlap would make the work more than the code is long. */
		if (!pclntab_entry(table, i, &entry) || entry.va < done_va)
			continue;
		done_va = entry.end_va;
		if (!collect_calls(table, &entry, scratch))
			return error_out_of_memory();
		if (!visit_calls(table, &entry, scratch, visit, context))
			return NULL;
	}
	return NULL;
}

size_t pclntab_inlined_at(const struct pclntab *table, uint64_t va, struct gobin_inlined *calls,
			  size_t max)
{
	struct pclntab_entry entry;
	struct inlined call;
	struct pcvalue walk;
	uint32_t indices;
	uint64_t tree_va;
	size_t count = 0;

	if (!pclntab_find_entry(table, va, &entry) ||
	    !find_tables(table, &entry, &indices, &tree_va))
		return 0;
	for (; count < max; count++) {
		pcvalue_begin(&walk, table, &entry, indices);
		if (!pcvalue_seek(&walk, va) || walk.value < 0 ||
		    !read_call(table, &entry, tree_va, (uint32_t)walk.value, &call))
			break;
		va = call.call_va;
		calls[count] = (struct gobin_inlined){pclntab_name(table, call.name), va};
	}
	return count;
}

uint64_t pclntab_outermost_va(const struct pclntab *table, uint64_t va)
{
	struct gobin_inlined calls[MAX_DEPTH];
	size_t count = pclntab_inlined_at(table, va, calls, MAX_DEPTH);

	return count ? calls[count - 1].call_va : va;
}

size_t pclntab_frames(struct pclntab *table, uint64_t va, struct gobin_frame *frames, size_t max)
{
	struct gobin_inlined calls[MAX_DEPTH];
	struct pclntab_entry entry;
	uint32_t name;
	size_t count;

	if (!pclntab_find_entry(table, va, &entry))
		return 0;
	count = pclntab_inlined_at(table, va, calls, max - 1 < MAX_DEPTH ? max - 1 : MAX_DEPTH);
	for (size_t i = 0; i < count; i++) {
		frames[i] = (struct gobin_frame){calls[i].name, pclntab_line(table, va)};
		va = calls[i].call_va;
	}
	frames[count] = (struct gobin_frame){.line = pclntab_line(table, va)};
	if (pclntab_field(table, &entry, table->format->name, &name))
		frames[count].name = pclntab_name(table, name);
	return count + 1;
}
