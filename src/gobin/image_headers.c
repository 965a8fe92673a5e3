/* SPDX-License-Identifier: MIT */
/* image_headers.c - the segments and sections of an ELF file. */
#include <elf.h>
#include <string.h>

#include "gobin/image_internal.h"

/* fs/binfmt_elf.c, load_elf_phdrs(): more is refused. */
#define MAX_PHDRS_SIZE   65536
#define MAX_NUM_SECTIONS 65535

static int compare_segments(const void *a, const void *b)
{
	const struct image_segment *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

/* Keeps a PT_LOAD as far as it lies in the file; the kernel would refuse or fault on the rest. */
static void add_segment(struct image *image, const Elf64_Phdr *phdr)
{
	struct image_segment segment = {
		.va = phdr->p_vaddr,
		.memsz = phdr->p_memsz,
		.off = phdr->p_offset,
		.filesz = phdr->p_filesz,
		.flags = phdr->p_flags,
	};

	if (segment.memsz > UINT64_MAX - segment.va || segment.off > image->size)
		return;
	if (segment.filesz > segment.memsz)
		segment.filesz = segment.memsz;
	if (segment.filesz > image->size - segment.off)
		segment.filesz = image->size - segment.off;
	if (segment.memsz)
		image->segments[image->num_segments++] = segment;
}

/* Sorts the segments and makes their file-backed parts not overlap, as a linker's never do: a
 * search has one answer then. */
static void settle_segments(struct image *image)
{
	if (image->num_segments)
		qsort(image->segments, image->num_segments, sizeof(*image->segments),
		      compare_segments);
	for (size_t i = 1; i < image->num_segments; i++) {
		struct image_segment *before = &image->segments[i - 1];
		uint64_t room = image->segments[i].va - before->va;
		if (before->filesz > room)
			before->filesz = room;
	}
	for (size_t i = image->num_segments; i-- > 0;) {
		if (image->segments[i].flags & PF_X) {
			image->start_code_va = image->segments[i].va;
			image->has_code = true;
		}
	}
}

static void set_tls(struct image *image, const Elf64_Phdr *phdr)
{
	uint64_t align = phdr->p_align ? phdr->p_align : 1;

	if (align & (align - 1) || align > UINT32_MAX || phdr->p_memsz > UINT32_MAX)
		return;
	image->has_tls = true;
	image->tls = (struct image_tls){phdr->p_vaddr, phdr->p_memsz, align};
}

struct error *image_read_segments(struct image *image, const Elf64_Ehdr *ehdr)
{
	uint64_t size = (uint64_t)ehdr->e_phnum * sizeof(Elf64_Phdr);
	const uint8_t *table = NULL;

	if (ehdr->e_phentsize == sizeof(Elf64_Phdr) && size <= MAX_PHDRS_SIZE)
		table = image_at_off(image, ehdr->e_phoff, size);
	if (!table)
		return error_new(
			"%s has no usable program headers: it is not an executable, or cut short",
			image->path);
	image->segments = calloc(ehdr->e_phnum, sizeof(*image->segments));
	if (!image->segments)
		return error_out_of_memory();
	for (size_t i = 0; i < ehdr->e_phnum; i++) {
		Elf64_Phdr phdr;
		memcpy(&phdr, table + i * sizeof(phdr), sizeof(phdr));
		if (phdr.p_type == PT_LOAD)
			add_segment(image, &phdr);
		else if (phdr.p_type == PT_TLS && !image->has_tls)
			set_tls(image, &phdr);
		else if (phdr.p_type == PT_INTERP)
			image->has_interpreter = true;
		else if (phdr.p_type == PT_DYNAMIC && !image->dynamic_size) {
			image->dynamic_va = phdr.p_vaddr;
			image->dynamic_size = phdr.p_filesz;
		}
	}
	settle_segments(image);
	if (!image->has_code)
		return error_new("%s has no executable segment: it is not an executable",
				 image->path);
	return NULL;
}

/* The name at `at` of the section name table, when it ends in there. */
static const char *section_name(const uint8_t *names, uint64_t names_len, uint64_t at)
{
	if (!names || at >= names_len || !memchr(names + at, 0, names_len - at))
		return "";
	return (const char *)names + at;
}

struct error *image_read_sections(struct image *image, const Elf64_Ehdr *ehdr)
{
	uint64_t count = ehdr->e_shnum, names_index = ehdr->e_shstrndx, names_len = 0;
	const uint8_t *table, *names = NULL;
	Elf64_Shdr shdr;

	if (ehdr->e_shentsize != sizeof(Elf64_Shdr) || !ehdr->e_shoff || !count ||
	    count > MAX_NUM_SECTIONS)
		return NULL;
	table = image_at_off(image, ehdr->e_shoff, count * sizeof(Elf64_Shdr));
	if (!table)
		return NULL;
	if (names_index < count) {
		memcpy(&shdr, table + names_index * sizeof(shdr), sizeof(shdr));
		/* A few names of some bytes: a huge table is not one. */
		if (shdr.sh_type == SHT_STRTAB && shdr.sh_size <= MAX_NUM_SECTIONS * 16) {
			names = image_at_off(image, shdr.sh_offset, shdr.sh_size);
			names_len = shdr.sh_size;
		}
	}
	image->sections = calloc(count, sizeof(*image->sections));
	if (!image->sections)
		return error_out_of_memory();
	for (size_t i = 0; i < count; i++) {
		memcpy(&shdr, table + i * sizeof(shdr), sizeof(shdr));
		struct image_section section = {
			.name = section_name(names, names_len, shdr.sh_name),
			.va = shdr.sh_addr,
			.off = shdr.sh_offset,
			.size = shdr.sh_size,
			.flags = shdr.sh_flags,
			.type = shdr.sh_type,
			.link = shdr.sh_link,
		};
		bool in_file =
			section.off <= image->size && section.size <= image->size - section.off;
		/* Kept in its place, as other sections name it by its number. */
		if (section.type != SHT_NOBITS && !in_file)
			section = (struct image_section){.name = "", .type = SHT_NULL};
		image->sections[image->num_sections++] = section;
	}
	return NULL;
}
