/* SPDX-License-Identifier: MIT */
/* image_internal.h - what the files behind image.h share. */
#ifndef GOFUNCGRAPH_GOBIN_IMAGE_INTERNAL_H
#define GOFUNCGRAPH_GOBIN_IMAGE_INTERNAL_H

#include <elf.h>
#include <sys/stat.h>

#include "gobin/image.h"

/* DT_RELA, sorted out when it is first needed, and the symbols that it names. */
struct relocations {
	struct image_relative *relatives; /* by rising va */
	size_t num_relatives;
	const uint8_t *table; /* Elf64_Rela, as they are in the file */
	size_t num_entries;
	uint64_t symbols_va; /* DT_SYMTAB; 0: none */
	uint64_t strings_va; /* DT_STRTAB */
	uint64_t flags_1; /* DT_FLAGS_1 */
};

struct image {
	char *path;
	const struct arch *arch;
	int fd;
	struct stat stat; /* when it was opened */
	int64_t age_ns; /* and how long before its last change was */
	bool is_frozen; /* see image_freeze() */
	uint64_t size;
	uint8_t *bytes; /* a reservation of `size` bytes */
	uint8_t *loaded; /* a bit for each chunk of it that was read in */

	bool is_pie;
	bool has_code;
	bool has_interpreter;
	bool has_tls;
	uint64_t entry_va;
	uint64_t start_code_va;
	uint64_t dynamic_va;
	uint64_t dynamic_size;
	struct image_tls tls;
	struct image_segment *segments;
	size_t num_segments;
	struct image_section *sections;
	size_t num_sections;

	struct relocations *relocations; /* NULL: not yet needed */
};

/* Makes room for `size` bytes, which are read in chunk by chunk. */
struct error *image_reserve(struct image *image);
struct error *image_read_segments(struct image *image, const Elf64_Ehdr *ehdr);
/* Broken section headers are no error: a stripped program has none, and nothing depends on them. */
struct error *image_read_sections(struct image *image, const Elf64_Ehdr *ehdr);
void image_free_relocations(struct image *image);
bool image_note_age(struct image *image); /* fills in stat and age_ns; false: errno */

#endif
