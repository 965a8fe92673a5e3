// SPDX-License-Identifier: MIT
/* holder_attach.c - attaches all sites, and bisects what the kernel refuses. */
#include <errno.h>
#include <string.h>

#include "probe/attach/holder.h"
#include "probe/attach/warm.h"

/* Refused sites: found one by one, and named one by one. */
#define MAX_REFUSED 1000
#define MAX_NAMED   16

const char *attach_errno_text(int errnum)
{
	/* arch/x86/kernel/uprobes.c, is_prefix_bad() and the tables above it */
	return errnum == KERNEL_ENOTSUPP ? "the kernel cannot probe this instruction"
					 : strerror(errnum);
}

/* Errors that are not about one site: no smaller batch would do better. */
static bool is_general(int errnum)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
	case ENOSYS:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOENT:
	case ENODEV:
	case EBADF:
	case ESRCH:
	case ECANCELED:
		return true;
	default:
		return false;
	}
}

/* A site that cannot be had is left out. */
static int refuse_site(struct holder *holder, uint32_t index, int errnum)
{
	const struct attach_site *site = &holder->sites[index];
	holder->last_refusal = errnum;
	if (++holder->num_refused > MAX_REFUSED)
		return -errnum;
	if (holder->num_refused > MAX_NAMED)
		return 0;
	holder_warn(holder, "%.1500s+%#x: the kernel refuses a probe here, left out: %s",
		    site->name, site->name_offset, attach_errno_text(errnum));
	return 0;
}

/* Halves what is refused until the culprits are found; as deep as the batch's logarithm. */
static int attach_sites(struct holder *holder, int program_fd, const uint32_t *sites, size_t count)
{
	if (holder_must_stop(holder))
		return -ECANCELED;
	int err = holder->ops->attach(holder, program_fd, sites, count);
	if (err == 0) {
		holder->num_attached += count;
		return 0;
	}
	if (is_general(-err))
		return err;
	if (count == 1)
		return refuse_site(holder, sites[0], -err);
	size_t half = count / 2;
	err = attach_sites(holder, program_fd, sites, half);
	return err ? err : attach_sites(holder, program_fd, sites + half, count - half);
}

/* `sites`: room for all. */
static int attach_program(struct holder *holder, uint32_t program, uint32_t *sites)
{
	size_t count = 0;
	for (size_t i = 0; i < holder->num_sites; i++) {
		if (holder->sites[i].program == program)
			sites[count++] = (uint32_t)i;
	}
	size_t batch;
	for (size_t done = 0; done < count; done += batch) {
		batch = count - done < holder->ops->max_batch ? count - done
							      : holder->ops->max_batch;
		int err = attach_sites(holder, holder->program_fds[program], sites + done, batch);
		if (err)
			return err;
	}
	return 0;
}

static struct error *general_error(const struct holder *holder, enum attach_method method,
				   int errnum)
{
	const char *hint = attach_hint(errnum);
	return error_new("cannot attach to %s by %s: %s%s%s", holder->file->path,
			 attach_method_name(method), attach_errno_text(errnum), hint ? "; " : "",
			 hint ? hint : "");
}

struct error *holder_attach(struct holder *holder, enum attach_method method)
{
	if (holder->num_sites == 0)
		return error_new("cannot attach: there is nothing to attach to");
	_cleanup_free_ uint32_t *sites = calloc(holder->num_sites, sizeof(*sites));
	if (!sites)
		return error_out_of_memory();
	warm_sites(holder->sites, holder->num_sites, holder->file_fd);
	struct error *err = holder->ops->prepare(holder);
	if (err)
		return err;
	for (uint32_t i = 0; i < holder->num_programs; i++) {
		int failed = attach_program(holder, i, sites);
		if (failed)
			return general_error(holder, method, -failed);
	}
	if (holder->num_attached == 0)
		return error_new("cannot attach to %s by %s: the kernel refuses all %zu probes: %s",
				 holder->file->path, attach_method_name(method), holder->num_sites,
				 attach_errno_text(holder->last_refusal));
	if (holder->num_refused > MAX_NAMED)
		holder_warn(holder, "the kernel refuses %zu probes more, left out",
			    holder->num_refused - MAX_NAMED);
	return NULL;
}
