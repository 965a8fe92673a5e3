/* SPDX-License-Identifier: MIT */
/* debugfile.c - looks for a separate debug file and checks that it belongs to the program. */
#include "gobin/debugfile.h"

#include <elf.h>
#include <string.h>
#include <zlib.h>

#include "base/log.h"
#include "gobin/buildinfo.h"
#include "gobin/dwarf.h"

#define DEBUG_DIR         "/usr/lib/debug"
#define MAX_BUILD_ID_SIZE 64
#define MAX_LINK_SIZE     4096
#define MAX_NOTES_SIZE    65536
#define CRC_STEP          (256 << 10)

struct build_id {
	uint8_t bytes[MAX_BUILD_ID_SIZE];
	size_t size;
};

/* The note of the linker; Go's own (.note.go.buildid) names no debug file. */
static bool read_build_id(const struct image *image, struct build_id *id)
{
	const struct image_section *section = image_section(image, ".note.gnu.build-id");
	const uint8_t *notes;
	Elf64_Nhdr note;

	if (!section || section->type != SHT_NOTE || section->size > MAX_NOTES_SIZE ||
	    section->size < sizeof(note) + 4)
		return false;
	notes = image_at_off(image, section->off, section->size);
	if (!notes)
		return false;
	memcpy(&note, notes, sizeof(note));
	if (note.n_namesz != 4 || note.n_type != NT_GNU_BUILD_ID || note.n_descsz < 2 ||
	    note.n_descsz > MAX_BUILD_ID_SIZE || note.n_descsz > section->size - sizeof(note) - 4 ||
	    memcmp(notes + sizeof(note), ELF_NOTE_GNU, 4) != 0)
		return false;
	memcpy(id->bytes, notes + sizeof(note) + 4, note.n_descsz);
	id->size = note.n_descsz;
	return true;
}

static struct image *open_quietly(const char *path)
{
	struct image *image;
	_cleanup_error_ struct error *err = image_open(path, &image);

	if (err)
		log_verbose("no debug file: %s", error_message(err));
	return image;
}

static struct image *open_by_build_id(const struct build_id *id)
{
	char path[sizeof(DEBUG_DIR "/.build-id//.debug") + MAX_BUILD_ID_SIZE * 2];
	struct build_id found;
	struct image *image;
	size_t len;

	len = sprintf(path, DEBUG_DIR "/.build-id/%02x/", id->bytes[0]);
	for (size_t i = 1; i < id->size; i++)
		len += sprintf(path + len, "%02x", id->bytes[i]);
	strcpy(path + len, ".debug");
	image = open_quietly(path);
	if (!image)
		return NULL;
	if (read_build_id(image, &found) && found.size == id->size &&
	    memcmp(found.bytes, id->bytes, id->size) == 0)
		return image;
	image_close(image);
	return NULL;
}

/* The name and checksum in .gnu_debuglink: a string, padded to 4 bytes, and a CRC. */
static const char *read_debuglink(const struct image *image, uint32_t *crc)
{
	const struct image_section *section = image_section(image, ".gnu_debuglink");
	const uint8_t *link;

	if (!section || section->type == SHT_NOBITS || section->size > MAX_LINK_SIZE)
		return NULL;
	link = image_at_off(image, section->off, section->size);
	if (!link)
		return NULL;
	size_t len = strnlen((const char *)link, section->size);
	size_t crc_at = (len + 4) & ~(size_t)3;
	if (!len || crc_at + sizeof(*crc) > section->size || memchr(link, '/', len))
		return NULL;
	memcpy(crc, link + crc_at, sizeof(*crc));
	return (const char *)link;
}

/* The checksum of .gnu_debuglink, over the whole file. */
static bool compute_crc(int fd, uint64_t size, uint32_t *crc)
{
	_cleanup_free_ uint8_t *buffer = malloc(CRC_STEP);
	uLong value = crc32(0, NULL, 0);

	if (!buffer)
		return false;
	for (uint64_t off = 0; off < size;) {
		ssize_t len = pread(fd, buffer, CRC_STEP, (off_t)off);
		if (len <= 0)
			return false;
		value = crc32(value, buffer, (uInt)len);
		off += len;
	}
	*crc = (uint32_t)value;
	return true;
}

static struct image *open_with_crc(const char *dir, const char *subdir, const char *name,
				   uint32_t want)
{
	_cleanup_free_ char *path = NULL;
	struct image *image;
	uint32_t crc;

	if (asprintf(&path, "%s%s/%s", dir, subdir, name) < 0) {
		path = NULL;
		return NULL;
	}
	image = open_quietly(path);
	if (!image)
		return NULL;
	if (compute_crc(image_fd(image), image_file_size(image), &crc) && crc == want)
		return image;
	log_verbose("%s does not belong to the program: its checksum differs", path);
	image_close(image);
	return NULL;
}

/* The places that gdb looks at (its manual, "Separate Debug Files"). */
static struct image *open_by_debuglink(const struct image *image)
{
	_cleanup_free_ char *path = NULL, *system_dir = NULL;
	struct image *found;
	uint32_t crc;

	const char *name = read_debuglink(image, &crc);
	if (!name || !(path = realpath(image_path(image), NULL)))
		return NULL;
	*strrchr(path, '/') = 0;
	if (asprintf(&system_dir, DEBUG_DIR "%s", path) < 0) {
		system_dir = NULL;
		return NULL;
	}
	if ((found = open_with_crc(path, "", name, crc)) ||
	    (found = open_with_crc(path, "/.debug", name, crc)))
		return found;
	return open_with_crc(system_dir, "", name, crc);
}

struct image *debugfile_open(const struct image *image)
{
	struct image *found = NULL;
	struct build_id id;

	if (read_build_id(image, &id))
		found = open_by_build_id(&id);
	return found ? found : open_by_debuglink(image);
}

/* Both have that id, and it is the same. Without one, *known stays as it is. */
static bool is_same_id(char *id, char *other, bool *known)
{
	_cleanup_free_ char *a = id, *b = other;

	*known |= a && b;
	return a && b && !strcmp(a, b);
}

static struct error *check_belongs(const struct image *image, const struct image *debug)
{
	_cleanup_free_ char *id = NULL, *debug_id = NULL;
	bool known = false;

	/* strip may take one of them away. */
	if (is_same_id(buildinfo_read_go_id(image), buildinfo_read_go_id(debug), &known) ||
	    is_same_id(buildinfo_read_gnu_id(image), buildinfo_read_gnu_id(debug), &known))
		return NULL;
	id = buildinfo_read_id(image);
	debug_id = buildinfo_read_id(debug);
	if (!known)
		return error_new(
			"whether %s belongs to %s cannot be told: they have no build id of the same kind",
			image_path(debug), image_path(image));
	return error_new(
		"%s does not belong to %s: its build id is %s, not %s; give the file that the program was stripped from, as each build has an id of its own",
		image_path(debug), image_path(image), debug_id, id);
}

struct error *debugfile_open_given(const struct image *image, const char *path,
				   struct image **found)
{
	struct image *debug;
	struct error *err = image_open(path, &debug);

	*found = NULL;
	if (err)
		return err;
	err = check_belongs(image, debug);
	if (!err && !dwarf_is_present(debug) && !image_section(debug, ".symtab"))
		err = error_new("%s has neither symbols nor DWARF: it is stripped, too", path);
	if (err) {
		image_close(debug);
		return err;
	}
	*found = debug;
	return NULL;
}
