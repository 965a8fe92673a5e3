// SPDX-License-Identifier: MIT
/* attach_multi.c - uprobe_multi: one link for thousands of sites, with a cookie each (Linux 6.6).
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "probe/attach/holder.h"

/* union bpf_attr's link_create in include/uapi/linux/bpf.h of Linux 6.6; Debian 12's is older, and
 * its libbpf's bpf_link_create() does not know it. */
struct uprobe_multi_attr {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t link_flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t cnt;
	uint32_t flags;
	uint32_t pid;
	uint32_t padding;
};

struct multi {
	bool has_worked;
	uint64_t *offsets; /* of one batch */
	uint64_t *cookies;
	uint32_t pid; /* 0: every process */
};

#define MAX_BATCH 32768

struct batch {
	const char *path;
	const uint64_t *offsets;
	const uint64_t *cookies;
	size_t count;
	uint32_t pid;
};

/* An fd or a negative errno. */
static int create_link(int program, const struct batch *batch)
{
	struct uprobe_multi_attr attr = {
		.prog_fd = (uint32_t)program,
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = (uintptr_t)batch->path,
		.offsets = (uintptr_t)batch->offsets,
		.cookies = (uintptr_t)batch->cookies,
		.cnt = (uint32_t)batch->count,
		.pid = batch->pid,
	};
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

static int load_empty_program(void)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K}, /* r0 = 0 */
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)ATTACH_TYPE_UPROBE_MULTI);
	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "gofuncgraph_try", "GPL", code, 2, &opts);
}

/* Asks for a link on a directory, which is never had. Negative errno. */
static int refused_link(uint32_t pid)
{
	_cleanup_close_ int program = load_empty_program();
	if (program < 0)
		return program;
	const uint64_t offset = 0;
	const struct batch batch = {.path = "/", .offsets = &offset, .count = 1, .pid = pid};
	_cleanup_close_ int link = create_link(program, &batch);
	return link < 0 ? link : -EINVAL;
}

bool attach_multi_works(void)
{
	/* Where it exists it says that this is no regular file (kernel/trace/bpf_trace.c,
	 * bpf_uprobe_multi_link_attach()). */
	return refused_link(0) == -EBADF;
}

/* Until 6.10 the kernel took one thread for the process and lost the hits of the others; the same
 * commit made it look at the number first ("bpf: Fix multi-uprobe PID filtering logic"). */
static bool can_filter_process(void)
{
	return refused_link((uint32_t)-1) == -EINVAL;
}

static struct error *multi_prepare(struct holder *holder)
{
	struct multi *multi = calloc(1, sizeof(*multi));
	if (!multi)
		return error_out_of_memory();
	holder->state = multi;
	multi->offsets = calloc(MAX_BATCH, sizeof(*multi->offsets));
	multi->cookies = calloc(MAX_BATCH, sizeof(*multi->cookies));
	/* Asked once: it loads a program, which the holder may not always do. */
	holder->is_confined = holder->is_confined || (holder->pid && can_filter_process());
	if (holder->is_confined)
		multi->pid = (uint32_t)holder->pid;
	return multi->offsets && multi->cookies ? NULL : error_out_of_memory();
}

static int multi_attach(struct holder *holder, int program_fd, const uint32_t *sites, size_t count,
			struct holder_link *link)
{
	struct multi *multi = holder->state;
	for (size_t i = 0; i < count; i++) {
		multi->offsets[i] = holder->sites[sites[i]].off;
		multi->cookies[i] = holder->sites[sites[i]].cookie;
	}
	const struct batch batch = {.path = holder->path,
				    .offsets = multi->offsets,
				    .cookies = multi->cookies,
				    .count = count,
				    .pid = multi->pid};
	int fd = create_link(program_fd, &batch);
	if (fd >= 0) {
		multi->has_worked = true;
		link->fd = fd;
		return 0;
	}
	/* Refused is this site, or every site: before it has worked once it may not exist. */
	if ((fd == -EINVAL || fd == -EOPNOTSUPP) && !multi->has_worked &&
	    holder->num_refused == 0 && !attach_multi_works())
		return -ENOSYS;
	return fd;
}

static void multi_close(const struct holder_link *link)
{
	close(link->fd);
}

static void multi_finish(struct holder *holder)
{
	struct multi *multi = holder->state;
	if (!multi)
		return;
	free(multi->offsets);
	free(multi->cookies);
	free(multi);
}

const struct attach_method_ops attach_multi_ops = {
	.max_batch = MAX_BATCH,
	.prepare = multi_prepare,
	.attach = multi_attach,
	.close = multi_close,
	.max_closing = 16,
	.finish = multi_finish,
};
