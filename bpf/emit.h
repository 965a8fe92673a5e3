/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* emit.h - the way of a record into the ring buffer: emit(), the kind's own fields, submit(). */
#ifndef BPF_EMIT_H
#define BPF_EMIT_H

#include "goroutine.h"

#define RINGBUF_HEADER_SIZE 8 /* BPF_RINGBUF_HDR_SZ, include/uapi/linux/bpf.h */

/*
 * A record with its header, not counted; NULL: the ring buffer is full.
 *
 * The thread may lose its processor in here, which is told at once: behind a record that has its place. So a
 * tree's first record takes the time when it has, and its last one before: then all that came in its time lies
 * between the two, beside what came before and after it.
 */
static __always_inline void *reserve(const struct who *who, __u8 kind, __u8 flags, __u32 lost,
				     __u16 size)
{
	__u64 end_ns = flags & RECORD_CLOSES_TREE ? bpf_ktime_get_ns() : 0;
	struct record *record = bpf_ringbuf_reserve(&records, size, 0);

	if (!record)
		return NULL;
	record->kind = kind;
	record->flags = flags;
	record->size = size;
	record->lost = lost;
	record->time_ns = end_ns ?: bpf_ktime_get_ns();
	record->goid = who->goid;
	record->pid = who->key.pid;
	record->tid = who->tid;
	return record;
}

/* The same; NULL: it is lost, and counted. */
static __always_inline void *emit(const struct who *who, __u8 kind, __u8 flags, __u32 lost,
				  __u16 size)
{
	void *record = reserve(who, kind, flags, lost, size);

	if (!record)
		count(STAT_LOST);
	return record;
}

/* Where the record lies. To the verifier a pointer is no number, but what is read from memory is one. */
static __always_inline __u64 address_of(void *record)
{
	volatile __u64 *memory = record;
	__u64 header = *memory, address;

	*(void *volatile *)memory = record;
	address = *memory;
	*memory = header;
	return address;
}

/* The reader is woken by the first record in each `wakeup_bytes` of the ring buffer (a power of two): it
 * looks by itself every few milliseconds as well. */
static __always_inline void submit(void *record, __u16 size)
{
	bool is_first = (address_of(record) & (wakeup_bytes - 1)) < size + RINGBUF_HEADER_SIZE;

	bpf_ringbuf_submit(record, is_first ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline __u8 stack_flags(__u64 position)
{
	return (position & SYSTEM_STACK ? RECORD_SYSTEM_STACK : 0) |
	       (position & SIGNAL_STACK ? RECORD_SIGNAL_STACK : 0);
}

#endif
