/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * kernel.h - the few kernel types the BPF programs read, relocated to the running kernel (CO-RE) by
 * libbpf.
 */
#ifndef GOFUNCGRAPH_KERNEL_H
#define GOFUNCGRAPH_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <stdbool.h>

#include "arch.h"

/* include/linux/sched/signal.h: all threads are told to end */
#define SIGNAL_GROUP_EXIT 4

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mm_struct {
	unsigned long start_code;
	unsigned long end_code;
};

struct list_head {
	struct list_head *next, *prev;
};

/* kernel/events/uprobes.c; `consumers` is a list from Linux 6.13. */
struct arch_uprobe {
};

struct uprobe {
	struct list_head consumers;
	struct arch_uprobe arch;
};

struct uprobe_task {
	struct arch_uprobe *auprobe;
	struct uprobe *active_uprobe; /* is single-stepped */
	unsigned long vaddr; /* and was hit there */
};

/* kernel/trace/trace_uprobe.c */
struct trace_uprobe {
	unsigned long offset;
};

struct uprobe_dispatch_data {
	struct trace_uprobe *tu;
};

struct signal_struct {
	struct {
		int counter;
	} live;
	unsigned int flags;
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

/* include/linux/pid.h: as each of the namespaces numbers it that it is in, from the initial one. */
struct pid {
	unsigned int level;
	struct upid numbers[1];
};

/* kernel/sched/sched.h, with CONFIG_CFS_BANDWIDTH */
struct cfs_rq {
	int throttle_count;
};

/* with CONFIG_FAIR_GROUP_SCHED */
struct sched_entity {
	struct cfs_rq *cfs_rq;
};

/* include/linux/dcache.h, fs.h, path.h, fdtable.h; fs/mount.h */
struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

/* include/net/sock.h, af_unix.h; include/linux/net.h */
struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	__u16 skc_dport; /* in network order */
	__u16 skc_num;
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type, sk_protocol;
};

/* include/net/inet_connection_sock.h, include/linux/tcp.h */
struct inet_connection_sock {
	struct {
		__u32 lrcvtime; /* when the last data came, in jiffies */
	} icsk_ack;
};

struct tcp_sock {
	__u32 rcv_nxt; /* all before that has come */
	__u32 copied_seq; /* all before that has been read */
	__u64 tcp_mstamp; /* us of CLOCK_MONOTONIC: the last packet, or a later one of our own */
};

struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct thread_info {
	__u32 cpu; /* from Linux 5.16 on */
};

struct task_struct {
	struct thread_info thread_info;
	struct sched_entity se;
	bool throttled; /* from Linux 6.18 on */
	struct mm_struct *mm;
	struct files_struct *files;
	void *stack;
	unsigned int __state;
	char comm[16];
	int pid; /* of the thread, as the initial namespace numbers it */
	int tgid; /* of the process */
	struct pid *thread_pid;
	struct thread_struct thread;
	struct uprobe_task *utask;
	struct signal_struct *signal;
	struct task_struct *group_leader;
	__u64 start_time;
	__u64 self_exec_id;
};

/* Before Linux 5.14. */
struct task_struct___5_13 {
	long state;
};

/* Before Linux 5.16. */
struct task_struct___5_15 {
	unsigned int cpu;
};

#pragma clang attribute pop

/* Typed pointers (Linux 5.11) are followed without a call. */
#define HAS_TYPED_TASK bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)

#endif
