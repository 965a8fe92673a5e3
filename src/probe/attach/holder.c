// SPDX-License-Identifier: MIT
/* holder.c - the process that attaches, and holds the links. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/capabilities.h"
#include "base/file_age.h"
#include "base/text.h"
#include "probe/attach/holder.h"
#include "probe/attach/warm.h"

/* ---- talking to the tracer ---- */

static void send_message(const struct holder *holder, enum holder_message_type type, uint64_t count,
			 const char *format, va_list args)
{
	struct holder_message message = {.type = type,
					 .is_confined = holder->is_confined,
					 .count = count,
					 .needs = holder->needs};
	vsnprintf(message.text, sizeof(message.text), format, args);
	size_t len = offsetof(struct holder_message, text) + strlen(message.text) + 1;
	ssize_t sent;
	do {
		sent = send(holder->socket, &message, len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
}

static void __attribute__((format(printf, 4, 5))) tell(const struct holder *holder,
						       enum holder_message_type type,
						       uint64_t count, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	send_message(holder, type, count, format, args);
	va_end(args);
}

void holder_warn(const struct holder *holder, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	send_message(holder, HOLDER_WARNING, 0, format, args);
	va_end(args);
}

void holder_tell_left(const struct holder *holder, size_t count)
{
	const struct holder_message message = {.type = HOLDER_LEFT, .count = count};
	/* Probes do not wait for a tracer that is busy. */
	send(holder->socket, &message, offsetof(struct holder_message, text) + 1,
	     MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Waits up to timeout_ms (-1: for ever) for what the tracer sends, its end, or a change of the
 * file. */
static bool await_news(struct holder *holder, int timeout_ms)
{
	struct pollfd polled[] = {
		{.fd = holder->socket, .events = POLLIN | POLLRDHUP},
		{.fd = holder->watch.events, .events = POLLIN},
		{.fd = holder->watch.execs, .events = POLLIN},
	};
	poll(polled, 3, timeout_ms);
	return polled[0].revents || file_watch_is_changed(&holder->watch);
}

bool holder_must_stop(struct holder *holder)
{
	/* While anything is being attached the tracer sends nothing. */
	return await_news(holder, 0);
}

/* ---- becoming the holder ---- */

static void close_files_between(unsigned first, unsigned last)
{
	if (first > last || close_range(first, last, 0) == 0)
		return;
	/* Linux 5.8 does not have close_range() yet. */
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= last)
		last = limit.rlim_cur;
	for (unsigned fd = first; fd <= last; fd++)
		close(fd);
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * Keeps these files and closes the others, above all the tracer's end of the socket (or its end
 * would never be seen) and its standard output (or what reads it from a pipe would not). The kept
 * ones are moved up out of the way of 0 to 2, which become /dev/null.
 */
static void keep_only(int **keep, size_t count)
{
	int sorted[ATTACH_MAX_PROGRAMS + 2];
	size_t num_sorted = 0;
	for (size_t i = 0; i < count; i++) {
		if (*keep[i] >= 0 && *keep[i] < 3)
			*keep[i] = fcntl(*keep[i], F_DUPFD_CLOEXEC, 3);
		if (*keep[i] >= 3)
			sorted[num_sorted++] = *keep[i];
	}
	qsort(sorted, num_sorted, sizeof(sorted[0]), compare_fds);
	unsigned first = 3;
	for (size_t i = 0; i < num_sorted; i++) {
		close_files_between(first, (unsigned)sorted[i] - 1);
		first = (unsigned)sorted[i] + 1;
	}
	close_files_between(first, UINT_MAX);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	}
	if (null >= 3)
		close(null);
}

static void write_text(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, strlen(text)) < 0) {
		/* It was worth a try. */
	}
}

#define NICE      (-10)
#define NICE_TEXT "-10"

/* Out of reach of what ends tracers: the terminal, its signals, the out-of-memory killer. What it does
 * holds programs up until it is done: it does not wait for its turn as others do. */
static void become_holder(void)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "gofuncgraph-hld");
	if (chdir("/") < 0) {
		/* Then some file system stays busy for as long as there are probes. */
	}
	write_text("/proc/self/oom_score_adj", "-1000");
	setpriority(PRIO_PROCESS, 0, NICE);
	/* Where sessions share the processors (kernel.sched_autogroup_enabled), that of ours. */
	write_text("/proc/self/autogroup", NICE_TEXT);
}

