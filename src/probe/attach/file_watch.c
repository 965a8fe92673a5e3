// SPDX-License-Identifier: MIT
/* file_watch.c - leases, and what stands in for them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "gofuncgraph/attach.h"
#include "probe/attach/file_watch.h"

/* ---- lease ---- */

/* The kernel tells of a lease that is to be broken by this signal, unless told otherwise. */
static int open_lease_events(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* An open file with a lease on it, or a negative errno. */
static int take_lease(const char *path)
{
	/* O_NONBLOCK: somebody else's lease must not make us wait. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return -errno;
	return take_fd(&fd);
}

static int start_lease(struct file_watch *watch, const char *path)
{
	watch->events = open_lease_events();
	if (watch->events < 0)
		return watch->events;
	watch->lease = take_lease(path);
	return watch->lease < 0 ? watch->lease : 0;
}

static bool lease_is_changed(const struct file_watch *watch)
{
	struct signalfd_siginfo info;
	while (read(watch->events, &info, sizeof(info)) > 0)
		;
	return fcntl(watch->lease, F_GETLEASE) != F_RDLCK;
}

/* ---- fanotify ---- */

static int start_exec(struct file_watch *watch, const char *path)
{
	const uint64_t mask = FAN_MODIFY | FAN_CLOSE_WRITE | FAN_OPEN_EXEC_PERM;
	watch->execs =
		fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC);
	if (watch->execs < 0 || fanotify_mark(watch->execs, FAN_MARK_ADD, mask, AT_FDCWD, path) < 0)
		return -errno;
	return 0;
}

static void allow(const struct file_watch *watch, const struct fanotify_event_metadata *event)
{
	const struct fanotify_response response = {.fd = event->fd, .response = FAN_ALLOW};
	if (write(watch->execs, &response, sizeof(response)) < 0) {
		/* Who asked is gone. */
	}
}

/* Who executes a file that was changed gets no answer yet: the end of all is one. */
static bool exec_is_changed(const struct file_watch *watch)
{
	struct fanotify_event_metadata events[64];
	bool is_changed = false;
	ssize_t len;
	while ((len = read(watch->execs, events, sizeof(events))) > 0) {
		const struct fanotify_event_metadata *event = events;
		for (; FAN_EVENT_OK(event, len); event = FAN_EVENT_NEXT(event, len)) {
			if (event->mask & (FAN_MODIFY | FAN_CLOSE_WRITE | FAN_Q_OVERFLOW))
				is_changed = true;
			if (event->mask & FAN_OPEN_EXEC_PERM && !is_changed)
				allow(watch, event);
			if (event->fd >= 0)
				close(event->fd);
		}
	}
	return is_changed;
}

/* ---- inotify ---- */

static int start_notice(struct file_watch *watch, const char *path)
{
	watch->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->events < 0 ||
	    inotify_add_watch(watch->events, path, IN_MODIFY | IN_CLOSE_WRITE) < 0)
		return -errno;
	return 0;
}

static bool notice_is_changed(const struct file_watch *watch)
{
	struct inotify_event event; /* of a file that is watched itself: no name follows */
	bool is_changed = false;
	while (read(watch->events, &event, sizeof(event)) > 0)
		is_changed |= !(event.mask & IN_IGNORED);
	return is_changed;
}

/* ---- any of them ---- */

static const struct {
	int (*start)(struct file_watch *watch, const char *path);
	bool (*is_changed)(const struct file_watch *watch);
} kinds[] = {
	[WATCH_LEASE] = {start_lease, lease_is_changed},
	[WATCH_EXEC] = {start_exec, exec_is_changed},
	[WATCH_NOTICE] = {start_notice, notice_is_changed},
};

int file_watch_start(struct file_watch *watch, const char *path)
{
	*watch = (struct file_watch){.lease = -1, .events = -1, .execs = -1};
	for (enum file_watch_kind kind = WATCH_LEASE; kind <= WATCH_NOTICE; kind++) {
		int err = kinds[kind].start(watch, path);
		if (!err) {
			watch->kind = kind;
			return 0;
		}
		file_watch_stop(watch);
		if (kind == WATCH_LEASE && err == -EAGAIN)
			return err;
		if (kind == WATCH_LEASE)
			watch->no_lease = -err;
	}
	return 0;
}

int file_watch_add_execs(struct file_watch *watch, const char *path)
{
	int err = start_exec(watch, path);
	if (err && watch->execs >= 0)
		close(take_fd(&watch->execs));
	return err;
}

bool file_watch_is_changed(struct file_watch *watch)
{
	/* Nobody is allowed anything any more once it is changed. */
	if (watch->kind == WATCH_NONE || watch->is_changed)
		return watch->is_changed;
	watch->is_changed =
		kinds[watch->kind].is_changed(watch) ||
		(watch->kind == WATCH_LEASE && watch->execs >= 0 && exec_is_changed(watch));
	return watch->is_changed;
}

void file_watch_stop(struct file_watch *watch)
{
	if (watch->lease >= 0)
		close(take_fd(&watch->lease));
	if (watch->events >= 0)
		close(take_fd(&watch->events));
	if (watch->execs >= 0)
		close(take_fd(&watch->execs));
	watch->kind = WATCH_NONE;
}

bool attach_file_is_written_to(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	/* Should somebody come to write in the moment that we have it: a signal that does nothing. */
	if (fd < 0 || fcntl(fd, F_SETSIG, SIGURG) < 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
}
