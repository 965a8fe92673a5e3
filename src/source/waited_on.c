/* SPDX-License-Identifier: MIT */
/* waited_on.c - how the BPF programs find out what a wait was on: bpf/on.h. */
#include <string.h>

#include "arch/arch.h"
#include "gofuncgraph/maps.h"
#include "source/settings.h"

/* System calls by what tells what they are on, by the kernel's names; none that may close it. */
static const char *const by_descriptor[] = {
	"read",       "write",    "pread64",   "pwrite64",        "readv",      "writev",
	"preadv",     "pwritev",  "preadv2",   "pwritev2",        "fsync",      "fdatasync",
	"ftruncate",  "flock",    "fallocate", "sync_file_range", "syncfs",     "fstat",
	"getdents64", "lseek",    "fcntl",     "ioctl",           "connect",    "accept",
	"accept4",    "sendto",   "recvfrom",  "sendmsg",         "recvmsg",    "sendmmsg",
	"recvmmsg",   "sendfile", "splice",    "copy_file_range", "epoll_wait", "epoll_pwait",
};
static const char *const by_path[] = {
	"open",  "stat",   "lstat", "access", "unlink",   "rename",   "mkdir",
	"rmdir", "execve", "creat", "chmod",  "readlink", "truncate", "link",
	"chown", "lchown", "chdir", "statfs", "mknod",    "umount2",
};
static const char *const by_path_at[] = {
	"openat",     "openat2",   "newfstatat", "statx",      "unlinkat",  "renameat", "mkdirat",
	"readlinkat", "faccessat", "renameat2",  "fchmodat",   "fchownat",  "linkat",   "mknodat",
	"execveat",   "fchmodat2", "mount",      "faccessat2", "utimensat",
};

static void set(struct graph_bpf__rodata *rodata, const char *const *names, size_t count,
		enum syscall_on on)
{
	for (size_t i = 0; i < count; i++) {
		int number = arch_syscall_number(arch_here(), names[i]);

		if (number >= 0 && number < MAX_SYSCALL_NUMBERS)
			rodata->syscall_on[number] = (uint8_t)on;
	}
}

#define SET(rodata, names, on) set(rodata, names, sizeof(names) / sizeof((names)[0]), on)

/* 0: unknown. */
static uint8_t reason_named(struct gobin *bin, const char *wanted)
{
	for (unsigned reason = 1; reason <= UINT8_MAX; reason++) {
		const char *name = gobin_wait_reason(bin, reason);

		if (name && strcmp(name, wanted) == 0)
			return (uint8_t)reason;
	}
	return 0;
}

void settings_set_waited_on(struct graph_bpf__rodata *rodata, struct gobin *bin)
{
	const struct gobin_func *poll = gobin_func_named(bin, "internal/poll.runtime_pollWait");

	SET(rodata, by_descriptor, SYSCALL_ON_FD);
	SET(rodata, by_path, SYSCALL_ON_PATH);
	SET(rodata, by_path_at, SYSCALL_ON_PATH_AT);
	if (!poll)
		return;
	rodata->poll_reason = reason_named(bin, "IO wait");
	rodata->poll_va = poll->va;
	rodata->poll_size = poll->size;
}
