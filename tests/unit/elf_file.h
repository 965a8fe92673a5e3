/* SPDX-License-Identifier: MIT */
/* elf_file.h - small ELF files made by tests, right or wrong in a chosen place. */
#ifndef GOFUNCGRAPH_TESTS_ELF_FILE_H
#define GOFUNCGRAPH_TESTS_ELF_FILE_H

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ELF_FILE_CODE_VA 0x401000
#define ELF_FILE_DATA_VA 0x500000
#define ELF_FILE_PART    0x1000

/* One page each of headers, code and data; no sections. */
struct elf_file {
	union {
		struct {
			Elf64_Ehdr ehdr;
			Elf64_Phdr code_phdr;
			Elf64_Phdr data_phdr;
			Elf64_Phdr more_phdrs[8];
		};
		uint8_t headers[ELF_FILE_PART];
	};
	uint8_t code[ELF_FILE_PART];
	uint8_t data[ELF_FILE_PART];
};

static inline void elf_file_init(struct elf_file *file)
{
	memset(file, 0, sizeof(*file));
	file->ehdr = (Elf64_Ehdr){
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = ELF_FILE_CODE_VA,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_ehsize = sizeof(Elf64_Ehdr),
	};
	file->code_phdr = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_offset = ELF_FILE_PART,
		.p_vaddr = ELF_FILE_CODE_VA,
		.p_filesz = ELF_FILE_PART,
		.p_memsz = ELF_FILE_PART,
	};
	file->data_phdr = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_offset = 2 * ELF_FILE_PART,
		.p_vaddr = ELF_FILE_DATA_VA,
		.p_filesz = ELF_FILE_PART,
		.p_memsz = 2 * ELF_FILE_PART,
	};
}

/* A file in memory with the first `len` bytes; its path is put into `path`. Returns its descriptor,
 * to be closed. */
static inline int elf_file_write(const void *bytes, size_t len, char path[64])
{
	int fd = memfd_create("elf", 0);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		return -1;
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
