/* SPDX-License-Identifier: MIT */
/*
 * file_watch.h - keeps whoever changes the traced file waiting until its probes are gone.
 *
 * A uprobe is an inode and an offset: into a file that was overwritten in place the kernel writes
 * its breakpoints as into the old one (kernel/events/uprobes.c, uprobe_mmap()), in the middle of
 * instructions. So the change has to be known before anybody can run what is written:
 *
 * - A lease (F_SETLEASE, fcntl(2)): who opens the file for writing, or truncates it, waits in that
 *   call, for up to /proc/sys/fs/lease-break-time seconds, until the lease is given back. Nobody can
 *   execute the file meanwhile ("Text file busy"). Who opens with O_NONBLOCK gets EWOULDBLOCK
 *   instead, once. Needs the file's owner or CAP_LEASE, and a file system that has leases.
 * - Else fanotify(7): who executes the file waits until we allow it. Needs CAP_SYS_ADMIN, and does
 *   not see what is changed on another machine.
 * - Else inotify(7), which tells, but makes nobody wait: it may come too late.
 */
#ifndef PROBE_FILE_WATCH_H
#define PROBE_FILE_WATCH_H

#include <stdbool.h>

enum file_watch_kind { WATCH_NONE, WATCH_LEASE, WATCH_EXEC, WATCH_NOTICE };

struct file_watch {
	enum file_watch_kind kind;
	int lease; /* an open file of its own: a lease is the open file's. -1: none */
	int events; /* to be polled for reading; -1: none */
	int execs; /* of WATCH_EXEC, or beside a lease: to be polled for reading, too; -1: none */
	int no_lease; /* errno: why there is none */
	bool is_changed;
};

/*
 * All signals must be blocked. `path` names the file to this process. 0, or -EAGAIN: the file is
 * open for writing, and nothing watches it. file_watch_stop() is safe in any case.
 */
int file_watch_start(struct file_watch *watch, const char *path);
/*
 * Probes may take longer to go than the kernel lets a lease make anybody wait: who executes the file
 * after it was written to then waits as well. 0 or a negative errno.
 */
int file_watch_add_execs(struct file_watch *watch, const char *path);
/*
 * True as soon as somebody changes the file, or is about to; does not wait. To be called when
 * `events` or `execs` is readable, also while probes are being taken away: who executes a file that
 * was not changed waits for it. Stays true, and who executes the file from then on waits for
 * file_watch_stop().
 */
bool file_watch_is_changed(struct file_watch *watch);
/* Whoever waits may go on. */
void file_watch_stop(struct file_watch *watch);

#endif
