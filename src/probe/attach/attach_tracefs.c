// SPDX-License-Identifier: MIT
/*
 * attach_tracefs.c - tracefs events that hold thousands of probes each (Linux 5.4), for kernels
 * without uprobe_multi.
 *
 * A definition outlives its maker, disarmed. So it is named after the PID namespace and the process
 * that made it, and whoever comes next in the same namespace clears away those of the dead.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/perf_event.h>

#include "base/text.h"
#include "probe/attach/holder.h"
#include "probe/attach/tracefs.h"

struct tracefs {
	int root;
	int definitions; /* uprobe_events, for appending */
	char group[TRACEFS_GROUP_SIZE];
	unsigned next_number; /* of an event, which is its name: "p3" */
};

/* Each definition walks its event's probes and all events: the kernel's cost grows with the square
 * of this. */
#define MAX_BATCH  4096
#define MANY_SITES 10000 /* take seconds: 20,000 took 14 s */
/* Definitions written at once; the kernel reads up to 4,095 bytes a go
 * (kernel/trace/trace.c, trace_parse_run_command()). */
#define WRITE_SIZE 4000
#define LINE_SIZE  160

static struct error *tracefs_prepare(struct holder *holder)
{
	struct tracefs *tracefs = calloc(1, sizeof(*tracefs));
	if (!tracefs)
		return error_out_of_memory();
	holder->state = tracefs;
	tracefs->definitions = -1;
	tracefs->root = tracefs_open_root();
	const char *hint = attach_hint(-tracefs->root);
	if (tracefs->root < 0)
		return error_new(
			"cannot attach by tracefs: it is not mounted and cannot be: %s%s%s",
			attach_errno_text(-tracefs->root), hint ? "; " : "", hint ? hint : "");
	tracefs->definitions = tracefs_open_definitions(tracefs->root);
	hint = attach_hint(-tracefs->definitions);
	if (tracefs->definitions < 0)
		return error_new("cannot attach by tracefs: cannot open uprobe_events: %s%s%s",
				 attach_errno_text(-tracefs->definitions), hint ? "; " : "",
				 hint ? hint : "");
	uint64_t namespace = tracefs_pid_namespace();
	if (namespace == 0)
		return error_new(
			"cannot attach by tracefs: /proc is not mounted, which names this process and the binary");
	tracefs_group_name(tracefs->group, namespace, getpid());
	tracefs_clear_dead(tracefs->root, tracefs->definitions, namespace);
	if (holder->num_sites > MANY_SITES)
		holder_warn(
			holder,
			"%s probes by tracefs take long to attach, four times as long for twice as many: match fewer functions",
			text_count(holder->num_sites).text);
	return NULL;
}

/* Defines one event with all of these sites. */
static int define_event(struct holder *holder, const char *name, const uint32_t *sites,
			size_t count)
{
	const struct tracefs *tracefs = holder->state;
	char text[WRITE_SIZE];
	size_t len = 0;
	for (size_t i = 0; i < count; i++) {
		/* The path is looked up now, in this process: no name of a file needs escaping. */
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"p:%s/%s %s:0x%" PRIx64 "\n", tracefs->group, name,
					holder->path, holder->sites[sites[i]].off);
		if (i + 1 < count && len + LINE_SIZE <= sizeof(text))
			continue;
		int err = tracefs_write(tracefs->definitions, text, len);
		if (err)
			return err;
		if (holder_must_stop(holder))
			return -ECANCELED;
		len = 0;
	}
	return 0;
}

/* The perf event that arms the tracefs event and runs the program; negative errno. */
static int arm_event(const struct tracefs *tracefs, const char *name, int program)
{
	uint64_t id;
	int err = tracefs_event_id(tracefs->root, tracefs->group, name, &id);
	if (err)
		return err;
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = id,
		.sample_period = 1,
		.wakeup_events = 1,
		.disabled = 1,
	};
	/* One CPU stands for all: a program runs before the event looks at its CPU
	 * (kernel/trace/trace_uprobe.c, __uprobe_perf_func()). */
	int cpu = sched_getcpu();
	_cleanup_close_ int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu < 0 ? 0 : cpu, -1,
					      PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) < 0 ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return -errno;
	return take_fd(&fd);
}

static void put_name(char name[TRACEFS_EVENT_SIZE], const struct holder_link *link)
{
	snprintf(name, TRACEFS_EVENT_SIZE, "p%u", link->number);
}

static int tracefs_attach(struct holder *holder, int program_fd, const uint32_t *sites,
			  size_t count, struct holder_link *link)
{
	struct tracefs *tracefs = holder->state;
	char name[TRACEFS_EVENT_SIZE];
	link->number = tracefs->next_number++;
	put_name(name, link);
	int err = define_event(holder, name, sites, count);
	int fd = err ? err : arm_event(tracefs, name, program_fd);
	if (fd < 0) {
		tracefs_remove_event(tracefs->root, tracefs->definitions, tracefs->group, name);
		return fd;
	}
	link->fd = fd;
	return 0;
}

static void tracefs_close(const struct holder_link *link)
{
	ioctl(link->fd, PERF_EVENT_IOC_DISABLE, 0);
	close(link->fd);
}

/* One that is removed while in use corrupts the kernel's lists. */
static void tracefs_forget(struct holder *holder, const struct holder_link *link)
{
	const struct tracefs *tracefs = holder->state;
	char name[TRACEFS_EVENT_SIZE];
	put_name(name, link);
	int err = tracefs_remove_event(tracefs->root, tracefs->definitions, tracefs->group, name);
	if (err)
		holder_warn(holder, "cannot remove the tracefs event %s/%s: %s", tracefs->group,
			    name, strerror(-err));
}

static void tracefs_finish(struct holder *holder)
{
	struct tracefs *tracefs = holder->state;
	if (!tracefs)
		return;
	if (tracefs->definitions >= 0)
		close(tracefs->definitions);
	if (tracefs->root >= 0)
		close(tracefs->root);
	free(tracefs);
}

const struct attach_method_ops attach_tracefs_ops = {
	.max_batch = MAX_BATCH,
	.prepare = tracefs_prepare,
	.attach = tracefs_attach,
	.close = tracefs_close,
	.max_closing = 1,
	.forget = tracefs_forget,
	.finish = tracefs_finish,
};
