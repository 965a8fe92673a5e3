// SPDX-License-Identifier: MIT
/*
 * attach_perf.c - one perf event a site. The last resort: quick to attach, but each takes a grace
 * period to detach, one after the other (about 0.1 s each).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <linux/perf_event.h>

#include "probe/attach/holder.h"

struct perf {
	uint32_t type; /* of the PMU "uprobe" */
};

#define UPROBE_TYPE "/sys/bus/event_source/devices/uprobe/type"

static struct error *read_type(uint32_t *type)
{
	_cleanup_fclose_ FILE *file = fopen(UPROBE_TYPE, "re");
	if (!file)
		return error_errno(
			errno,
			"cannot attach by perf_event: this kernel has no uprobes as perf events (CONFIG_UPROBE_EVENTS); cannot open " UPROBE_TYPE);
	if (fscanf(file, "%u", type) != 1)
		return error_new("cannot attach by perf_event: no number in " UPROBE_TYPE);
	return NULL;
}

/* One file a site. What is refused shows when they run out. */
static void raise_file_limit(size_t need)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= need)
		return;
	struct rlimit more = {.rlim_cur = need,
			      .rlim_max = limit.rlim_max > need ? limit.rlim_max : need};
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static struct error *perf_prepare(struct holder *holder)
{
	struct perf *perf = calloc(1, sizeof(*perf));
	if (!perf)
		return error_out_of_memory();
	holder->state = perf;
	raise_file_limit(holder->num_sites + 64);
	return read_type(&perf->type);
}

/* A perf event, disabled; negative errno. */
static int open_event(const struct perf *perf, const char *path, uint64_t offset)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = perf->type,
		.config1 = (uintptr_t)path,
		.config2 = offset,
		.sample_period = 1,
		.wakeup_events = 1,
		.disabled = 1,
	};
	/* One CPU stands for all: a program runs before the event looks at its CPU
	 * (kernel/trace/trace_uprobe.c, __uprobe_perf_func()). */
	int cpu = sched_getcpu();
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu < 0 ? 0 : cpu, -1,
			      PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* An fd or a negative errno. */
static int create_link(int program, int event, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	return bpf_link_create(program, event, BPF_PERF_EVENT, &opts);
}

/* A link where there are cookies, else a perf event. */
static int attach_site(struct holder *holder, int program_fd, const struct attach_site *site)
{
	_cleanup_close_ int event = open_event(holder->state, holder->path, site->off);
	if (event < 0)
		return event;
	_cleanup_close_ int link = -1;
	if (holder->has_cookies) {
		link = create_link(program_fd, event, site->cookie);
		if (link < 0)
			return link;
	} else if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program_fd) < 0) {
		return -errno;
	}
	if (ioctl(event, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return -errno;
	/* A link keeps its event. */
	return link >= 0 ? take_fd(&link) : take_fd(&event);
}

static int perf_attach(struct holder *holder, int program_fd, const uint32_t *sites, size_t count,
		       struct holder_link *link)
{
	/* max_batch is 1: undoing half a batch would cost more than all of bisecting saves. */
	link->fd = count == 1 ? attach_site(holder, program_fd, &holder->sites[sites[0]]) : -EINVAL;
	return link->fd < 0 ? link->fd : 0;
}

static void perf_close(const struct holder_link *link)
{
	close(link->fd);
}

static void perf_finish(struct holder *holder)
{
	free(holder->state);
}

const struct attach_method_ops attach_perf_ops = {
	.max_batch = 1,
	.prepare = perf_prepare,
	.attach = perf_attach,
	.close = perf_close,
	.max_closing = 1,
	.finish = perf_finish,
};
