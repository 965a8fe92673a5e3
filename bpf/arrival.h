/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * arrival.h - since when there was something to read from a connection when a wait for that has ended. Go's runtime
 * looks for it when one of its threads has a processor, and nothing else to do: where the process has used up its quota,
 * the other end is not to blame.
 */
#ifndef GOFUNCGRAPH_ARRIVAL_H
#define GOFUNCGRAPH_ARRIVAL_H

#include "on.h"
#include "settings.h"

/* include/net/tcp_states.h */
#define TCP_ESTABLISHED 1
#define TCP_CLOSE_WAIT  8

#define SOCK_STREAM 1
#define IPPROTO_TCP 6

/* Sockets of other kinds have the same numbers for something else. */
static __always_inline bool is_tcp(const struct sock *sock)
{
	__u16 family = BPF_CORE_READ(sock, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) &&
	       BPF_CORE_READ(sock, sk_type) == SOCK_STREAM &&
	       BPF_CORE_READ(sock, sk_protocol) == IPPROTO_TCP;
}

/* The other end's last word, that it says no more, takes a number of its own. */
static __always_inline bool has_unread(const struct sock *sock)
{
	const struct tcp_sock *tcp = (const void *)sock;
	__u8 state = BPF_CORE_READ(sock, __sk_common.skc_state);
	__s32 unread = BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq);

	return state == TCP_ESTABLISHED ? unread > 0 : state == TCP_CLOSE_WAIT && unread > 1;
}

/*
 * The goroutine had found nothing to read there before it waited, and has read nothing since. Returns when the last that
 * is there had come, or something later; 0: unknown.
 */
static __always_inline __u64 find_arrival(const struct sock *sock)
{
	const struct inet_connection_sock *connection = (const void *)sock;
	__u64 now, late_ns, packet_ns;
	__u32 jiffies;

	if (!bpf_core_field_exists(connection->icsk_ack.lrcvtime) || !jiffy_ns || !is_tcp(sock) ||
	    !has_unread(sock))
		return 0;
	packet_ns = BPF_CORE_READ((const struct tcp_sock *)sock, tcp_mstamp) * 1000;
	jiffies = (__u32)bpf_jiffies64() - BPF_CORE_READ(connection, icsk_ack.lrcvtime);
	now = bpf_ktime_get_ns();
	late_ns = jiffies ? (jiffies - 1) * jiffy_ns : 0;
	if (late_ns > now)
		return 0;
	return !packet_ns || now - late_ns < packet_ns ? now - late_ns : packet_ns;
}

#endif
