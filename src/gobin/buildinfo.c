/* SPDX-License-Identifier: MIT */
/*
 * buildinfo.c - finds and reads the build info that Go's linker leaves in every program
 * (src/cmd/link/internal/ld/data.go, buildinfo(); src/debug/buildinfo/buildinfo.go).
 */
#include "gobin/buildinfo.h"

#include <ctype.h>
#include <elf.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define MAGIC            "\xff Go buildinf:"
#define MAGIC_SIZE       14
#define ALIGNMENT        16
#define HEADER_SIZE      32
#define POINTER_SIZE_AT  14
#define FLAGS_AT         15
#define VERSION_AT       16 /* of a pointer to the version */
#define FLAG_BIG_ENDIAN  1
#define FLAG_INLINE      2 /* Go 1.18: the strings follow the header */
#define MAX_VERSION_SIZE 1024
#define SWEEP_SIZE       (256 << 10)
#define MAX_NOTE_SIZE    4096

/* The bytes at va as a C string; NULL for what cannot be a version. */
static char *copy_version(const struct image *image, uint64_t va, uint64_t len)
{
	const uint8_t *bytes;

	if (!len || len > MAX_VERSION_SIZE)
		return NULL;
	bytes = image_at_va(image, va, len);
	if (!bytes || memchr(bytes, 0, len))
		return NULL;
	return strndup((const char *)bytes, len);
}

char *buildinfo_string_at(const struct image *image, uint64_t va)
{
	uint64_t data_va, len;

	if (va > UINT64_MAX - 8 || !image_read_pointer(image, va, &data_va) ||
	    !image_read_u64(image, va + 8, &len))
		return NULL;
	return copy_version(image, data_va, len);
}

/* A string behind the header: its length as a varint, then its bytes. Sets *va to where these are. */
static bool read_length(const struct image *image, uint64_t *va, uint64_t *len)
{
	*len = 0;
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *byte = image_at_va(image, (*va)++, 1);
		if (!byte)
			return false;
		*len |= (uint64_t)(*byte & 0x7f) << 7 * i;
		if (!(*byte & 0x80))
			return true;
	}
	return false;
}

static char *read_inline_version(const struct image *image, uint64_t va)
{
	uint64_t len;

	return read_length(image, &va, &len) ? copy_version(image, va, len) : NULL;
}

/* The line "mod\tPATH\tVERSION" of the second string: src/runtime/debug/mod.go. */
static char *find_module(const char *text, size_t len)
{
	static const char start[] = "\nmod\t";
	const char *path = memmem(text, len, start, strlen(start));
	const char *end;

	if (!path)
		return NULL;
	path += strlen(start);
	end = memchr(path, '\t', len - (size_t)(path - text));
	return end && end > path && !memchr(path, 0, (size_t)(end - path))
		       ? strndup(path, (size_t)(end - path))
		       : NULL;
}

char *buildinfo_read_module(const struct image *image)
{
	const struct image_section *section = image_section(image, ".go.buildinfo");
	const uint8_t *header = section ? image_at_va(image, section->va, HEADER_SIZE) : NULL;
	const uint8_t *text;
	uint64_t va, len;

	if (!header || memcmp(header, MAGIC, MAGIC_SIZE) != 0 || !(header[FLAGS_AT] & FLAG_INLINE))
		return NULL;
	va = section->va + HEADER_SIZE;
	if (!read_length(image, &va, &len))
		return NULL;
	va += len; /* the version */
	if (!read_length(image, &va, &len))
		return NULL;
	text = image_at_va(image, va, len);
	return text ? find_module((const char *)text, len) : NULL;
}

/* The version that the header at va names, or NULL when this is no header after all. */
static char *read_header(const struct image *image, uint64_t va)
{
	const uint8_t *header = image_at_va(image, va, HEADER_SIZE);
	uint64_t string_va;

	if (!header || memcmp(header, MAGIC, MAGIC_SIZE) != 0)
		return NULL;
	if (header[FLAGS_AT] & FLAG_INLINE)
		return read_inline_version(image, va + HEADER_SIZE);
	if (header[FLAGS_AT] & FLAG_BIG_ENDIAN || header[POINTER_SIZE_AT] != 8)
		return NULL;
	if (!image_read_pointer(image, va + VERSION_AT, &string_va))
		return NULL;
	return buildinfo_string_at(image, string_va);
}

