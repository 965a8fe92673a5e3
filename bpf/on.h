/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * on.h - what a wait was on (struct waited_on), found when it ends: in the kernel's own table of the
 * process's files, where the descriptor is still what it was. Go keeps it open for as long as one of its
 * goroutines waits (src/internal/poll/fd_mutex.go).
 */
#ifndef GOFUNCGRAPH_ON_H
#define GOFUNCGRAPH_ON_H

#include "stack.h"

#define AF_UNIX  1
#define AF_INET  2
#define AF_INET6 10

#define TCP_LISTEN 10 /* unix sockets have the same number for it */

#define S_IFMT   00170000
#define S_IFSOCK 0140000

/* By which a wait says what it was on. */
struct on_at {
	__s32 fd; /* negative: by none */
	bool is_read; /* it was for something to read from there */
	__u64 path; /* in the process; 0: by none */
};

/*
 * The goroutine waits in runtime.gopark, whose frame pointer this is, called by netpollblock, which
 * internal/poll.runtime_pollWait called. That one keeps its arguments, a *pollDesc and 'r' or 'w', where its caller
 * has room for them: behind the return address (cmd/compile/abi-internal.md, "spill area").
 */
static __always_inline void find_polled(const struct who *who, __u64 fp, struct on_at *at)
{
	struct {
		__u64 desc, mode;
	} arguments;
	struct frame frame;
	__u64 fd;

	if (!read_user(&frame, sizeof(frame), fp) ||
	    !read_user(&frame, sizeof(frame), frame.next) ||
	    frame.address - who->bias - poll_va >= poll_size)
		return;
	fp = frame.next;
	if (ARCH_FRAME_IS_CALLERS && !read_user(&fp, sizeof(fp), fp))
		return;
	if (!read_user(&arguments, sizeof(arguments), fp + sizeof(frame)) ||
	    !read_user(&fd, sizeof(fd), arguments.desc + POLL_DESC_FD) || fd >> 31)
		return;
	at->fd = (__s32)fd;
	at->is_read = arguments.mode == 'r';
}

/* `fp`: the frame pointer where the goroutine left its stack; 0: unknown. */
static __always_inline void find_on(const struct who *who, const struct hunted_wait *wait, __u64 fp,
				    struct on_at *at)
{
	__u32 number = wait->syscall;

	*at = (struct on_at){.fd = -1};
	if (wait->state == STATE_WAITING && poll_reason && wait->reason == poll_reason && fp)
		find_polled(who, fp, at);
	if (wait->state != STATE_SYSCALL || number >= MAX_SYSCALL_NUMBERS)
		return;
	switch (syscall_on[number]) {
	case SYSCALL_ON_FD:
		at->fd = (__s32)wait->arguments[0];
		break;
	case SYSCALL_ON_PATH:
		at->path = wait->arguments[0];
		break;
	case SYSCALL_ON_PATH_AT:
		at->path = wait->arguments[1];
	}
}

static __always_inline bool is_on_something(const struct on_at *at)
{
	return at->fd >= 0 || at->path;
}

/* NULL: there is none. */
static __always_inline struct file *find_file(__s32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file;

	if ((__u32)fd >= BPF_CORE_READ(table, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), files + (__u32)fd))
		return NULL;
	return file;
}

/* ---- files ---- */

/* Names and mounts on the way to the root. */
#define MAX_STEPS 16

static __always_inline void tell_path(struct waited_on *on, struct file *file)
{
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct dentry *root = BPF_CORE_READ(mnt, mnt_root);
	__u64 used = 0;
	long len;

#pragma clang loop unroll(disable)
	for (int i = 0; i < MAX_STEPS; i++) {
		struct dentry *parent;

		if (dentry == root) {
			struct mount *outer = BPF_CORE_READ(mount, mnt_parent);

			if (outer == mount) {
				on->above = ON_ROOT;
				break;
			}
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = outer;
			root = BPF_CORE_READ(mount, mnt.mnt_root);
			continue;
		}
		/* What is compared is what is used: the verifier of Linux 5.10 knows no more. */
		asm volatile("" : "+r"(used));
		if (used > ON_TEXT_SIZE - ON_NAME_SIZE - 1)
			break;
		/* The rest is zero: an empty name ends them. */
		len = bpf_probe_read_kernel_str(on->text + used, ON_NAME_SIZE,
						BPF_CORE_READ(dentry, d_name.name));
		if (len <= 0 || len > ON_NAME_SIZE)
			break;
		used += len;
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry) {
			on->above = ON_NO_FOLDER;
			break;
		}
		dentry = parent;
	}
}

