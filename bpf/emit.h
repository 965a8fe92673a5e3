/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* emit.h - the way of a record into the ring buffer: emit(), the kind's own fields, submit(). */
#ifndef BPF_EMIT_H
#define BPF_EMIT_H

#include "who.h"

/* A record with its header, not counted; NULL: the ring buffer is full. */
static __always_inline void *reserve(const struct who *who, __u8 kind, __u8 flags, __u32 lost,
				     __u16 size)
{
	struct record *record = bpf_ringbuf_reserve(&records, size, 0);

	if (!record)
		return NULL;
	record->kind = kind;
	record->flags = flags;
	record->size = size;
	record->lost = lost;
	record->time_ns = bpf_ktime_get_ns();
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

	if (!record) {
		count(STAT_LOST);
		return NULL;
	}
	count(STAT_SENT);
	return record;
}

static __always_inline void submit(void *record)
{
	__u64 waiting = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA);

	/* The reader is woken once, when the mark is passed: it looks by itself every few
	 * milliseconds as well. */
	bpf_ringbuf_submit(record, waiting >= wakeup_bytes && waiting < wakeup_bytes + 4096
					   ? BPF_RB_FORCE_WAKEUP
					   : BPF_RB_NO_WAKEUP);
}

static __always_inline __u8 stack_flags(__u64 position)
{
	return (position & SYSTEM_STACK ? RECORD_SYSTEM_STACK : 0) |
	       (position & SIGNAL_STACK ? RECORD_SIGNAL_STACK : 0);
}

#endif
