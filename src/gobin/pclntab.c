/* SPDX-License-Identifier: MIT */
/* pclntab.c - finds the function table, checks its header, and reads its functions. */
#include "gobin/pclntab.h"

#include <elf.h>
#include <string.h>

#include "gobin/moduledata.h"
#include "gobin/pclntab_internal.h"

/* Generic names reach some thousand bytes, paths PATH_MAX. */
#define MAX_NAME 16384

#define SWEEP_SIZE 4096 /* on the stack */

static const struct pclntab_format formats[] = {
	/* Go 1.16, 1.17 */
	{.magic = 0xfffffffa,
	 .version = "go1.16 or go1.17",
	 .is_absolute = true,
	 .offsets = 24,
	 .name = 8,
	 .pcfile = 24,
	 .pcline = 28,
	 .npcdata = 32,
	 .cu = 36,
	 .nfuncdata = 43,
	 .func_size = 44,
	 .inl_name = 12,
	 .inl_parent_pc = 16,
	 .inl_size = 20},
	/* Go 1.18, 1.19 */
	{.magic = 0xfffffff0,
	 .version = "go1.18 or go1.19",
	 .text_start = 24,
	 .offsets = 32,
	 .name = 4,
	 .pcfile = 20,
	 .pcline = 24,
	 .npcdata = 28,
	 .cu = 32,
	 .nfuncdata = 39,
	 .func_size = 40,
	 .inl_name = 12,
	 .inl_parent_pc = 16,
	 .inl_size = 20},
	/* Go 1.20 to 1.27 (from 1.26 textStart is 0) */
	{.magic = 0xfffffff1,
	 .text_start = 24,
	 .offsets = 32,
	 .name = 4,
	 .pcfile = 20,
	 .pcline = 24,
	 .npcdata = 28,
	 .cu = 32,
	 .nfuncdata = 43,
	 .func_size = 44,
	 .inl_name = 4,
	 .inl_parent_pc = 8,
	 .inl_size = 16},
};

/* Where the linker puts the table; the second is for position-independent programs. */
static const char *const section_names[] = {".gopclntab", ".data.rel.ro.gopclntab"};

static const struct pclntab_format *find_format(const struct arch *arch, const uint8_t *header)
{
	/* What all headers have behind the magic; the last is the size of a pointer. */
	const uint8_t rest[4] = {0, 0, arch->quantum, 8};
	uint32_t magic;

	memcpy(&magic, header, sizeof(magic));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].magic == magic && !memcmp(header + 4, rest, sizeof(rest)))
			return &formats[i];
	}
	return NULL;
}

/* Bytes of an entry of the list of functions: an address and the offset of a record. */
static unsigned entry_size(const struct pclntab *table)
{
	return table->format->is_absolute ? 16 : 8;
}

bool pclntab_entry_va(const struct pclntab *table, size_t i, uint64_t *va)
{
	uint64_t at = table->funcs.va + i * entry_size(table);
	uint32_t offset;

	if (table->format->is_absolute)
		return image_read_pointer(table->image, at, va);
	if (!image_read_u32(table->image, at, &offset))
		return false;
	*va = table->text_va + offset; /* text_va + 4 GiB does not wrap: see has_text() */
	return true;
}

/* Where the i-th function's record is, in the region of functions. */
static bool record_offset(const struct pclntab *table, size_t i, uint64_t *offset)
{
	uint64_t at = table->funcs.va + i * entry_size(table);
	uint32_t short_offset;

	if (table->format->is_absolute)
		return image_read_u64(table->image, at + 8, offset);
	if (!image_read_u32(table->image, at + 4, &short_offset))
		return false;
	*offset = short_offset;
	return true;
}

/* The record repeats the address: what tells a table from bytes that look like one. */
static bool record_agrees(const struct pclntab *table, uint64_t record_va, uint64_t va)
{
	uint64_t record_entry;
	uint32_t offset;

	if (table->format->is_absolute)
		return image_read_pointer(table->image, record_va, &record_entry) &&
		       record_entry == va;
	return image_read_u32(table->image, record_va, &offset) && table->text_va + offset == va;
}

static bool find_record(const struct pclntab *table, size_t i, struct pclntab_entry *entry)
{
	uint64_t offset;

	if (!record_offset(table, i, &offset) || offset > table->funcs.len ||
	    table->funcs.len - offset < table->format->func_size)
		return false;
	entry->record_va = table->funcs.va + offset;
	entry->record_len = table->funcs.len - offset;
	return record_agrees(table, entry->record_va, entry->va);
}

