/* SPDX-License-Identifier: MIT */
/*
 * image.h - the bytes of an ELF executable.
 *
 * Takes a path; hands on bytes by virtual address or file offset, loaded segments, sections by name
 * and pointers as the dynamic loader would leave them. Knows nothing of Go.
 *
 * The bytes are copied out of the file, piece by piece, when they are first asked for: a file that
 * is cut short or written to while we run makes reads fail or differ, it never raises SIGBUS and a
 * byte once read never changes. Every length and offset in the file is hostile: functions return
 * NULL or false for what is not there.
 *
 * Pointers that are handed out live as long as the image. Not for use by two threads at once.
 */
#ifndef GOFUNCGRAPH_GOBIN_IMAGE_H
#define GOFUNCGRAPH_GOBIN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/error.h"

struct image;

/* A PT_LOAD program header. off + filesz lies in the file and va + memsz does not wrap around;
 * filesz <= memsz; the file-backed parts do not overlap. */
struct image_segment {
	uint64_t va;
	uint64_t memsz;
	uint64_t off;
	uint64_t filesz;
	uint32_t flags; /* PF_R, PF_W, PF_X of <elf.h> */
};

/* A section. Unless type is SHT_NOBITS, off + size lies in the file. */
struct image_section {
	const char *name;
	uint64_t va; /* 0: not loaded */
	uint64_t off;
	uint64_t size;
	uint64_t flags;
	uint32_t type;
	uint32_t link;
};

/* PT_TLS. */
struct image_tls {
	uint64_t va;
	uint64_t memsz;
	uint64_t align; /* a power of two, at least 1 */
};

/* Errors: cannot be opened or read, not a regular file, not ELF64 of a processor that is known, neither
 * ET_EXEC nor ET_DYN, no loaded segment. */
struct error *image_open(const char *path, struct image **image);
void image_close(struct image *image); /* NULL is fine */

const struct arch *image_arch(const struct image *image);
const char *image_path(const struct image *image);
int image_fd(const struct image *image); /* open for reading, owned by the image */
/* See gobin_is_settled(), gobin_stat(), gobin_freeze(). */
bool image_is_settled(const struct image *image);
const struct stat *image_stat(const struct image *image);
void image_freeze(struct image *image);
bool image_is_pie(const struct image *image); /* ET_DYN */
/* ET_DYN that no kernel starts: neither an interpreter (PT_INTERP) nor DF_1_PIE. */
bool image_is_library(const struct image *image);
uint64_t image_start_code_va(const struct image *image); /* lowest va of a PF_X segment */
uint64_t image_entry_va(const struct image *image);
uint64_t image_file_size(const struct image *image);

/* By UPX: the code is unpacked into memory when it runs. */
bool image_is_packed(const struct image *image);

/* By rising va. */
const struct image_segment *image_segments(const struct image *image, size_t *count);

/* In the file's order, only those that make sense. Section headers may be missing altogether. */
const struct image_section *image_sections(const struct image *image, size_t *count);
const struct image_section *image_section(const struct image *image, const char *name);

/* False: no PT_TLS, or a broken one. */
bool image_tls(const struct image *image, struct image_tls *tls);

/* False where va is in no segment's file-backed part. */
bool image_va_to_off(const struct image *image, uint64_t va, uint64_t *off);
/* Bytes from va to the end of the file-backed part of its segment; 0: none. */
uint64_t image_available(const struct image *image, uint64_t va);
bool image_va_is_code(const struct image *image, uint64_t va); /* in a PF_X segment */

/* Exactly `len` bytes, which are read in now: ask for no more than is needed. NULL: not (all) in
 * the file. `len` 0 gives NULL. */
const uint8_t *image_at_off(const struct image *image, uint64_t off, uint64_t len);
const uint8_t *image_at_va(const struct image *image, uint64_t va, uint64_t len);

/* The string at va, which ends within max bytes (its NUL counted). NULL: it does not. */
const char *image_string_at_va(const struct image *image, uint64_t va, size_t max);

/* Copy bytes without keeping them, for sweeps over much of the file. */
bool image_copy(const struct image *image, uint64_t va, void *to, size_t len);
bool image_copy_at_off(const struct image *image, uint64_t off, void *to, size_t len);

bool image_read_u32(const struct image *image, uint64_t va, uint32_t *value);
bool image_read_u64(const struct image *image, uint64_t va, uint64_t *value);

/* The 8 bytes at va as the dynamic loader leaves them at load bias 0: R_X86_64_RELATIVE
 * relocations (DT_RELA) are applied. The first call indexes all of them. */
bool image_read_pointer(const struct image *image, uint64_t va, uint64_t *value);

/* The R_X86_64_RELATIVE relocations, by rising va: the pointer at `va` gets `value`. */
struct image_relative {
	uint64_t va;
	uint64_t value;
};
const struct image_relative *image_relatives(const struct image *image, size_t *count);

/* One entry of DT_RELA for the 8 bytes at va, of any other type; addend of R_X86_64_TPOFF64 and
 * the like. False: there is none. */
struct image_relocation {
	uint64_t va;
	uint32_t type; /* R_X86_64_* */
	uint32_t symbol; /* index in DT_SYMTAB, 0: none */
	int64_t addend;
};
bool image_relocation_at(const struct image *image, uint64_t va,
			 struct image_relocation *relocation);
/* The first one of that type that names that dynamic symbol. */
bool image_relocation_naming(const struct image *image, uint32_t type, const char *name,
			     struct image_relocation *relocation);

/* A symbol of DT_SYMTAB. */
struct image_dynamic_symbol {
	uint64_t name_va;
	uint64_t value;
	uint8_t type; /* STT_* */
	bool is_defined; /* in this file */
};
bool image_dynamic_symbol(const struct image *image, uint32_t index,
			  struct image_dynamic_symbol *symbol);

#endif
