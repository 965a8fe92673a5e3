// SPDX-License-Identifier: MIT
/* guard.c - leases, and what stands in for them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "gofuncgraph/probe.h"
#include "probe/guard.h"

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

static int start_lease(struct guard *guard, const char *path)
{
	guard->events = open_lease_events();
	if (guard->events < 0)
		return guard->events;
	guard->lease = take_lease(path);
	return guard->lease < 0 ? guard->lease : 0;
}

static bool lease_is_broken(const struct guard *guard)
{
	struct signalfd_siginfo info;
	while (read(guard->events, &info, sizeof(info)) > 0)
		;
	return fcntl(guard->lease, F_GETLEASE) != F_RDLCK;
}

/* ---- fanotify ---- */

static int start_exec(struct guard *guard, const char *path)
{
	const uint64_t mask = FAN_MODIFY | FAN_CLOSE_WRITE | FAN_OPEN_EXEC_PERM;
	guard->events = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK,
				      O_RDONLY | O_CLOEXEC);
	if (guard->events < 0 ||
	    fanotify_mark(guard->events, FAN_MARK_ADD, mask, AT_FDCWD, path) < 0)
		return -errno;
	return 0;
}

static void allow(const struct guard *guard, const struct fanotify_event_metadata *event)
{
	const struct fanotify_response response = {.fd = event->fd, .response = FAN_ALLOW};
	if (write(guard->events, &response, sizeof(response)) < 0) {
		/* Who asked is gone. */
	}
}

/* Who executes a file that was changed gets no answer yet: the end of all is one. */
static bool exec_is_broken(const struct guard *guard)
{
	struct fanotify_event_metadata events[64];
	bool is_changed = false;
	ssize_t len;
	while ((len = read(guard->events, events, sizeof(events))) > 0) {
		const struct fanotify_event_metadata *event = events;
		for (; FAN_EVENT_OK(event, len); event = FAN_EVENT_NEXT(event, len)) {
			if (event->mask & (FAN_MODIFY | FAN_CLOSE_WRITE | FAN_Q_OVERFLOW))
				is_changed = true;
			if (event->mask & FAN_OPEN_EXEC_PERM && !is_changed)
				allow(guard, event);
			if (event->fd >= 0)
				close(event->fd);
		}
	}
	return is_changed;
}

/* ---- inotify ---- */

static int start_notice(struct guard *guard, const char *path)
{
	guard->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (guard->events < 0 ||
	    inotify_add_watch(guard->events, path, IN_MODIFY | IN_CLOSE_WRITE) < 0)
		return -errno;
	return 0;
}

static bool notice_is_broken(const struct guard *guard)
{
	struct inotify_event event; /* of a file that is watched itself: no name follows */
	bool is_changed = false;
	while (read(guard->events, &event, sizeof(event)) > 0)
		is_changed |= !(event.mask & IN_IGNORED);
	return is_changed;
}

/* ---- any of them ---- */

static const struct {
	int (*start)(struct guard *guard, const char *path);
	bool (*is_broken)(const struct guard *guard);
} kinds[] = {
	[GUARD_LEASE] = {start_lease, lease_is_broken},
	[GUARD_EXEC] = {start_exec, exec_is_broken},
	[GUARD_NOTICE] = {start_notice, notice_is_broken},
};

int guard_start(struct guard *guard, const char *path)
{
	*guard = (struct guard){.lease = -1, .events = -1};
	for (enum guard_kind kind = GUARD_LEASE; kind <= GUARD_NOTICE; kind++) {
		int err = kinds[kind].start(guard, path);
		if (!err) {
			guard->kind = kind;
			return 0;
		}
		guard_stop(guard);
		if (kind == GUARD_LEASE && err == -EAGAIN)
			return err;
		if (kind == GUARD_LEASE)
			guard->no_lease = -err;
	}
	return 0;
}

bool guard_is_broken(struct guard *guard)
{
	if (guard->kind != GUARD_NONE && kinds[guard->kind].is_broken(guard))
		guard->is_broken = true;
	return guard->is_broken;
}

void guard_stop(struct guard *guard)
{
	if (guard->lease >= 0)
		close(take_fd(&guard->lease));
	if (guard->events >= 0)
		close(take_fd(&guard->events));
	guard->kind = GUARD_NONE;
}

bool attach_file_is_written_to(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	/* Should somebody come to write in the moment that we have it: a signal that does nothing. */
	if (fd < 0 || fcntl(fd, F_SETSIG, SIGURG) < 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
}