/* ---- sockets ---- */

static __always_inline void tell_unix_path(struct waited_on *on, struct unix_sock *sock)
{
	struct unix_address *address = BPF_CORE_READ(sock, addr);
	__u32 path_at = bpf_core_field_offset(struct unix_address, name) +
			bpf_core_field_offset(struct sockaddr_un, sun_path);
	char *path = (char *)address + path_at;

	if (!address)
		return;
	bpf_probe_read_kernel_str(on->text, ON_NAME_SIZE, path);
	if (on->text[0])
		return;
	/* An abstract one begins with a NUL. */
	bpf_probe_read_kernel_str(on->text + 1, ON_NAME_SIZE, path + 1);
	if (on->text[1])
		on->text[0] = '@';
}

static __always_inline void tell_unix(struct waited_on *on, struct unix_sock *sock, bool is_peer)
{
	if (!bpf_core_field_exists(sock->peer))
		return;
	if (is_peer)
		sock = (void *)BPF_CORE_READ(sock, peer);
	if (sock)
		tell_unix_path(on, sock);
}

static __always_inline void tell_address(struct waited_on *on, struct sock *sock, bool is_peer)
{
	if (on->family == AF_INET) {
		struct in6_addr *to = (void *)on->address;

		*(__u32 *)to = is_peer ? BPF_CORE_READ(sock, __sk_common.skc_daddr)
				       : BPF_CORE_READ(sock, __sk_common.skc_rcv_saddr);
	} else if (bpf_core_field_exists(sock->__sk_common.skc_v6_daddr)) {
		__u32 at = is_peer ? bpf_core_field_offset(sock->__sk_common.skc_v6_daddr)
				   : bpf_core_field_offset(sock->__sk_common.skc_v6_rcv_saddr);

		bpf_probe_read_kernel(on->address, sizeof(on->address), (void *)sock + at);
	}
	on->port = is_peer ? __builtin_bswap16(BPF_CORE_READ(sock, __sk_common.skc_dport))
			   : BPF_CORE_READ(sock, __sk_common.skc_num);
}

static __always_inline void tell_socket(struct waited_on *on, struct sock *sock)
{
	bool is_listener;

	on->family = BPF_CORE_READ(sock, __sk_common.skc_family);
	is_listener = BPF_CORE_READ(sock, __sk_common.skc_state) == TCP_LISTEN;
	if (on->family == AF_UNIX) {
		tell_unix(on, (void *)sock, !is_listener);
	} else if (on->family == AF_INET || on->family == AF_INET6) {
		is_listener = is_listener || !BPF_CORE_READ(sock, __sk_common.skc_dport);
		tell_address(on, sock, !is_listener);
	} else {
		return;
	}
	on->kind = is_listener ? ON_LISTENER : ON_PEER;
}

/* ---- all of them ---- */

/* Returns the socket that it is; NULL: it is none. */
static __always_inline struct sock *tell_on(struct waited_on *on, const struct on_at *at)
{
	struct file *file;

	__builtin_memset(on, 0, sizeof(*on));
	if (at->path) {
		if (bpf_probe_read_user_str(on->text, sizeof(on->text), (void *)at->path) > 1)
			on->kind = ON_PATH;
		return NULL;
	}
	file = find_file(at->fd);
	if (!file)
		return NULL;
	on->mode = BPF_CORE_READ(file, f_inode, i_mode);
	if ((on->mode & S_IFMT) == S_IFSOCK) {
		struct socket *socket = BPF_CORE_READ(file, private_data);
		struct sock *sock = BPF_CORE_READ(socket, sk);

		if (sock)
			tell_socket(on, sock);
		return sock;
	}
	on->kind = ON_FILE;
	tell_path(on, file);
	return NULL;
}

#endif