static const struct attach_method_ops *method_ops(enum attach_method method)
{
	switch (method) {
	case ATTACH_TRACEFS:
		return &attach_tracefs_ops;
	case ATTACH_PERF_EVENT:
		return &attach_perf_ops;
	default:
		return &attach_multi_ops;
	}
}

/* ---- holding ---- */

/* Tells how the file is watched, and where that is not enough. */
static void tell_watch(const struct holder *holder)
{
	const char *path = holder->file->path;
	const char *no_lease = strerror(holder->watch.no_lease);
	switch (holder->watch.kind) {
	case WATCH_LEASE:
		tell(holder, HOLDER_NOTE, 0,
		     "who writes to %s waits until its probes are gone (by a lease)", path);
		break;
	case WATCH_EXEC:
		tell(holder, HOLDER_NOTE, 0,
		     "who starts %s after it was written to waits until its probes are gone (by fanotify; there is no lease: %s)",
		     path, no_lease);
		break;
	default:
		holder_warn(
			holder,
			"whoever writes to %s while it is traced cannot be kept waiting (no lease: %s): a program that is started at once may crash. Replace the file (mv) instead of overwriting it, or trace with CAP_LEASE",
			path, no_lease);
	}
}

/* Perf events go one by one, about 0.1 s each; the kernel waits so long for a lease to come back. */
static void prepare_for_slow_end(struct holder *holder, enum attach_method method)
{
	unsigned seconds;
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/fs/lease-break-time", "re");
	if (method != ATTACH_PERF_EVENT || holder->watch.kind != WATCH_LEASE || !file ||
	    fscanf(file, "%u", &seconds) != 1 || holder->num_attached / 10 < seconds)
		return;
	if (file_watch_add_execs(&holder->watch, holder->path) == 0) {
		tell(holder, HOLDER_NOTE, 0,
		     "%s by perf_event may take longer to take away than a lease makes anybody wait (%u s, /proc/sys/fs/lease-break-time): who starts %s after it was written to waits, too (by fanotify)",
		     text_counted(holder->num_attached, "probe", "probes").text, seconds,
		     holder->file->path);
		return;
	}
	holder_warn(
		holder,
		"%s by perf_event may take longer to take away than the kernel keeps anybody waiting who writes to %s (%u s, /proc/sys/fs/lease-break-time): do not overwrite it while it is traced",
		text_counted(holder->num_attached, "probe", "probes").text, holder->file->path,
		seconds);
}

/* From here on nobody changes the file without our knowing. False: it is no longer, or not now,
 * what the sites were found in. */
static bool watch_file(struct holder *holder)
{
	return file_watch_start(&holder->watch, holder->path) == 0 &&
	       file_is_unchanged(&holder->file->stat, holder->file_fd);
}

/* What it took to attach, and would take again. */
static uint64_t needed_capabilities(const struct holder *holder, enum attach_method method)
{
	uint64_t needs = CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON) | CAPABILITY(CAP_LEASE) |
			 CAPABILITY(CAP_SYS_RESOURCE) | CAPABILITY(CAP_DAC_READ_SEARCH);
	/* Perf events of uprobes; any on some kernels (Debian's 5.10); and fanotify. */
	if (method != ATTACH_UPROBE_MULTI || holder->watch.kind == WATCH_EXEC)
		needs |= CAPABILITY(CAP_SYS_ADMIN);
	/* Its files are root's. */
	if (method == ATTACH_TRACEFS && geteuid() != 0)
		needs |= CAPABILITY(CAP_DAC_OVERRIDE);
	return needs;
}

/* To let go of probes takes none, but where definitions have to be removed from another's files; nor
 * does a new link, but of perf events. */
static void give_up_capabilities(const struct holder *holder, enum attach_method method)
{
	bool may_attach = holder->is_to_change && method != ATTACH_UPROBE_MULTI;
	capabilities_keep(may_attach ? holder->needs
				     : holder->needs & CAPABILITY(CAP_DAC_OVERRIDE));
}