bool pclntab_entry(const struct pclntab *table, size_t i, struct pclntab_entry *entry)
{
	return i < table->num_funcs && pclntab_entry_va(table, i, &entry->va) &&
	       pclntab_entry_va(table, i + 1, &entry->end_va) && entry->va < entry->end_va &&
	       entry->va >= table->text_va && entry->end_va <= table->text_end_va &&
	       find_record(table, i, entry);
}

bool pclntab_field(const struct pclntab *table, const struct pclntab_entry *entry, uint64_t at,
		   uint32_t *value)
{
	return at <= entry->record_len && entry->record_len - at >= sizeof(*value) &&
	       image_read_u32(table->image, entry->record_va + at, value);
}

/* NULL: not in the region or without an end. */
static const char *string_in(const struct pclntab *table, const struct region *region,
			     uint32_t offset)
{
	uint64_t max;

	if (offset >= region->len)
		return NULL;
	max = region->len - offset;
	return image_string_at_va(table->image, region->va + offset,
				  max < MAX_NAME ? max : MAX_NAME);
}

const char *pclntab_name(const struct pclntab *table, uint32_t offset)
{
	const char *name = string_in(table, &table->names, offset);

	return name && *name ? name : NULL;
}

const char *pclntab_file(const struct pclntab *table, const struct pclntab_entry *entry,
			 int32_t number)
{
	const char *file;
	uint32_t first, offset;
	uint64_t at;

	if (number < 0 || !pclntab_field(table, entry, table->format->cu, &first))
		return NULL;
	at = ((uint64_t)first + (uint32_t)number) * sizeof(offset);
	if (at > table->cu_files.len || table->cu_files.len - at < sizeof(offset) ||
	    !image_read_u32(table->image, table->cu_files.va + at, &offset))
		return NULL;
	file = string_in(table, &table->files, offset);
	return file && *file ? file : NULL;
}

/* ---- opening ---- */

/* The five parts of the table, each up to where the next begins; `end` is the last one's. */
static bool set_regions(struct pclntab *table, const uint8_t *header, uint64_t len)
{
	struct region *regions[] = {&table->names, &table->cu_files, &table->files, &table->pc,
				    &table->funcs};
	uint64_t header_size = table->format->offsets + sizeof(uint64_t) * 5, starts[5];

	for (unsigned i = 0; i < 5; i++) {
		memcpy(&starts[i], header + table->format->offsets + i * 8, sizeof(starts[i]));
		if (starts[i] < header_size || starts[i] >= len)
			return false;
	}
	for (unsigned i = 0; i < 5; i++) {
		uint64_t end = len;
		for (unsigned j = 0; j < 5; j++) {
			if (starts[j] > starts[i] && starts[j] < end)
				end = starts[j];
		}
		*regions[i] = (struct region){table->va + starts[i], end - starts[i]};
	}
	return true;
}

/* Two entries, or one and the end, have their record where they say. */
static bool has_records(const struct pclntab *table)
{
	struct pclntab_entry first, last;

	return pclntab_entry_va(table, 0, &first.va) && find_record(table, 0, &first) &&
	       pclntab_entry_va(table, table->num_funcs - 1, &last.va) &&
	       find_record(table, table->num_funcs - 1, &last) && first.va <= last.va;
}

/* Whether there is a table at va, of at most len bytes. The text's address is not known yet, but
 * whatever it is, a record says the same as its entry. */
static bool read_header(struct pclntab *table, uint64_t va, uint64_t len)
{
	const uint8_t *header;
	uint64_t num_funcs, available = image_available(table->image, va);

	if (len > available)
		len = available;
	header = len >= PCLNTAB_MAX_HEADER ? image_at_va(table->image, va, PCLNTAB_MAX_HEADER)
					   : NULL;
	if (!header || !(table->format = find_format(image_arch(table->image), header)))
		return false;
	table->va = va;
	if (!set_regions(table, header, len))
		return false;
	memcpy(&num_funcs, header + 8, sizeof(num_funcs));
	/* One more: the end of the last function, of which there is the address only. */
	if (!num_funcs || num_funcs >= table->funcs.len / entry_size(table))
		return false;
	table->num_funcs = num_funcs;
	return has_records(table);
}

