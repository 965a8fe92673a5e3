/* SPDX-License-Identifier: MIT */
/* moduledata.c - finds runtime.firstmoduledata by what its words say, as their places hardly move.
 */
#include "gobin/moduledata.h"

#include <elf.h>
#include <string.h>

/* Words of type moduledata, the same from Go 1.17 to 1.27: src/runtime/symtab.go. */
enum word {
	WORD_TABLE = 0,
	WORD_NAMES = 1, /* slices have three: address, length, capacity */
	WORD_FUNCS = 13,
	WORD_FTAB = 16,
	WORD_TEXT = 22,
	WORD_ETEXT = 23,
	/* Behind these the fields differ: textsectmap was word 37 (1.17), 39 (1.18), 41 (1.20), 42
	 * (1.26) and 45 (1.27). */
	WORD_FIRST_UNSTEADY = 32,
	WORD_LAST_UNSTEADY = 56,
};

/* Sections of text on amd64: one. What else may be seen is no list of text sections. */
#define MAX_TEXT_SECTIONS 64

#define SWEEP_SIZE 4096 /* on the stack */

static bool read_word(const struct image *image, uint64_t va, unsigned word, uint64_t *value)
{
	return va <= UINT64_MAX - word * 8 && image_read_pointer(image, va + word * 8, value);
}

/* A slice that is as long as its room, as the linker makes them. */
static bool read_slice(const struct image *image, uint64_t va, unsigned word, uint64_t *slice_va,
		       uint64_t *len)
{
	uint64_t capacity;

	return read_word(image, va, word, slice_va) && read_word(image, va, word + 1, len) &&
	       read_word(image, va, word + 2, &capacity) && *len == capacity;
}

/* True when the slice at `word` is textsectmap: its first element is {0, length, text}. */
static bool is_text_sections(const struct image *image, const struct moduledata *module,
			     unsigned word)
{
	uint64_t va, len, start, end, base;

	return read_slice(image, module->va, word, &va, &len) && len > 0 &&
	       len <= MAX_TEXT_SECTIONS && read_word(image, va, 0, &start) &&
	       read_word(image, va, 1, &end) && read_word(image, va, 2, &base) && start == 0 &&
	       end > 0 && base == module->text_va;
}

/*
 * gofunc is the word before textsectmap. From Go 1.26 epclntab, the end of the function table's
 * section, is between them, and go:func.* is the last part of that section; before, it was in
 * .rodata, and rodata is the word before gofunc.
 */
static uint64_t find_gofunc(const struct image *image, const struct moduledata_hint *hint,
			    const struct moduledata *module)
{
	uint64_t funcs_end_va = hint->funcs_va + module->funcs_len;

	for (unsigned word = WORD_FIRST_UNSTEADY; word <= WORD_LAST_UNSTEADY; word++) {
		uint64_t last_va, before_va;
		if (!is_text_sections(image, module, word))
			continue;
		if (!read_word(image, module->va, word - 1, &last_va) ||
		    !read_word(image, module->va, word - 2, &before_va))
			return 0;
		return before_va >= funcs_end_va && before_va <= last_va ? before_va : last_va;
	}
	return 0;
}

static bool is_moduledata(const struct image *image, uint64_t va,
			  const struct moduledata_hint *hint, struct moduledata *found)
{
	uint64_t table_va, names_va, funcs_va, ftab_va, len;
	struct moduledata module = {.va = va};

	if (!read_word(image, va, WORD_TABLE, &table_va) || table_va != hint->table_va ||
	    !read_slice(image, va, WORD_NAMES, &names_va, &len) || names_va != hint->names_va ||
	    !read_slice(image, va, WORD_FUNCS, &funcs_va, &module.funcs_len) ||
	    funcs_va != hint->funcs_va || !read_slice(image, va, WORD_FTAB, &ftab_va, &len) ||
	    ftab_va != hint->funcs_va || len != hint->num_funcs + 1 ||
	    !read_word(image, va, WORD_TEXT, &module.text_va) ||
	    !read_word(image, va, WORD_ETEXT, &module.text_end_va) ||
	    module.text_va >= module.text_end_va || !image_va_is_code(image, module.text_va))
		return false;
	module.gofunc_va = find_gofunc(image, hint, &module);
	*found = module;
	return true;
}

static bool sweep_segment(const struct image *image, const struct image_segment *segment,
			  const struct moduledata_hint *hint, struct moduledata *found)
{
	uint64_t words[SWEEP_SIZE / 8];
	uint64_t at = -segment->va & 7;

	while (at < segment->filesz && segment->filesz - at >= 8) {
		uint64_t len = segment->filesz - at < sizeof(words) ? (segment->filesz - at) & ~7ul
								    : sizeof(words);
		if (!image_copy(image, segment->va + at, words, len))
			return false;
		for (size_t i = 0; i < len / 8; i++) {
			if (words[i] == hint->table_va &&
			    is_moduledata(image, segment->va + at + i * 8, hint, found))
				return true;
		}
		at += len;
	}
	return false;
}

static bool sweep_segments(const struct image *image, uint32_t writable,
			   const struct moduledata_hint *hint, struct moduledata *found)
{
	size_t count;
	const struct image_segment *segments = image_segments(image, &count);

	for (size_t i = 0; i < count; i++) {
		if (!(segments[i].flags & PF_X) && (segments[i].flags & PF_W) == writable &&
		    sweep_segment(image, &segments[i], hint, found))
			return true;
	}
	return false;
}

bool moduledata_find(const struct image *image, const struct moduledata_hint *hint,
		     struct moduledata *found)
{
	size_t count;
	const struct image_relative *relatives = image_relatives(image, &count);

	for (size_t i = 0; i < count; i++) {
		if (relatives[i].value == hint->table_va &&
		    is_moduledata(image, relatives[i].va, hint, found))
			return true;
	}
	/* It is in .noptrdata or, from Go 1.26, in .go.module: writable both. */
	return sweep_segments(image, PF_W, hint, found) || sweep_segments(image, 0, hint, found);
}

/* ---- types ---- */

/* Words of type moduledata from that version on; 0: there is none. */
static const struct types_words {
	unsigned minor;
	uint8_t types, descriptors_len, etypes, typelinks;
} types_words[] = {
	{17, 35, 0, 36, 40}, {18, 35, 0, 36, 42}, /* rodata and gofunc are new */
	{20, 37, 0, 38, 44}, /* covctrs is new */
	{26, 37, 0, 38, 45}, /* epclntab is new */
	{27, 37, 38, 39, 0}, /* typedesclen is new, the list is gone */
};

bool moduledata_find_types(const struct image *image, const struct moduledata *module,
			   unsigned minor, struct moduledata_types *types)
{
	const struct types_words *words = types_words;
	uint64_t len = 0;

	for (size_t i = 0; i < sizeof(types_words) / sizeof(*types_words); i++)
		if (types_words[i].minor <= minor)
			words = &types_words[i];
	*types = (struct moduledata_types){};
	if (!read_word(image, module->va, words->types, &types->start_va) ||
	    !read_word(image, module->va, words->etypes, &types->end_va) ||
	    types->start_va >= types->end_va ||
	    types->end_va - types->start_va > image_available(image, types->start_va))
		return false;
	if (words->typelinks)
		return read_slice(image, module->va, words->typelinks, &types->links_va,
				  &types->num_links);
	if (!read_word(image, module->va, words->descriptors_len, &len) ||
	    len > types->end_va - types->start_va)
		return false;
	types->linked_end_va = types->start_va + len;
	return true;
}
