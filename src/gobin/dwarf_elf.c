/* SPDX-License-Identifier: MIT */
/* dwarf_elf.c - the part of an ELF file that libdw gets to see: the debug sections that are needed.
 */
#include <elf.h>
#include <endian.h>
#include <string.h>

#include "gobin/dwarf_internal.h"

/* A program has one of each name; what is beyond that is not read. */
#define MAX_SECTIONS 32
#define MAX_NAME     32

static bool is_wanted(const char *name, enum dwarf_use use)
{
	static const struct {
		const char *name; /* behind ".debug_" or ".zdebug_" */
		enum dwarf_use use;
	} wanted[] = {
		{"info", DWARF_FOR_TYPES},     {"abbrev", DWARF_FOR_TYPES},
		{"str", DWARF_FOR_TYPES},      {"str_offsets", DWARF_FOR_TYPES},
		{"line_str", DWARF_FOR_TYPES}, {"line", DWARF_FOR_LINES},
		{"ranges", DWARF_FOR_LINES},   {"rnglists", DWARF_FOR_LINES},
		{"addr", DWARF_FOR_LINES},
	};

	if (strncmp(name, ".debug_", strlen(".debug_")) == 0)
		name += strlen(".debug_");
	else if (strncmp(name, ".zdebug_", strlen(".zdebug_")) == 0)
		name += strlen(".zdebug_");
	else
		return false;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (strcmp(name, wanted[i].name) == 0)
			return wanted[i].use <= use;
	}
	return false;
}

static size_t find_sections(const struct image *image, enum dwarf_use use,
			    const struct image_section *found[MAX_SECTIONS])
{
	const struct image_section *sections;
	size_t count, num_found = 0;

	sections = image_sections(image, &count);
	for (size_t i = 0; i < count && num_found < MAX_SECTIONS; i++) {
		if (sections[i].type != SHT_NOBITS && sections[i].size &&
		    is_wanted(sections[i].name, use))
			found[num_found++] = &sections[i];
	}
	return num_found;
}

bool dwarf_is_present(const struct image *image)
{
	const struct image_section *section = image_section(image, ".debug_info");

	if (!section)
		section = image_section(image, ".zdebug_info");
	return section && section->type != SHT_NOBITS && section->size;
}

/* What a section unpacks to, as its header says; never less than what it is. */
static uint64_t unpacked_size(const struct image *image, const struct image_section *section)
{
	uint64_t size = 0;

	if (section->flags & SHF_COMPRESSED) {
		Elf64_Chdr header;
		if (section->size >= sizeof(header) &&
		    image_copy_at_off(image, section->off, &header, sizeof(header)))
			size = header.ch_size;
	} else if (section->name[1] == 'z') {
		struct {
			char magic[4];
			uint64_t size;
		} __attribute__((packed)) header;
		if (section->size >= sizeof(header) &&
		    image_copy_at_off(image, section->off, &header, sizeof(header)))
			size = be64toh(header.size);
	}
	return size > section->size ? size : section->size;
}

uint64_t dwarf_unpacked_size(const struct image *image, enum dwarf_use use)
{
	const struct image_section *sections[MAX_SECTIONS];
	size_t count = find_sections(image, use, sections);
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t size = unpacked_size(image, sections[i]);
		if (size > UINT64_MAX - total)
			return UINT64_MAX;
		total += size;
	}
	return total;
}

static void fill_header(Elf64_Ehdr *ehdr, size_t num_sections)
{
	*ehdr = (Elf64_Ehdr){
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shoff = sizeof(Elf64_Ehdr),
		.e_shnum = num_sections,
		.e_shstrndx = num_sections - 1,
	};
}

/* In this order: the header, section headers (one without a name, those found, that of the names),
 * names of MAX_NAME bytes, contents. */
Elf *dwarf_make_elf(const struct image *image, enum dwarf_use use, void **bytes)
{
	const struct image_section *found[MAX_SECTIONS];
	size_t count = find_sections(image, use, found), names_at, at;

	names_at = sizeof(Elf64_Ehdr) + (count + 2) * sizeof(Elf64_Shdr);
	at = names_at + (count + 2) * MAX_NAME;
	uint64_t total = at;
	for (size_t i = 0; i < count; i++)
		total += (found[i]->size + 15) & ~UINT64_C(15);
	uint8_t *elf = *bytes = calloc(total, 1);
	if (!elf)
		return NULL;
	fill_header((Elf64_Ehdr *)elf, count + 2);
	Elf64_Shdr *shdrs = (Elf64_Shdr *)(elf + sizeof(Elf64_Ehdr));
	for (size_t i = 0; i < count; i++) {
		size_t name_at = (i + 1) * MAX_NAME;
		snprintf((char *)elf + names_at + name_at, MAX_NAME, "%s", found[i]->name);
		if (!image_copy_at_off(image, found[i]->off, elf + at, found[i]->size))
			return NULL;
		shdrs[i + 1] = (Elf64_Shdr){
			.sh_name = name_at,
			.sh_type = SHT_PROGBITS,
			.sh_flags = found[i]->flags & SHF_COMPRESSED,
			.sh_offset = at,
			.sh_size = found[i]->size,
			.sh_addralign = 1,
		};
		at += (found[i]->size + 15) & ~UINT64_C(15);
	}
	snprintf((char *)elf + names_at + (count + 1) * MAX_NAME, MAX_NAME, ".shstrtab");
	shdrs[count + 1] = (Elf64_Shdr){
		.sh_name = (count + 1) * MAX_NAME,
		.sh_type = SHT_STRTAB,
		.sh_offset = names_at,
		.sh_size = (count + 2) * MAX_NAME,
		.sh_addralign = 1,
	};
	elf_version(EV_CURRENT);
	return elf_memory((char *)elf, total);
}
