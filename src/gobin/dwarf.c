/* SPDX-License-Identifier: MIT */
/* dwarf.c - opens DWARF with libdw and finds lines in it. */
#include "gobin/dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "gobin/dwarf_internal.h"

/* All debug sections of a program, unpacked: more is a bomb. */
#define MAX_UNPACKED_SIZE (UINT64_C(1) << 30)
#define MAX_RANGES        (1 << 22)

/* Code of one compilation unit. */
struct unit_range {
	uint64_t start_va;
	uint64_t end_va;
	Dwarf_Off die_off;
};

struct dwarf_index {
	struct unit_range *ranges; /* by rising start */
	size_t count;
	size_t capacity;
};

struct dwarf *dwarf_open(const struct image *image, enum dwarf_use use)
{
	struct dwarf *dwarf;

	if (!dwarf_is_present(image))
		return NULL;
	if (dwarf_unpacked_size(image, use) > MAX_UNPACKED_SIZE) {
		log_verbose("%s: its DWARF is too large and left alone", image_path(image));
		return NULL;
	}
	dwarf = calloc(1, sizeof(*dwarf));
	if (!dwarf)
		return NULL;
	dwarf->elf = dwarf_make_elf(image, use, &dwarf->elf_bytes);
	if (dwarf->elf)
		dwarf->dw = dwarf_begin_elf(dwarf->elf, DWARF_C_READ, NULL);
	if (!dwarf->dw) {
		log_verbose("%s: its DWARF cannot be read: %s", image_path(image),
			    dwarf_errmsg(-1));
		dwarf_close(dwarf);
		return NULL;
	}
	return dwarf;
}

void dwarf_close(struct dwarf *dwarf)
{
	if (!dwarf)
		return;
	if (dwarf->dw)
		dwarf_end(dwarf->dw);
	if (dwarf->elf)
		elf_end(dwarf->elf);
	free(dwarf->elf_bytes);
	if (dwarf->index)
		free(dwarf->index->ranges);
	free(dwarf->index);
	dwarf_functions_free(dwarf->functions);
	free(dwarf);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;

	return x->start_va < y->start_va ? -1 : x->start_va > y->start_va;
}

/* False when out of memory or out of patience. */
static bool add_unit(struct dwarf_index *index, Dwarf_Die *unit)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(unit, at, &base, &start, &end)) > 0) {
		if (start >= end)
			continue;
		if (index->count >= MAX_RANGES ||
		    !array_reserve(&index->ranges, &index->capacity, index->count + 1,
				   sizeof(*index->ranges)))
			return false;
		index->ranges[index->count++] =
			(struct unit_range){start, end, dwarf_dieoffset(unit)};
	}
	return true;
}

/* Go emits no .debug_aranges: which unit has an address is in the units alone. */
static void build_index(struct dwarf *dwarf)
{
	struct dwarf_index *index = calloc(1, sizeof(*index));
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	dwarf->index = index;
	if (!index)
		return;
	while (dwarf_get_units(dwarf->dw, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
		if (dwarf_tag(&unit) == DW_TAG_compile_unit && !add_unit(index, &unit))
			break;
	}
	if (index->count)
		qsort(index->ranges, index->count, sizeof(*index->ranges), compare_ranges);
}

/* Ranges do not overlap in what a linker makes. */
bool dwarf_unit_at(struct dwarf *dwarf, uint64_t va, Dwarf_Die *unit)
{
	size_t low = 0, high;

	if (!dwarf->index)
		build_index(dwarf);
	if (!dwarf->index)
		return false;
	for (high = dwarf->index->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (dwarf->index->ranges[middle].start_va <= va)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || va >= dwarf->index->ranges[low - 1].end_va)
		return false;
	return dwarf_offdie(dwarf->dw, dwarf->index->ranges[low - 1].die_off, unit) != NULL;
}

struct gobin_line dwarf_line(struct dwarf *dwarf, uint64_t va)
{
	struct gobin_line result = {0};
	Dwarf_Die unit;
	bool ends;
	int number;

	if (!dwarf_unit_at(dwarf, va, &unit))
		return result;
	Dwarf_Line *line = dwarf_getsrc_die(&unit, va);
	if (!line || dwarf_lineendsequence(line, &ends) != 0 || ends)
		return result;
	if (dwarf_lineno(line, &number) != 0 || number <= 0)
		return result;
	result.file = dwarf_linesrc(line, NULL, NULL);
	/* Of a program built with -trimpath: libdw puts the unit's directory, ".", before it. */
	if (result.file && strncmp(result.file, "./", 2) == 0)
		result.file += 2;
	if (result.file)
		result.line = number;
	return result;
}
