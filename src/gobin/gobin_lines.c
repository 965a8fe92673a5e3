/* SPDX-License-Identifier: MIT */
/* gobin_lines.c - lines, and what was inlined where: from DWARF or from the function table. */
#include "gobin/gobin_internal.h"

/*
 * DWARF that unpacks to less is read in 0.1 s. For larger programs the function table is asked for
 * lines first and the table of versions for the layout of a release that it knows.
 */
#define MAX_CHEAP_DWARF (16 << 20)

const struct image *gobin_dwarf_image(const struct gobin *bin)
{
	if (dwarf_is_present(bin->image))
		return bin->image;
	return bin->debug_image && dwarf_is_present(bin->debug_image) ? bin->debug_image : NULL;
}

bool gobin_dwarf_is_cheap(const struct gobin *bin, enum dwarf_use use)
{
	const struct image *image = gobin_dwarf_image(bin);

	return image && dwarf_unpacked_size(image, use) <= MAX_CHEAP_DWARF;
}

struct gobin_line gobin_line_from_dwarf(struct gobin *bin, uint64_t va)
{
	if (!bin->lines_are_open) {
		bin->lines_are_open = true;
		if (gobin_dwarf_image(bin))
			bin->lines = dwarf_open(gobin_dwarf_image(bin), DWARF_FOR_LINES);
	}
	return bin->lines ? dwarf_line(bin->lines, va) : (struct gobin_line){0};
}

struct gobin_line gobin_line_from_table(struct gobin *bin, uint64_t va)
{
	return bin->table ? pclntab_line(bin->table, va) : (struct gobin_line){0};
}

struct gobin_line gobin_line_at(struct gobin *bin, uint64_t va)
{
	bool dwarf_first = bin->lines || gobin_dwarf_is_cheap(bin, DWARF_FOR_LINES);
	/* They say the same, as long as both know the function. */
	struct gobin_line line =
		dwarf_first ? gobin_line_from_dwarf(bin, va) : gobin_line_from_table(bin, va);
	if (!line.line)
		line = dwarf_first ? gobin_line_from_table(bin, va)
				   : gobin_line_from_dwarf(bin, va);
	return line;
}

uint64_t gobin_outermost_va(const struct gobin *bin, uint64_t va)
{
	return bin->table ? pclntab_outermost_va(bin->table, va) : va;
}

bool gobin_stack_delta(const struct gobin *bin, uint64_t va, int32_t *delta)
{
	return bin->table && pclntab_stack_delta(bin->table, va, delta);
}

bool gobin_live_words(const struct gobin *bin, uint64_t va, struct gobin_live_words *words)
{
	return bin->table && pclntab_live_words(bin->table, va, words);
}

size_t gobin_frames(struct gobin *bin, uint64_t va, struct gobin_frame *frames, size_t max)
{
	size_t count = bin->table ? pclntab_frames(bin->table, va, frames, max) : 0;
	const struct gobin_func *func = count ? NULL : gobin_func_at(bin, va);

	if (!func)
		return count;
	frames[0] = (struct gobin_frame){func->name, gobin_line_at(bin, va)};
	return 1;
}

size_t gobin_inlined_at(const struct gobin *bin, uint64_t va, struct gobin_inlined *calls,
			size_t max)
{
	return bin->table ? pclntab_inlined_at(bin->table, va, calls, max) : 0;
}

struct inlining_visit {
	struct gobin *bin;
	bool (*visit)(void *context, const struct gobin_inlining *place);
	void *context;
};

static bool visit_inlining(void *context, const char *name, uint64_t func_va,
			   struct gobin_line call)
{
	const struct inlining_visit *visit = context;
	struct gobin_inlining place = {
		.name = name,
		.into = gobin_func_at(visit->bin, func_va),
		.call = call,
	};

	return !place.into || visit->visit(visit->context, &place);
}

struct error *gobin_for_each_inlining(struct gobin *bin,
				      bool (*visit)(void *context,
						    const struct gobin_inlining *place),
				      void *context)
{
	struct inlining_visit inlining = {bin, visit, context};

	if (!bin->table)
		return error_new(
			"%s has no usable Go function table: which functions were inlined is unknown",
			gobin_path(bin));
	return pclntab_for_each_inlining(bin->table, visit_inlining, &inlining);
}