static struct error *attach_shared(struct holder *holder, enum attach_method method,
				   const struct holder_order *order)
{
	_cleanup_free_ uint32_t *sites = calloc(order->count + 1, sizeof(*sites));
	if (!sites)
		return error_out_of_memory();
	for (uint32_t i = 0; i < order->count; i++) {
		sites[i] = holder->shared->sites[i].site;
		struct attach_site *site = &holder->sites[sites[i]];
		site->layer = holder->shared->sites[i].layer;
		site->cookie = (site->cookie & ~ATTACH_ORDER_BITS) | order->bits;
	}
	return holder_attach_more(holder, method, sites, order->count);
}

static void carry_out(struct holder *holder, enum attach_method method,
		      const struct holder_order *order)
{
	_cleanup_error_ struct error *err = NULL;
	switch (order->type) {
	case HOLDER_ORDER_AGAIN:
		holder_detach(holder, NULL, 0);
		err = holder_attach(holder, method);
		break;
	case HOLDER_ORDER_ATTACH:
		err = attach_shared(holder, method, order);
		break;
	case HOLDER_ORDER_DETACH:
		holder_detach(holder, holder->shared->layers, order->count);
		break;
	}
	if (!err)
		tell(holder, HOLDER_DONE, holder->num_attached, "%s", "");
	else if (!holder_must_stop(holder))
		tell(holder, HOLDER_FAILED, 0, "%s", error_message(err));
}

/* Until the end of the tracer, or a change of the file. */
static void serve(struct holder *holder, enum attach_method method)
{
	struct holder_order order;
	for (;;) {
		while (!await_news(holder, -1))
			;
		if (file_watch_is_changed(&holder->watch) ||
		    recv(holder->socket, &order, sizeof(order), MSG_DONTWAIT) != sizeof(order))
			return;
		carry_out(holder, method, &order);
	}
}

static struct error *attach_first(struct holder *holder, enum attach_method method)
{
	warm_sites(holder->sites, holder->num_sites, holder->file_fd);
	return holder->ops->prepare(holder) ?: holder_attach(holder, method);
}

static void hold(struct holder *holder, enum attach_method method)
{
	_cleanup_error_ struct error *err = NULL;
	bool is_same = watch_file(holder);
	if (is_same) {
		err = attach_first(holder, method);
		is_same = !file_watch_is_changed(&holder->watch);
	}
	if (is_same && err) {
		tell(holder, HOLDER_FAILED, 0, "%s", error_message(err));
		return;
	}
	if (is_same) {
		tell_watch(holder);
		prepare_for_slow_end(holder, method);
		holder->needs = needed_capabilities(holder, method);
		give_up_capabilities(holder, method);
		tell(holder, HOLDER_ATTACHED, holder->num_attached, "%s", "");
		serve(holder, method);
	}
	if (!is_same || file_watch_is_changed(&holder->watch))
		tell(holder, HOLDER_CHANGED, 0, "%s", "");
}

void holder_run(const struct attach_file *file, const struct attach_site *sites, size_t num_sites,
		const struct attach_options *options, const union holder_shared *shared, int socket)
{
	struct holder holder = {
		.file = file,
		/* After fork() the memory is ours alone. */
		.sites = (struct attach_site *)sites,
		.shared = shared,
		.is_to_change = options->is_to_change,
		.num_sites = num_sites,
		.num_programs = options->num_programs,
		.ops = method_ops(options->method),
		.socket = socket,
		.has_cookies = options->has_cookies,
		.pid = options->pid,
		.file_fd = file->fd,
	};
	int *keep[ATTACH_MAX_PROGRAMS + 2] = {&holder.socket, &holder.file_fd};
	for (size_t i = 0; i < holder.num_programs; i++) {
		holder.program_fds[i] = options->program_fds[i];
		keep[i + 2] = &holder.program_fds[i];
	}
	become_holder();
	keep_only(keep, holder.num_programs + 2);
	snprintf(holder.path, sizeof(holder.path), "/proc/self/fd/%d", holder.file_fd);

	hold(&holder, options->method);
	/* While there is a process to do it: what exit closes, it closes in no order of ours. */
	holder_detach(&holder, NULL, 0);
	holder.ops->finish(&holder);
	file_watch_stop(&holder.watch);
	/* Not exit(): the tracer's buffers and handlers are not ours to run. */
	_exit(0);
}
