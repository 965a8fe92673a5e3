/* SPDX-License-Identifier: MIT */
/* image.c - opens an ELF file, checks its headers and reads its bytes in when they are asked for.
 */
#include "gobin/image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/proc.h"
#include "gobin/image_internal.h"

/* Enough for any program that the kernel can load with its debug information. */
#define MAX_FILE_SIZE (UINT64_C(4) << 30)
#define CHUNK_SHIFT   16
#define CHUNK_SIZE    (UINT64_C(1) << CHUNK_SHIFT)
/* fs/binfmt_elf.c, load_elf_phdrs(): more is refused. */
#define MAX_PHDRS_SIZE     65536
#define MAX_NUM_SECTIONS   65535
#define PACKED_MARK_WITHIN 1024

/* Reads until len bytes are there; false on an error or the end of the file. */
static bool read_fully(const struct image *image, void *to, uint64_t len, uint64_t off)
{
	char *p = to;

	while (len && !image->is_frozen) {
		ssize_t n = pread(image->fd, p, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		off += n;
		len -= n;
	}
	return !len;
}

static bool chunk_is_loaded(const struct image *image, uint64_t chunk)
{
	return image->loaded[chunk / 8] & (1 << chunk % 8);
}

/* Copies the chunks that hold [off, off + len) out of the file, runs of missing ones at once. */
static bool load_chunks(const struct image *image, uint64_t off, uint64_t len)
{
	uint64_t chunk = off >> CHUNK_SHIFT, end = ((off + len - 1) >> CHUNK_SHIFT) + 1;

	while (chunk < end) {
		if (chunk_is_loaded(image, chunk)) {
			chunk++;
			continue;
		}
		uint64_t run = chunk + 1;
		while (run < end && !chunk_is_loaded(image, run))
			run++;
		uint64_t from = chunk << CHUNK_SHIFT, to = run << CHUNK_SHIFT;
		if (to > image->size)
			to = image->size;
		if (!read_fully(image, image->bytes + from, to - from, from))
			return false;
		for (; chunk < run; chunk++)
			image->loaded[chunk / 8] |= 1 << chunk % 8;
	}
	return true;
}

const uint8_t *image_at_off(const struct image *image, uint64_t off, uint64_t len)
{
	if (!len || off > image->size || len > image->size - off)
		return NULL;
	return load_chunks(image, off, len) ? image->bytes + off : NULL;
}

/* The segment whose file-backed part holds va; those are sorted and do not overlap. */
static const struct image_segment *segment_at(const struct image *image, uint64_t va)
{
	size_t low = 0, high = image->num_segments;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (image->segments[middle].va <= va)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	const struct image_segment *segment = &image->segments[low - 1];
	return va - segment->va < segment->filesz ? segment : NULL;
}

bool image_va_to_off(const struct image *image, uint64_t va, uint64_t *off)
{
	const struct image_segment *segment = segment_at(image, va);

	if (!segment)
		return false;
	*off = va - segment->va + segment->off;
	return true;
}

uint64_t image_available(const struct image *image, uint64_t va)
{
	const struct image_segment *segment = segment_at(image, va);

	return segment ? segment->filesz - (va - segment->va) : 0;
}

bool image_va_is_code(const struct image *image, uint64_t va)
{
	const struct image_segment *segment = segment_at(image, va);

	return segment && segment->flags & PF_X;
}

const uint8_t *image_at_va(const struct image *image, uint64_t va, uint64_t len)
{
	uint64_t off;

	if (len > image_available(image, va) || !image_va_to_off(image, va, &off))
		return NULL;
	return image_at_off(image, off, len);
}

const char *image_string_at_va(const struct image *image, uint64_t va, size_t max)
{
	uint64_t available = image_available(image, va);

	if (available > max)
		available = max;
	/* By small steps: most strings are short, and a chunk may be all that is readable. */
	for (uint64_t len = available < 256 ? available : 256; len;
	     len = len < available ? available : 0) {
		const uint8_t *bytes = image_at_va(image, va, len);
		if (bytes && memchr(bytes, 0, len))
			return (const char *)bytes;
	}
	return NULL;
}

bool image_copy(const struct image *image, uint64_t va, void *to, size_t len)
{
	uint64_t off;

	if (!len || len > image_available(image, va) || !image_va_to_off(image, va, &off))
		return false;
	return read_fully(image, to, len, off);
}

bool image_copy_at_off(const struct image *image, uint64_t off, void *to, size_t len)
{
	return off <= image->size && len <= image->size - off && read_fully(image, to, len, off);
}

bool image_read_u32(const struct image *image, uint64_t va, uint32_t *value)
{
	const uint8_t *bytes = image_at_va(image, va, sizeof(*value));

	if (bytes)
		memcpy(value, bytes, sizeof(*value));
	return bytes;
}

bool image_read_u64(const struct image *image, uint64_t va, uint64_t *value)
{
	const uint8_t *bytes = image_at_va(image, va, sizeof(*value));

	if (bytes)
		memcpy(value, bytes, sizeof(*value));
	return bytes;
}

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

static struct error *read_segments(struct image *image, const Elf64_Ehdr *ehdr)
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

/* Broken section headers are no error: a stripped program has none, and nothing depends on them. */
static struct error *read_sections(struct image *image, const Elf64_Ehdr *ehdr)
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

static struct error *check_header(struct image *image, const Elf64_Ehdr *ehdr)
{
	const unsigned char *ident = ehdr->e_ident;

	if (memcmp(ident, ELFMAG, SELFMAG) != 0)
		return error_new(
			"%s is not an ELF file: name the Go executable itself, not a script or an archive",
			image->path);
	image->arch = arch_of_machine(ehdr->e_machine);
	if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB || !image->arch)
		return error_new("%s is not for x86-64, the one architecture that can be traced",
				 image->path);
	if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
		return error_new("%s is an ELF file but not an executable (type %u)", image->path,
				 ehdr->e_type);
	return NULL;
}

/* A reservation as large as the file, filled chunk by chunk. */
static struct error *reserve(struct image *image)
{
	uint64_t num_chunks = (image->size + CHUNK_SIZE - 1) >> CHUNK_SHIFT;
	void *bytes;

	image->loaded = calloc(num_chunks / 8 + 1, 1);
	if (!image->loaded)
		return error_out_of_memory();
	bytes = mmap(NULL, image->size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		return error_errno(errno, "cannot make room to read %s", image->path);
	image->bytes = bytes;
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
	if ((err = reserve(image)))
		return err;
	bytes = image_at_off(image, 0, sizeof(ehdr));
	if (!bytes)
		return error_errno(errno, "cannot read %s", image->path);
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if ((err = check_header(image, &ehdr)))
		return err;
	image->is_pie = ehdr.e_type == ET_DYN;
	image->entry_va = ehdr.e_entry;
	if ((err = read_segments(image, &ehdr)))
		return err;
	return read_sections(image, &ehdr);
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
