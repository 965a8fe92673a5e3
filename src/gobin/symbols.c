/* SPDX-License-Identifier: MIT */
/* symbols.c - reads .symtab, of the program itself or of its separate debug file. */
#include "gobin/symbols.h"

#include <elf.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* As in the function table: generic names reach some thousand bytes. */
#define MAX_NAME 16384

/* .symtab and the string table it names. Strings that begin before `terminated` end in the table.
 */
struct symtab {
	const uint8_t *entries;
	size_t num_entries;
	const char *names;
	uint64_t terminated;
};

static bool find_symtab(const struct image *image, struct symtab *symtab)
{
	const struct image_section *sections, *section = image_section(image, ".symtab");
	size_t num_sections;

	sections = image_sections(image, &num_sections);
	if (!section || section->type != SHT_SYMTAB || section->link >= num_sections)
		return false;
	const struct image_section *strings = &sections[section->link];
	if (strings->type != SHT_STRTAB)
		return false;
	symtab->num_entries = section->size / sizeof(Elf64_Sym);
	symtab->entries = image_at_off(image, section->off, section->size);
	symtab->names = (const char *)image_at_off(image, strings->off, strings->size);
	if (!symtab->entries || !symtab->names)
		return false;
	const char *last = memrchr(symtab->names, 0, strings->size);
	symtab->terminated = last ? last - symtab->names + 1 : 0;
	return true;
}

static Elf64_Sym entry_at(const struct symtab *symtab, size_t i)
{
	Elf64_Sym sym;

	memcpy(&sym, symtab->entries + i * sizeof(sym), sizeof(sym));
	return sym;
}

/* A name of megabytes would be read again for each symbol whose name is a part of it. */
static const char *name_of(const struct symtab *symtab, const Elf64_Sym *sym)
{
	if (sym->st_name >= symtab->terminated)
		return "";
	size_t max = symtab->terminated - sym->st_name;
	const char *name = symtab->names + sym->st_name;
	return memchr(name, 0, max < MAX_NAME ? max : MAX_NAME) ? name : "";
}

bool symbols_is_marker(const char *name)
{
	static const char *const markers[] = {
		"go.buildid",    "go:buildid",       "runtime.text",
		"runtime.etext", SYMBOLS_FIPS_START, SYMBOLS_FIPS_END,
	};

	for (size_t i = 0; i < sizeof(markers) / sizeof(*markers); i++) {
		if (strcmp(name, markers[i]) == 0)
			return true;
	}
	/* More text sections of very large programs. */
	return text_starts_with(name, "runtime.text.");
}

/* By address; at one address those with a size come first. */
static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->va != y->va)
		return x->va < y->va ? -1 : 1;
	if (!x->size != !y->size)
		return x->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t drop_duplicates(struct symbol *symbols, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!kept || symbols[kept - 1].va != symbols[i].va ||
		    strcmp(symbols[kept - 1].name, symbols[i].name) != 0)
			symbols[kept++] = symbols[i];
	}
	return kept;
}

static bool is_sorted(const struct symbol *symbols, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (compare_symbols(&symbols[i - 1], &symbols[i]) > 0)
			return false;
	}
	return true;
}

struct error *symbols_read_functions(const struct image *image, const struct image *symbol_image,
				     struct symbol **out, size_t *out_count)
{
	_cleanup_free_ struct symbol *symbols = NULL;
	size_t count = 0, capacity = 0;
	struct symtab symtab;

	*out = NULL;
	*out_count = 0;
	if (!find_symtab(symbol_image, &symtab))
		return NULL;
	for (size_t i = 0; i < symtab.num_entries; i++) {
		Elf64_Sym sym = entry_at(&symtab, i);
		if (ELF64_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_shndx == SHN_UNDEF)
			continue;
		const char *name = name_of(&symtab, &sym);
		if (!*name || symbols_is_marker(name) || !image_va_is_code(image, sym.st_value))
			continue;
		if (!array_reserve(&symbols, &capacity, count + 1, sizeof(*symbols)))
			return error_out_of_memory();
		symbols[count++] = (struct symbol){name, sym.st_value, sym.st_size};
	}
	if (!is_sorted(symbols, count))
		qsort(symbols, count, sizeof(*symbols), compare_symbols);
	*out_count = drop_duplicates(symbols, count);
	*out = take_pointer(symbols);
	return NULL;
}

bool symbols_find_object(const struct image *image, const char *name, uint64_t *va, uint64_t *size)
{
	struct symtab symtab;

	if (!find_symtab(image, &symtab))
		return false;
	for (size_t i = 0; i < symtab.num_entries; i++) {
		Elf64_Sym sym = entry_at(&symtab, i);
		if (ELF64_ST_TYPE(sym.st_info) == STT_OBJECT && sym.st_shndx != SHN_UNDEF &&
		    strcmp(name_of(&symtab, &sym), name) == 0) {
			*va = sym.st_value;
			*size = sym.st_size;
			return true;
		}
	}
	return false;
}
