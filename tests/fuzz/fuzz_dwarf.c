/* SPDX-License-Identifier: MIT */
/*
 * fuzz_dwarf.c - types, parameters and where they are, out of DWARF: the input is a processor and a version of
 * Go, sizes of debug sections, and what is in them. Those of the corpus are parts of real programs'.
 *
 * Whatever they say, types add up, parameters lie in registers and on the stack, and reading ends.
 */
#include <dwarf.h>

#include "check_types.h"
#include "fake_image.h"
#include "gobin/dwarf_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NUM_SECTIONS  5
#define MAX_NAME      32
#define MAX_FUNCTIONS 64
#define ARM64         0x80 /* of the first byte */

/* Go writes DWARF 5 from this version on. */
#define DWARF5_MINOR 25

static const char *const names[][NUM_SECTIONS] = {
	{".debug_abbrev", ".debug_info", ".debug_loc", ".debug_ranges", ".debug_addr"},
	{".debug_abbrev", ".debug_info", ".debug_loclists", ".debug_rnglists", ".debug_addr"},
};

struct headers {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	Elf64_Shdr shdrs[NUM_SECTIONS + 2];
	char names[NUM_SECTIONS + 2][MAX_NAME];
};

/* The sizes of all sections but the last, which has what is left. */
static size_t take_size(const uint8_t *sizes, size_t index, size_t left)
{
	uint16_t size;

	if (index == NUM_SECTIONS - 1)
		return left;
	memcpy(&size, sizes + sizeof(size) * index, sizeof(size));
	return size < left ? size : left;
}

static void fill_headers(struct headers *headers, const uint8_t *data, size_t size)
{
	size_t at = 1 + 2 * (NUM_SECTIONS - 1);
	bool is_new = (data[0] & ~ARM64) >= DWARF5_MINOR;

	*headers = (struct headers){
		.ehdr = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_EXEC,
			 .e_machine = data[0] & ARM64 ? EM_AARCH64 : EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_phoff = offsetof(struct headers, phdr),
			 .e_shoff = offsetof(struct headers, shdrs),
			 .e_ehsize = sizeof(Elf64_Ehdr),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 1,
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = NUM_SECTIONS + 2,
			 .e_shstrndx = NUM_SECTIONS + 1},
		.phdr = {.p_type = PT_LOAD,
			 .p_flags = PF_R | PF_X,
			 .p_vaddr = FAKE_TEXT_VA,
			 .p_filesz = sizeof(*headers),
			 .p_memsz = sizeof(*headers)},
	};
	for (size_t i = 0; i < NUM_SECTIONS; i++) {
		size_t length = take_size(data + 1, i, size - at);

		strcpy(headers->names[i + 1], names[is_new][i]);
		headers->shdrs[i + 1] = (Elf64_Shdr){.sh_name = (Elf64_Word)((i + 1) * MAX_NAME),
						     .sh_type = SHT_PROGBITS,
						     .sh_offset = sizeof(*headers) + at,
						     .sh_size = length,
						     .sh_addralign = 1};
		at += length;
	}
	headers->shdrs[NUM_SECTIONS + 1] =
		(Elf64_Shdr){.sh_type = SHT_STRTAB,
			     .sh_offset = offsetof(struct headers, names),
			     .sh_size = sizeof(headers->names)};
}

static struct image *open_image(const uint8_t *data, size_t size)
{
	int fd = memfd_create("dwarf", MFD_CLOEXEC);
	struct image *image = NULL;
	struct headers headers;
	char path[64];

	if (fd < 0)
		return NULL;
	fill_headers(&headers, data, size);
	if (write(fd, &headers, sizeof(headers)) == sizeof(headers) &&
	    write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		error_free(image_open(path, &image));
	}
	close(fd);
	return image;
}

static void use_function(struct dwarf *dwarf, struct go_types *types, uint64_t va, uint8_t which)
{
	struct dwarf_function_id id = {.va = va,
				       .arch = which & ARM64 ? &arch_arm64 : &arch_x86_64,
				       .minor = which & ~ARM64,
				       .in_registers = true};
	struct go_signature signature = {};
	size_t steps = 2000;

	error_free(dwarf_signature(dwarf, types, &id, &signature));
	for (size_t i = 0; i < signature.num_variables; i++)
		check_variable(&signature.variables[i], &steps);
}

/* All functions that there are, as libdw finds them. */
static void use_functions(struct dwarf *dwarf, struct go_types *types, uint8_t which)
{
	size_t left = MAX_FUNCTIONS;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit, die;
	Dwarf_Addr va;

	while (left && dwarf_get_units(dwarf->dw, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
		if (dwarf_child(&unit, &die) != 0)
			continue;
		do {
			if (dwarf_tag(&die) != DW_TAG_subprogram || dwarf_lowpc(&die, &va) != 0)
				continue;
			use_function(dwarf, types, va, which);
			left--;
		} while (left && dwarf_step(&die));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct go_types *types;
	struct dwarf *dwarf;
	struct image *image;

	if (size < 1 + 2 * (NUM_SECTIONS - 1) || !(image = open_image(data, size)))
		return 0;
	types = go_types_new();
	dwarf = dwarf_open(image, DWARF_FOR_VALUES);
	must(types);
	if (dwarf)
		use_functions(dwarf, types, data[0]);
	dwarf_close(dwarf);
	go_types_free(types);
	image_close(image);
	return 0;
}