static bool find_by_section(struct pclntab *table)
{
	for (size_t i = 0; i < sizeof(section_names) / sizeof(section_names[0]); i++) {
		const struct image_section *section = image_section(table->image, section_names[i]);
		if (section && section->va && read_header(table, section->va, section->size))
			return true;
	}
	return false;
}

static bool sweep_segment(struct pclntab *table, const struct image_segment *segment)
{
	uint8_t bytes[SWEEP_SIZE];
	uint64_t at = -segment->va & 7;

	while (at < segment->filesz && segment->filesz - at >= PCLNTAB_MAX_HEADER) {
		uint64_t len = segment->filesz - at;
		if (len > sizeof(bytes))
			len = sizeof(bytes);
		if (!image_copy(table->image, segment->va + at, bytes, len))
			return false;
		for (uint64_t i = 0; len - i >= 8; i += 8) {
			if (bytes[i + 3] == 0xff && bytes[i + 7] == 8 &&
			    find_format(image_arch(table->image), bytes + i) &&
			    read_header(table, segment->va + at + i, UINT64_MAX))
				return true;
		}
		at += len & ~7ul;
	}
	return false;
}

/* The system's linker puts the table of a position-independent program into .data.rel.ro, and
 * section headers may be stripped. */
static bool find_by_sweep(struct pclntab *table)
{
	size_t count;
	const struct image_segment *segments = image_segments(table->image, &count);

	for (size_t i = 0; i < count; i++) {
		if (sweep_segment(table, &segments[i]))
			return true;
	}
	return false;
}

/* The text's address, from the best source there is. */
static void find_text(struct pclntab *table)
{
	struct moduledata_hint hint = {
		.table_va = table->va,
		.names_va = table->names.va,
		.funcs_va = table->funcs.va,
		.num_funcs = table->num_funcs,
	};
	const struct moduledata *module = &table->module;

	if (moduledata_find(table->image, &hint, &table->module)) {
		table->text_va = module->text_va;
		table->gofunc_va = module->gofunc_va;
		if (module->funcs_len < table->funcs.len &&
		    module->funcs_len / entry_size(table) > table->num_funcs)
			table->funcs.len = module->funcs_len;
	} else if (table->format->is_absolute) {
		pclntab_entry_va(table, 0, &table->text_va);
	} else {
		image_read_pointer(table->image, table->va + table->format->text_start,
				   &table->text_va);
	}
}

/* The text is in one executable segment, all of it in the file. */
static bool has_text(struct pclntab *table)
{
	uint64_t available;

	find_text(table);
	available = image_available(table->image, table->text_va);
	if (!available || !image_va_is_code(table->image, table->text_va) ||
	    table->text_va > UINT64_MAX - UINT32_MAX ||
	    !pclntab_entry_va(table, table->num_funcs, &table->text_end_va) ||
	    table->text_end_va <= table->text_va)
		return false;
	if (table->text_end_va - table->text_va > available)
		table->text_end_va = table->text_va + available;
	return true;
}

struct error *pclntab_open(const struct image *image, unsigned minor, struct pclntab **out)
{
	struct pclntab *table = calloc(1, sizeof(*table));

	*out = NULL;
	if (!table)
		return error_out_of_memory();
	table->image = image;
	if (!find_by_section(table) && !find_by_sweep(table)) {
		free(table);
		return NULL;
	}
	if (!has_text(table)) {
		free(table);
		return error_new(
			"%s has a table of Go functions, but it does not say where their code is: the file is damaged, or this version of Go is not known",
			image_path(image));
	}
	*out = table;
	return NULL;
}

const char *pclntab_version(const struct pclntab *table)
{
	return table->format->version;
}

void pclntab_close(struct pclntab *table)
{
	free(table);
}

const struct moduledata *pclntab_module(const struct pclntab *table)
{
	return table->module.va ? &table->module : NULL;
}

void pclntab_text(const struct pclntab *table, uint64_t *start_va, uint64_t *end_va)
{
	*start_va = table->text_va;
	*end_va = table->text_end_va;
}

size_t pclntab_num_funcs(const struct pclntab *table)
{
	return table->num_funcs;
}

bool pclntab_func(const struct pclntab *table, size_t i, uint64_t *va, uint64_t *end_va,
		  const char **name)
{
	struct pclntab_entry entry;
	uint32_t offset;

	if (!pclntab_entry(table, i, &entry) ||
	    !pclntab_field(table, &entry, table->format->name, &offset) ||
	    !(*name = pclntab_name(table, offset)))
		return false;
	*va = entry.va;
	*end_va = entry.end_va;
	return true;
}
