/* SPDX-License-Identifier: MIT */
/* syscalls.c - system calls by number, of every processor: libseccomp has the kernel's tables. */
#include <seccomp.h>

#include "arch/arch.h"

char *arch_syscall_name(const struct arch *arch, int number)
{
	return seccomp_syscall_resolve_num_arch(arch->audit, number);
}

int arch_syscall_number(const struct arch *arch, const char *name)
{
	return seccomp_syscall_resolve_name_arch(arch->audit, name);
}
