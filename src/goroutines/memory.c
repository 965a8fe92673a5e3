/* SPDX-License-Identifier: MIT */
#include "goroutines/memory.h"

#include <errno.h>
#include <sys/uio.h>

/* In one call; the kernel takes UIO_MAXIOV, 1024 (include/uapi/linux/uio.h). */
#define MAX_PIECES 256

static struct error *cannot_read(pid_t pid, int errnum)
{
	if (errnum == EPERM)
		return error_new(
			"there is no right to read the memory of process %d: run as root, or with CAP_SYS_PTRACE",
			pid);
	if (errnum == ESRCH)
		return error_new("process %d has ended", pid);
	return error_errno(errnum, "cannot read the memory of process %d", pid);
}

/* Pieces that follow each other, as far as they can be read; *count: how many those are. */
static struct error *read_some(pid_t pid, struct memory_piece *pieces, size_t *count)
{
	struct iovec local[MAX_PIECES] = {0}, remote[MAX_PIECES] = {0};
	size_t num = *count < MAX_PIECES ? *count : MAX_PIECES, done = 0;
	ssize_t len;

	for (size_t i = 0; i < num; i++) {
		local[i] = (struct iovec){pieces[i].to, pieces[i].len};
		remote[i] = (struct iovec){(void *)(uintptr_t)pieces[i].at, pieces[i].len};
	}
	len = process_vm_readv(pid, local, num, remote, num, 0);
	if (len < 0 && errno != EFAULT)
		return cannot_read(pid, errno);
	for (; done < num && len >= (ssize_t)pieces[done].len; done++) {
		len -= (ssize_t)pieces[done].len;
		pieces[done].is_read = true;
	}
	*count = done;
	return NULL;
}

static struct error *read_process(const void *context, struct memory_piece *pieces, size_t count)
{
	const pid_t *pid = context;

	for (size_t i = 0; i < count; i++)
		pieces[i].is_read = false;
	for (size_t at = 0; at < count;) {
		size_t done = count - at;
		struct error *err = read_some(*pid, pieces + at, &done);

		if (err)
			return err;
		/* It stops at the first that cannot be read. */
		at += done;
		if (at < count && done < MAX_PIECES)
			at++;
	}
	return NULL;
}

struct memory memory_of_process(const pid_t *pid)
{
	return (struct memory){pid, read_process};
}

bool memory_read_all(const struct memory *memory, struct memory_piece *pieces, size_t count)
{
	struct error *err = memory->read(memory->context, pieces, count);
	bool is_read = !err;

	error_free(err);
	return is_read;
}

bool memory_read(const struct memory *memory, uint64_t at, void *to, size_t len)
{
	struct memory_piece piece = {.at = at, .to = to, .len = len};

	return memory_read_all(memory, &piece, 1) && piece.is_read;
}
