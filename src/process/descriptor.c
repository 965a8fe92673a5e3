/* SPDX-License-Identifier: MIT */
#include "process/descriptor.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

static void tell_address(int fd, struct waited_on *on)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
		struct sockaddr_un local;
	} address = {0};
	socklen_t size = sizeof(address);

	on->kind = ON_PEER;
	if (getpeername(fd, &address.any, &size)) {
		size = sizeof(address);
		on->kind = ON_LISTENER;
		if (getsockname(fd, &address.any, &size))
			on->kind = ON_NOTHING;
	}
	on->family = address.any.sa_family;
	if (on->family == AF_INET) {
		on->port = ntohs(address.ip4.sin_port);
		memcpy(on->address, &address.ip4.sin_addr, sizeof(address.ip4.sin_addr));
	} else if (on->family == AF_INET6) {
		on->port = ntohs(address.ip6.sin6_port);
		memcpy(on->address, &address.ip6.sin6_addr, sizeof(on->address));
	} else if (on->family == AF_UNIX) {
		bool is_abstract = !address.local.sun_path[0] && address.local.sun_path[1];

		snprintf(on->text, sizeof(on->text), "%s%.100s", is_abstract ? "@" : "",
			 address.local.sun_path + is_abstract);
	}
}

/* The process is not in our way: it may close its own meanwhile. */
static void tell_socket(pid_t pid, int fd, struct waited_on *on)
{
	_cleanup_close_ int process = (int)syscall(SYS_pidfd_open, pid, 0);
	_cleanup_close_ int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);

	on->mode = S_IFSOCK;
	if (copy >= 0)
		tell_address(copy, on);
}

/* By /proc: "socket:[4711]", "pipe:[4711]", "anon_inode:[eventfd]", "/var/a.log (deleted)" (fs/d_path.c). The kernel
 * knows these names without asking the file system, which may be what hangs. */
static bool read_name(pid_t pid, int fd, char name[ON_TEXT_SIZE])
{
	static const char deleted[] = " (deleted)";
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	len = readlink(path, name, ON_TEXT_SIZE - 1);
	if (len <= 0)
		return false;
	name[len] = 0;
	len -= (ssize_t)strlen(deleted);
	if (name[0] == '/' && len > 0 && strcmp(name + len, deleted) == 0)
		name[len] = 0;
	return true;
}

void descriptor_tell(pid_t pid, int fd, struct waited_on *on)
{
	char name[ON_TEXT_SIZE];
	const char *colon;

	if (!read_name(pid, fd, name))
		return;
	if (text_starts_with(name, "socket:[")) {
		tell_socket(pid, fd, on);
		return;
	}
	if (name[0] == '/') {
		on->kind = ON_PATH;
		strcpy(on->text, name);
		return;
	}
	on->kind = ON_FILE;
	on->above = ON_NO_FOLDER;
	colon = strchr(name, ':');
	if (text_starts_with(name, "pipe:["))
		on->mode = S_IFIFO;
	else
		strcpy(on->text, colon ? colon + 1 : name);
}
