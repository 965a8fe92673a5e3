/* SPDX-License-Identifier: MIT */
/*
 * fake_image.h - the smallest executable that holds given data: for tests and fuzzing of what reads
 * an image. It has no sections; its text is FAKE_TEXT_SIZE bytes of int3.
 */
#ifndef GOFUNCGRAPH_TESTS_FAKE_IMAGE_H
#define GOFUNCGRAPH_TESTS_FAKE_IMAGE_H

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gobin/image.h"

#define FAKE_TEXT_VA   0x1000
#define FAKE_TEXT_SIZE 0x1000
#define FAKE_DATA_VA   0x10000
#define FAKE_DATA_OFF  0x2000

/* An image with `data` loaded at FAKE_DATA_VA; closed by image_close(). NULL: no memory. */
static inline struct image *fake_image(const uint8_t *data, size_t len)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdrs[2];
	} head = {
		.ehdr = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_EXEC,
			 .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_entry = FAKE_TEXT_VA,
			 .e_phoff = sizeof(Elf64_Ehdr),
			 .e_ehsize = sizeof(Elf64_Ehdr),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 2},
		.phdrs = {{.p_type = PT_LOAD,
			   .p_flags = PF_R | PF_X,
			   .p_vaddr = FAKE_TEXT_VA,
			   .p_offset = 0x1000,
			   .p_filesz = FAKE_TEXT_SIZE,
			   .p_memsz = FAKE_TEXT_SIZE},
			  {.p_type = PT_LOAD,
			   .p_flags = PF_R | PF_W,
			   .p_vaddr = FAKE_DATA_VA,
			   .p_offset = FAKE_DATA_OFF,
			   .p_filesz = len,
			   .p_memsz = len}},
	};
	uint8_t text[FAKE_TEXT_SIZE];
	char path[64];
	struct image *image = NULL;
	int fd = memfd_create("fake_image", MFD_CLOEXEC);

	if (fd < 0)
		return NULL;
	memset(text, 0xcc, sizeof(text));
	if (pwrite(fd, &head, sizeof(head), 0) == sizeof(head) &&
	    pwrite(fd, text, sizeof(text), 0x1000) == sizeof(text) &&
	    pwrite(fd, data, len, FAKE_DATA_OFF) == (ssize_t)len) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		error_free(image_open(path, &image));
	}
	close(fd);
	return image;
}

#endif