/* Looks for the header in [va, va + size), in steps that do not stay in memory. */
static char *sweep(const struct image *image, uint64_t va, uint64_t size, uint8_t *buffer)
{
	uint64_t skip = -va & (ALIGNMENT - 1);

	if (skip >= size)
		return NULL;
	va += skip;
	size -= skip;
	while (size >= HEADER_SIZE) {
		uint64_t len = size < SWEEP_SIZE ? size : SWEEP_SIZE;
		if (!image_copy(image, va, buffer, len))
			return NULL;
		for (uint64_t i = 0; i + MAGIC_SIZE <= len; i += ALIGNMENT) {
			/* The first byte is rare. */
			if (buffer[i] != 0xff || memcmp(buffer + i, MAGIC, MAGIC_SIZE) != 0)
				continue;
			char *version = read_header(image, va + i);
			if (version)
				return version;
		}
		va += len;
		size -= len;
	}
	return NULL;
}

/* First where the linker puts it, then in the segments that hold data: there may be no
 * section headers. */
struct error *buildinfo_read_version(const struct image *image, char **version)
{
	const struct image_section *section = image_section(image, ".go.buildinfo");
	const struct image_segment *segments;
	size_t num_segments;

	*version = section ? read_header(image, section->va) : NULL;
	if (*version)
		return NULL;
	_cleanup_free_ uint8_t *buffer = malloc(SWEEP_SIZE);
	if (!buffer)
		return error_out_of_memory();
	segments = image_segments(image, &num_segments);
	for (unsigned want = PF_W;; want = 0) {
		for (size_t i = 0; i < num_segments && !*version; i++) {
			if ((segments[i].flags & (PF_W | PF_X)) == want)
				*version = sweep(image, segments[i].va, segments[i].filesz, buffer);
		}
		if (*version || !want)
			return NULL;
	}
}

unsigned buildinfo_minor_version(const char *version)
{
	for (const char *p = version; (p = strstr(p, "go1")); p += 3) {
		if (p != version && p[-1] != ' ')
			continue;
		if (p[3] != '.')
			return isdigit((unsigned char)p[3]) ? UINT_MAX : 0;
		if (!isdigit((unsigned char)p[4]))
			continue;
		unsigned minor = 0;
		for (p += 4; isdigit((unsigned char)*p); p++) {
			if (minor > 99999)
				return UINT_MAX;
			minor = minor * 10 + (*p - '0');
		}
		return minor;
	}
	return UINT_MAX;
}

/* The description of the first note of a section, when it is what is expected. */
static const uint8_t *read_note(const struct image *image, const char *name, const char owner[4],
				uint32_t type, size_t *len)
{
	const struct image_section *section = image_section(image, name);
	const uint8_t *bytes;
	Elf64_Nhdr note;

	if (!section || section->type != SHT_NOTE || section->size > MAX_NOTE_SIZE ||
	    section->size < sizeof(note) + 4)
		return NULL;
	bytes = image_at_off(image, section->off, section->size);
	if (!bytes)
		return NULL;
	memcpy(&note, bytes, sizeof(note));
	if (note.n_namesz != 4 || note.n_type != type || !note.n_descsz ||
	    note.n_descsz > section->size - sizeof(note) - 4 ||
	    memcmp(bytes + sizeof(note), owner, 4) != 0)
		return NULL;
	*len = note.n_descsz;
	return bytes + sizeof(note) + 4;
}

char *buildinfo_read_gnu_id(const struct image *image)
{
	const uint8_t *id;
	size_t len;
	char *text;

	id = read_note(image, ".note.gnu.build-id", ELF_NOTE_GNU, NT_GNU_BUILD_ID, &len);
	text = id ? malloc(len * 2 + 1) : NULL;
	for (size_t i = 0; text && i < len; i++)
		sprintf(text + i * 2, "%02x", id[i]);
	return text;
}

char *buildinfo_read_go_id(const struct image *image)
{
	size_t len;
	/* src/cmd/link/internal/ld/elf.go, ELF_NOTE_GOBUILDID_TAG */
	const uint8_t *id = read_note(image, ".note.go.buildid", "Go\0", 4, &len);

	return id ? strndup((const char *)id, len) : NULL;
}

char *buildinfo_read_id(const struct image *image)
{
	return buildinfo_read_gnu_id(image) ?: buildinfo_read_go_id(image);
}
