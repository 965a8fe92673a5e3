/* SPDX-License-Identifier: MIT */
/* dwarf_elf.c - the part of an ELF file that libdw gets to see: the debug sections that are needed.
 */
#include <elf.h>
#include <endian.h>
#include <string.h>

#include "base/text.h"
#include "gobin/dwarf_internal.h"

/* A program has one of each name; what is beyond that is not read. */
#define MAX_SECTIONS 32
#define MAX_NAME     32

static bool is_wanted(const char *name, enum dwarf_use use)
{
	enum {
		TYPES = 1 << DWARF_FOR_TYPES,
		VALUES = 1 << DWARF_FOR_VALUES,
		LINES = 1 << DWARF_FOR_LINES
	};
	static const struct {
		const char *name; /* behind ".debug_" or ".zdebug_" */
		unsigned uses;
	} wanted[] = {
		{"info", TYPES | VALUES | LINES},
		{"abbrev", TYPES | VALUES | LINES},
		{"str", TYPES | VALUES | LINES},
		{"str_offsets", TYPES | VALUES | LINES},
		{"line_str", TYPES | VALUES | LINES},
		{"line", LINES},
		{"ranges", VALUES | LINES},
		{"rnglists", VALUES | LINES},
		{"addr", VALUES | LINES},
		{"loc", VALUES},
		{"loclists", VALUES},
	};

	if (text_starts_with(name, ".debug_"))
		name += strlen(".debug_");
	else if (text_starts_with(name, ".zdebug_"))
		name += strlen(".zdebug_");
	else
		return false;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (strcmp(name, wanted[i].name) == 0)
			return wanted[i].uses >> use & 1;
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

/* What a section unpacks to, as its header says. */
static uint64_t unpacked_size(const struct image *image, const struct image_section *section)
{
	uint64_t size = section->size;

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
	return size;
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

/* A section of a file that is made here. */
struct part {
	const char *name;
	uint64_t flags;
	uint64_t size;
	uint64_t at; /* where its contents belong */
};

/* What a section takes: strings that do not end in it end in the zeros behind it, where libdw does
 * not look for the section's end. */
static uint64_t room_for(uint64_t size)
{
	return (size + 32) & ~UINT64_C(15);
}

static void fill_header(const struct arch *arch, Elf64_Ehdr *ehdr, size_t num_sections)
{
	*ehdr = (Elf64_Ehdr){
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = arch->machine,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shoff = sizeof(Elf64_Ehdr),
		.e_shnum = num_sections,
		.e_shstrndx = num_sections - 1,
	};
}

/* In this order: the header, section headers (one without a name, the parts, that of the names),
 * names of MAX_NAME bytes, contents, still zeros. The caller frees it. */
static uint8_t *make_file(const struct arch *arch, struct part *parts, size_t count, size_t *total)
{
	size_t names_at = sizeof(Elf64_Ehdr) + (count + 2) * sizeof(Elf64_Shdr);
	size_t names_size = (count + 2) * MAX_NAME;

	*total = names_at + names_size;
	for (size_t i = 0; i < count; i++) {
		parts[i].at = *total;
		*total += room_for(parts[i].size);
	}
	uint8_t *file = calloc(*total, 1);
	if (!file)
		return NULL;
	fill_header(arch, (Elf64_Ehdr *)file, count + 2);
	Elf64_Shdr *shdrs = (Elf64_Shdr *)(file + sizeof(Elf64_Ehdr));
	for (size_t i = 0; i <= count; i++) {
		const struct part names = {".shstrtab", 0, names_size, names_at};
		const struct part *part = i < count ? &parts[i] : &names;
		size_t name_at = (i + 1) * MAX_NAME;
		snprintf((char *)file + names_at + name_at, MAX_NAME, "%s", part->name);
		shdrs[i + 1] = (Elf64_Shdr){
			.sh_name = name_at,
			.sh_type = i < count ? SHT_PROGBITS : SHT_STRTAB,
			.sh_flags = part->flags,
			.sh_offset = part->at,
			.sh_size = part->size,
			.sh_addralign = 1,
		};
	}
	return file;
}

/* Unpacks the only section of a file by libelf. */
static bool unpack_with_libelf(void *file, size_t len, bool is_gnu, uint8_t *to, uint64_t size)
{
	Elf *elf = elf_memory(file, len);
	Elf_Scn *scn = elf ? elf_getscn(elf, 1) : NULL;
	bool unpacked = false;

	if (scn && (is_gnu ? elf_compress_gnu(scn, 0, 0) : elf_compress(scn, 0, 0)) >= 0) {
		Elf_Data *data = elf_rawdata(scn, NULL);
		unpacked = data && data->d_buf && data->d_size == size;
		if (unpacked)
			memcpy(to, data->d_buf, size);
	}
	if (elf)
		elf_end(elf);
	return unpacked;
}

static bool unpack(const struct image *image, const struct image_section *section, uint8_t *to,
		   uint64_t size)
{
	bool is_gnu = section->name[1] == 'z';
	struct part packed = {section->name, section->flags & SHF_COMPRESSED, section->size, 0};
	size_t len;

	if (!is_gnu && !packed.flags)
		return image_copy_at_off(image, section->off, to, size);
	_cleanup_free_ uint8_t *file = make_file(image_arch(image), &packed, 1, &len);
	if (!file || !image_copy_at_off(image, section->off, file + packed.at, packed.size))
		return false;
	return unpack_with_libelf(file, len, is_gnu, to, size);
}

Elf *dwarf_make_elf(const struct image *image, enum dwarf_use use, void **bytes)
{
	const struct image_section *found[MAX_SECTIONS];
	size_t count = find_sections(image, use, found), total;
	char names[MAX_SECTIONS][MAX_NAME];
	struct part parts[MAX_SECTIONS];

	for (size_t i = 0; i < count; i++) {
		const char *name =
			found[i]->name[1] == 'z' ? found[i]->name + 2 : found[i]->name + 1;
		snprintf(names[i], MAX_NAME, ".%s", name);
		parts[i] = (struct part){names[i], 0, unpacked_size(image, found[i]), 0};
	}
	elf_version(EV_CURRENT);
	uint8_t *file = *bytes = make_file(image_arch(image), parts, count, &total);
	if (!file)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!unpack(image, found[i], file + parts[i].at, parts[i].size))
			return NULL;
	}
	return elf_memory((char *)file, total);
}
