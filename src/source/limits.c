/* SPDX-License-Identifier: MIT */
#include "source/limits.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILES 40u /* BPF maps, programs and links, and what libbpf opens meanwhile */
#define BYTES (48ull << 20) /* the kernel's types, most of it, and the trees of some goroutines */

struct error *limits_check_proc(void)
{
	if (!access("/proc/self/exe", F_OK))
		return NULL;
	return error_new(
		"cannot trace without /proc, where processes and their executables are found: it is not mounted, or is that of another PID namespace; mount it (mount -t proc proc /proc)");
}

static struct error *check_files(unsigned files)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= files)
		return NULL;
	if (limit.rlim_max >= files) {
		limit.rlim_cur = limit.rlim_max;
		if (!setrlimit(RLIMIT_NOFILE, &limit))
			return NULL;
	}
	return error_new(
		"cannot trace with so few open files: the limit is %llu, and %u are needed at least (ulimit -n)",
		(unsigned long long)limit.rlim_max, files);
}

static struct error *check_address_space(uint64_t ring_bytes)
{
	/* The ring buffer's data are mapped twice: kernel/bpf/ringbuf.c. */
	uint64_t bytes = 2 * ring_bytes + BYTES;
	struct rlimit limit;
	void *memory;

	if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return NULL;
	memory = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return error_new(
			"cannot trace with so little address space: %llu KB more are needed, and the limit of all is %llu KB (ulimit -v); give --ring-size less, or raise it",
			(unsigned long long)bytes >> 10, (unsigned long long)limit.rlim_cur >> 10);
	munmap(memory, bytes);
	return NULL;
}

struct error *limits_check(uint64_t ring_bytes, unsigned more_files)
{
	struct error *err = check_files(FILES + more_files);

	return err ? err : check_address_space(ring_bytes);
}
