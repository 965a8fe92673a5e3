/* SPDX-License-Identifier: MIT */
/* syscall_function.c - which system call a function of Go makes: it mostly has its name. */
#include <ctype.h>
#include <string.h>

#include "arch/arch.h"
#include "names/names_internal.h"

#define MAX_CALL_NAME 32

static const char *const packages[] = {"syscall.", "internal/syscall/unix.",
				       "golang.org/x/sys/unix.", "vendor/golang.org/x/sys/unix."};

/* Those that the kernel calls differently: src/syscall/syscall_linux.go, "//sys". */
static const struct renamed {
	const char *go, *kernel;
} renamed[] = {
	{"pread", "pread64"},       {"pwrite", "pwrite64"},       {"fstatat", "newfstatat"},
	{"getdents", "getdents64"}, {"readdirent", "getdents64"},
};

/* The function's name without its package; NULL: it is in none of these. */
static const char *name_in_package(const char *function)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		size_t len = strlen(packages[i]);

		if (strncmp(function, packages[i], len) == 0)
			return function + len;
	}
	return NULL;
}

int names_syscall_of(const struct names *names, const struct place *frame)
{
	const char *function = frame->function ? name_in_package(frame->function->text) : NULL;
	const char *called;
	char name[MAX_CALL_NAME];
	size_t len = 0;

	if (!function || !names->source.arch)
		return -1;
	/* syscall.Fsync and syscall.fsync */
	for (; function[len] && len < sizeof(name) - 1; len++)
		name[len] = (char)tolower((unsigned char)function[len]);
	name[len] = 0;
	called = name;
	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (strcmp(name, renamed[i].go) == 0)
			called = renamed[i].kernel;
	return arch_syscall_number(names->source.arch, called);
}
