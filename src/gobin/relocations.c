/* SPDX-License-Identifier: MIT */
/*
 * relocations.c - pointers in a position-independent executable are in its relocations, not in the
 * file's bytes, when the system's linker made it.
 */
#include <elf.h>
#include <string.h>

#include "gobin/image_internal.h"

/* A program has some 30 of them. */
#define MAX_DYNAMIC_ENTRIES 4096

static int compare_relatives(const void *a, const void *b)
{
	const struct image_relative *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

static bool relatives_are_sorted(const struct relocations *relocations)
{
	for (size_t i = 1; i < relocations->num_relatives; i++) {
		if (relocations->relatives[i - 1].va > relocations->relatives[i].va)
			return false;
	}
	return true;
}

/* By PT_DYNAMIC: section headers may be stripped. */
static void read_dynamic(const struct image *image, struct relocations *relocations)
{
	uint64_t va = 0, size = 0, entry_size = sizeof(Elf64_Rela);

	for (uint64_t i = 0; i < image->dynamic_size / sizeof(Elf64_Dyn) && i < MAX_DYNAMIC_ENTRIES;
	     i++) {
		const uint8_t *bytes = image_at_va(image, image->dynamic_va + i * sizeof(Elf64_Dyn),
						   sizeof(Elf64_Dyn));
		Elf64_Dyn dyn;
		if (!bytes)
			break;
		memcpy(&dyn, bytes, sizeof(dyn));
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_RELA)
			va = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_RELASZ)
			size = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_RELAENT)
			entry_size = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_SYMTAB)
			relocations->symbols_va = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_STRTAB)
			relocations->strings_va = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_FLAGS_1)
			relocations->flags_1 = dyn.d_un.d_val;
	}
	if (entry_size != sizeof(Elf64_Rela))
		return;
	relocations->table = image_at_va(image, va, size);
	if (relocations->table)
		relocations->num_entries = size / sizeof(Elf64_Rela);
}

static Elf64_Rela entry_at(const struct relocations *relocations, size_t i)
{
	Elf64_Rela rela;

	memcpy(&rela, relocations->table + i * sizeof(rela), sizeof(rela));
	return rela;
}

static void index_relatives(const struct arch *arch, struct relocations *relocations)
{
	size_t count = 0;

	for (size_t i = 0; i < relocations->num_entries; i++)
		count += ELF64_R_TYPE(entry_at(relocations, i).r_info) == arch->relocation_relative;
	if (!count)
		return;
	relocations->relatives = calloc(count, sizeof(*relocations->relatives));
	if (!relocations->relatives)
		return;
	for (size_t i = 0; i < relocations->num_entries; i++) {
		Elf64_Rela rela = entry_at(relocations, i);
		if (ELF64_R_TYPE(rela.r_info) != arch->relocation_relative)
			continue;
		relocations->relatives[relocations->num_relatives++] =
			(struct image_relative){rela.r_offset, rela.r_addend};
	}
	/* ld and lld sort them; Go's linker does not. */
	if (!relatives_are_sorted(relocations))
		qsort(relocations->relatives, relocations->num_relatives,
		      sizeof(*relocations->relatives), compare_relatives);
}

/* NULL when out of memory: the image is then read as if it had none. */
static const struct relocations *get_relocations(const struct image *image)
{
	/* The index is a cache: what an image holds does not change by it. */
	struct image *mutable_image = (struct image *)image;

	if (!image->relocations) {
		mutable_image->relocations = calloc(1, sizeof(*image->relocations));
		if (!image->relocations)
			return NULL;
		if (image->dynamic_size) {
			read_dynamic(image, image->relocations);
			index_relatives(image->arch, image->relocations);
		}
	}
	return image->relocations;
}

void image_free_relocations(struct image *image)
{
	if (image->relocations)
		free(image->relocations->relatives);
	free(image->relocations);
}

const struct image_relative *image_relatives(const struct image *image, size_t *count)
{
	const struct relocations *relocations = get_relocations(image);

	*count = relocations ? relocations->num_relatives : 0;
	return *count ? relocations->relatives : NULL;
}

bool image_read_pointer(const struct image *image, uint64_t va, uint64_t *value)
{
	struct image_relative key = {.va = va};
	const struct image_relative *relatives, *found = NULL;
	size_t count;

	relatives = image_relatives(image, &count);
	if (count)
		found = bsearch(&key, relatives, count, sizeof(key), compare_relatives);
	if (!found)
		return image_read_u64(image, va, value);
	*value = found->value;
	return true;
}

bool image_is_library(const struct image *image)
{
	const struct relocations *relocations = get_relocations(image);

	return image->is_pie && !image->has_interpreter &&
	       !(relocations && relocations->flags_1 & DF_1_PIE);
}

static struct image_relocation relocation_of(const Elf64_Rela *rela)
{
	return (struct image_relocation){
		.va = rela->r_offset,
		.type = ELF64_R_TYPE(rela->r_info),
		.symbol = ELF64_R_SYM(rela->r_info),
		.addend = rela->r_addend,
	};
}

bool image_relocation_at(const struct image *image, uint64_t va,
			 struct image_relocation *relocation)
{
	const struct relocations *relocations = get_relocations(image);

	for (size_t i = 0; relocations && i < relocations->num_entries; i++) {
		Elf64_Rela rela = entry_at(relocations, i);
		if (rela.r_offset != va ||
		    ELF64_R_TYPE(rela.r_info) == image->arch->relocation_relative)
			continue;
		*relocation = relocation_of(&rela);
		return true;
	}
	return false;
}

static bool names(const struct image *image, uint32_t symbol_index, const char *name)
{
	struct image_dynamic_symbol symbol;
	size_t size = strlen(name) + 1;
	const uint8_t *bytes = NULL;

	if (image_dynamic_symbol(image, symbol_index, &symbol))
		bytes = image_at_va(image, symbol.name_va, size);
	return bytes && memcmp(bytes, name, size) == 0;
}

bool image_relocation_naming(const struct image *image, uint32_t type, const char *name,
			     struct image_relocation *relocation)
{
	const struct relocations *relocations = get_relocations(image);

	for (size_t i = 0; relocations && i < relocations->num_entries; i++) {
		Elf64_Rela rela = entry_at(relocations, i);
		if (ELF64_R_TYPE(rela.r_info) != type ||
		    !names(image, ELF64_R_SYM(rela.r_info), name))
			continue;
		*relocation = relocation_of(&rela);
		return true;
	}
	return false;
}

bool image_dynamic_symbol(const struct image *image, uint32_t index,
			  struct image_dynamic_symbol *symbol)
{
	const struct relocations *relocations = get_relocations(image);
	const uint8_t *bytes;
	Elf64_Sym sym;

	if (!relocations || !relocations->symbols_va || !index)
		return false;
	bytes = image_at_va(image, relocations->symbols_va + (uint64_t)index * sizeof(sym),
			    sizeof(sym));
	if (!bytes)
		return false;
	memcpy(&sym, bytes, sizeof(sym));
	symbol->name_va = relocations->strings_va + sym.st_name;
	symbol->value = sym.st_value;
	symbol->type = ELF64_ST_TYPE(sym.st_info);
	symbol->is_defined = sym.st_shndx != SHN_UNDEF;
	return true;
}
