// SPDX-License-Identifier: MIT
/* holder_attach.c - attaches sites, and bisects what the kernel refuses. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "probe/attach/holder.h"

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
	struct attach_site *site = &holder->sites[index];
	holder->last_refusal = errnum;
	site->program = HOLDER_REFUSED;
	if (++holder->num_refused > MAX_REFUSED)
		return -errnum;
	if (holder->num_refused > MAX_NAMED)
		return 0;
	holder_warn(holder, "%.1500s+%#x: the kernel refuses a probe here, left out: %s",
		    site->name, site->name_offset, attach_errno_text(errnum));
	return 0;
}

/* By one link, or not at all. */
static int attach_link(struct holder *holder, int program_fd, const uint32_t *sites, size_t count)
{
	if (!array_reserve(&holder->links, &holder->link_capacity, holder->num_links + 1,
			   sizeof(*holder->links)))
		return -ENOMEM;
	struct holder_link link = {.layer = holder->sites[sites[0]].layer,
				   .count = (uint32_t)count};
	int err = holder->ops->attach(holder, program_fd, sites, count, &link);
	if (err)
		return err;
	holder->links[holder->num_links++] = link;
	holder->num_attached += count;
	return 0;
}

/* Halves what is refused until the culprits are found; as deep as the batch's logarithm. */
static int attach_sites(struct holder *holder, int program_fd, const uint32_t *sites, size_t count)
{
	if (holder_must_stop(holder))
		return -ECANCELED;
	int err = attach_link(holder, program_fd, sites, count);
	if (err == 0 || is_general(-err))
		return err;
	if (count == 1)
		return refuse_site(holder, sites[0], -err);
	size_t half = count / 2;
	err = attach_sites(holder, program_fd, sites, half);
	return err ? err : attach_sites(holder, program_fd, sites + half, count - half);
}

/* How many of these sites, from the first one, one link may hold. */
static size_t batch_size(const struct holder *holder, const uint32_t *sites, size_t count)
{
	uint32_t layer = holder->sites[sites[0]].layer;
	size_t size = 1;
	while (size < count && size < holder->ops->max_batch &&
	       holder->sites[sites[size]].layer == layer)
		size++;
	return size;
}

/* Those of `sites` that run the program; `room` is for as many. */
static int attach_program(struct holder *holder, uint32_t program, const uint32_t *sites,
			  size_t num_sites, uint32_t *room)
{
	size_t count = 0;
	for (size_t i = 0; i < num_sites; i++) {
		if (holder->sites[sites[i]].program == program)
			room[count++] = sites[i];
	}
	size_t batch;
	for (size_t done = 0; done < count; done += batch) {
		batch = batch_size(holder, room + done, count - done);
		int err = attach_sites(holder, holder->program_fds[program], room + done, batch);
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

struct error *holder_attach_more(struct holder *holder, enum attach_method method,
				 const uint32_t *sites, size_t count)
{
	_cleanup_free_ uint32_t *room = calloc(count + 1, sizeof(*room));
	if (!room)
		return error_out_of_memory();
	for (uint32_t i = 0; i < holder->num_programs; i++) {
		int failed = attach_program(holder, i, sites, count, room);
		if (failed)
			return general_error(holder, method, -failed);
	}
	return NULL;
}

struct error *holder_attach(struct holder *holder, enum attach_method method)
{
	if (holder->num_sites == 0)
		return error_new("cannot attach: there is nothing to attach to");
	_cleanup_free_ uint32_t *sites = calloc(holder->num_sites, sizeof(*sites));
	if (!sites)
		return error_out_of_memory();
	size_t count = 0;
	for (size_t i = 0; i < holder->num_sites; i++) {
		if (holder->sites[i].layer != ATTACH_NO_LAYER)
			sites[count++] = (uint32_t)i;
	}
	struct error *err = holder_attach_more(holder, method, sites, count);
	if (err)
		return err;
	if (count && holder->num_attached == 0)
		return error_new("cannot attach to %s by %s: the kernel refuses %s%s: %s",
				 holder->file->path, attach_method_name(method),
				 count == 1 ? "" : "all ",
				 text_counted(count, "probe", "probes").text,
				 attach_errno_text(holder->last_refusal));
	if (holder->num_refused > MAX_NAMED)
		holder_warn(
			holder, "the kernel refuses %s, left out",
			text_counted(holder->num_refused - MAX_NAMED, "probe more", "probes more")
				.text);
	return NULL;
}
