/* SPDX-License-Identifier: MIT */
/* image.c - opens an ELF file and says what its headers tell. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/proc.h"
#include "gobin/image_internal.h"

/* Enough for any program that the kernel can load with its debug information. */
#define MAX_FILE_SIZE      (UINT64_C(4) << 30)
#define PACKED_MARK_WITHIN 1024

static struct error *check_header(struct image *image, const Elf64_Ehdr *ehdr)
{
	const unsigned char *ident = ehdr->e_ident;

	if (memcmp(ident, ELFMAG, SELFMAG) != 0)
		return error_new(
			"%s is not an ELF file: name the Go executable itself, not a script or an archive",
			image->path);
	image->arch = arch_of_machine(ehdr->e_machine);
	if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB || !image->arch)
		return error_new(
			"%s is for a processor that is not known: programs for x86-64 and arm64 are",
			image->path);
	if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
		return error_new("%s is an ELF file but not an executable (type %u)", image->path,
				 ehdr->e_type);
	return NULL;
}

static struct error *read_headers(struct image *image)
{
	struct error *err;
	Elf64_Ehdr ehdr = {0};
	const uint8_t *bytes;

	if (!image_note_age(image))
		return error_errno(errno, "cannot look at %s", image->path);
	if (!S_ISREG(image->stat.st_mode))
		return error_new("%s is not a regular file%s", image->path,
				 S_ISDIR(image->stat.st_mode)
					 ? " but a folder: name the Go executable in it"
					 : "");
	image->size = image->stat.st_size;
	if (image->size > MAX_FILE_SIZE)
		return error_new("%s is larger than 4 GiB, too large for an executable",
				 image->path);
	if (image->size < sizeof(ehdr))
		return error_new("%s is not an ELF file: it has only %llu bytes", image->path,
				 (unsigned long long)image->size);
	if ((err = image_reserve(image)))
		return err;
	bytes = image_at_off(image, 0, sizeof(ehdr));
	if (!bytes)
		return error_errno(errno, "cannot read %s", image->path);
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if ((err = check_header(image, &ehdr)))
		return err;
	image->is_pie = ehdr.e_type == ET_DYN;
	image->entry_va = ehdr.e_entry;
	if ((err = image_read_segments(image, &ehdr)))
		return err;
	return image_read_sections(image, &ehdr);
}

/* The executable of a process may be none. */
static struct error *open_error(int errnum, const char *path)
{
	_cleanup_free_ char *why = NULL;
	int pid, length = 0;

	if (errnum == ENOENT && sscanf(path, "/proc/%d/exe%n", &pid, &length) == 1 && length &&
	    !path[length])
		why = proc_why_no_file(pid);
	if (why)
		return error_new("cannot open %s: %s", path, why);
	return error_errno(errnum, "cannot open %s", path);
}

struct error *image_open(const char *path, struct image **out)
{
	struct image *image = calloc(1, sizeof(*image));
	struct error *err;

	*out = NULL;
	if (!image)
		return error_out_of_memory();
	image->path = strdup(path);
	/* O_NONBLOCK: a FIFO must not make us wait. */
	image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (image->fd < 0)
		err = open_error(errno, path);
	else if (!image->path)
		err = error_out_of_memory();
	else
		err = read_headers(image);
	if (err) {
		image_close(image);
		return err;
	}
	*out = image;
	return NULL;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	if (image->bytes)
		munmap(image->bytes, image->size);
	if (image->fd >= 0)
		close(image->fd);
	free(image->loaded);
	free(image->segments);
	free(image->sections);
	image_free_relocations(image);
	free(image->path);
	free(image);
}

const struct arch *image_arch(const struct image *image)
{
	return image->arch;
}

const char *image_path(const struct image *image)
{
	return image->path;
}

int image_fd(const struct image *image)
{
	return image->fd;
}

bool image_is_pie(const struct image *image)
{
	return image->is_pie;
}

uint64_t image_start_code_va(const struct image *image)
{
	return image->start_code_va;
}

uint64_t image_entry_va(const struct image *image)
{
	return image->entry_va;
}

bool image_is_packed(const struct image *image)
{
	/* UPX's src/stub/src/include/linux.h: struct l_info, behind the program headers. */
	uint64_t len = image->size < PACKED_MARK_WITHIN ? image->size : PACKED_MARK_WITHIN;
	const uint8_t *bytes = image_at_off(image, 0, len);

	return bytes && memmem(bytes, len, "UPX!", 4);
}

uint64_t image_file_size(const struct image *image)
{
	return image->size;
}

const struct image_segment *image_segments(const struct image *image, size_t *count)
{
	*count = image->num_segments;
	return image->segments;
}

const struct image_section *image_sections(const struct image *image, size_t *count)
{
	*count = image->num_sections;
	return image->sections;
}

const struct image_section *image_section(const struct image *image, const char *name)
{
	for (size_t i = 0; i < image->num_sections; i++) {
		if (strcmp(image->sections[i].name, name) == 0)
			return &image->sections[i];
	}
	return NULL;
}

bool image_tls(const struct image *image, struct image_tls *tls)
{
	if (image->has_tls)
		*tls = image->tls;
	return image->has_tls;
}
