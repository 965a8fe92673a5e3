/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * traceparent.h - the trace and span that a request says it is part of, in its header (W3C Trace Context), which is a
 * map[string][]string (src/net/http/header.go). Nobody writes it while a server handles the request; who does sees no
 * more than an id that is none.
 */
#ifndef BPF_TRACEPARENT_H
#define BPF_TRACEPARENT_H

#include "hex.h"

/* Of a header with more, those behind are not looked at. */
#define HEADER_GROUPS 16
#define GROUP_SLOTS   8

/* "Traceparent", as src/net/textproto/reader.go writes all keys, in words. */
#define TRACEPARENT_KEY_SIZE  11
#define TRACEPARENT_KEY_FIRST 0x7261706563617254
#define TRACEPARENT_KEY_LAST  0x746e65

/* Of version 00: "00-", 32 digits, "-", 16 digits, "-", 2 digits. Others may go on, behind one more "-". */
#define TRACEPARENT_SIZE 55

/* Of use in here: it lies in the record. */
struct header_room {
	__u64 words[8];
};

/* Groups of entries: those that have a pointer to another one are behind that pointer, too. */
struct header_groups {
	__u64 first, count;
};

/* src/internal/runtime/maps: Map.used, dirPtr, dirLen; of a table groups.data, groups.lengthMask.
 * src/runtime/map.go, hmap: count, B, buckets. */
static __always_inline bool find_header_groups(struct header_room *room, __u64 map,
					       struct header_groups *groups)
{
	if (!map || !read_user(room->words, 4 * sizeof(__u64), map) || !room->words[0])
		return false;
	groups->first = room->words[2];
	if (!trace_types.headers.is_swiss) {
		groups->count = 1ull << (room->words[1] >> 8 & 63);
		return true;
	}
	groups->count = 1;
	if (!room->words[3])
		return true;
	if (!read_user(room->words, sizeof(__u64), groups->first) ||
	    !read_user(room->words, 2 * sizeof(__u64), room->words[0] + 16))
		return false;
	groups->first = room->words[0];
	groups->count = room->words[1] + 1;
	return true;
}

/* The group goes on in another one: src/runtime/map.go, bmap.overflow(), its last word. */
static __always_inline bool has_overflow(struct header_room *room, __u64 *group)
{
	if (trace_types.headers.is_swiss ||
	    !read_user(room->words, sizeof(__u64), *group + trace_types.headers.size) ||
	    !room->words[0])
		return false;
	*group = room->words[0];
	return true;
}

static __always_inline bool is_traceparent_key(struct header_room *room, __u64 at)
{
	return read_user(room->words, 2 * sizeof(__u64), at) &&
	       room->words[1] == TRACEPARENT_KEY_SIZE &&
	       read_user(room->words, TRACEPARENT_KEY_SIZE, room->words[0]) &&
	       room->words[0] == TRACEPARENT_KEY_FIRST &&
	       (room->words[1] & 0xffffff) == TRACEPARENT_KEY_LAST;
}

/* Where the header's values are: a slice of them. 0: there are none. */
static __always_inline __u64 find_traceparent_values(struct header_room *room, __u64 map)
{
	struct header_groups groups = {};
	__u64 group, size = trace_types.headers.size;

	if (!trace_types.headers.is_swiss)
		size += sizeof(__u64);
	if (!find_header_groups(room, map, &groups))
		return 0;
	group = groups.first;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < HEADER_GROUPS * GROUP_SLOTS; i++) {
		__u32 slot = i % GROUP_SLOTS;

		/* Any numbers to the verifier, so that it looks at each slot once. */
		group ^= nothing;
		groups.first ^= nothing;
		groups.count ^= nothing;
		if (i && !slot && !has_overflow(room, &group)) {
			if (--groups.count == 0)
				break;
			groups.first += size;
			group = groups.first;
		}
		if (is_traceparent_key(room, group + trace_types.headers.keys +
						     slot * trace_types.headers.key_stride))
			return group + trace_types.headers.elems +
			       slot * trace_types.headers.elem_stride;
	}
	return 0;
}

/* The text of `length` bytes, of which those up to the 56th are here. False: it is none, or one that W3C
 * Trace Context has be ignored; ids that are all zero are left to the caller. */
static __always_inline bool parse_traceparent(const __u8 *text, __u64 length, struct trace_ids *ids)
{
	__u64 wrong = (text[2] ^ '-') | (text[35] ^ '-') | (text[52] ^ '-');
	__u64 version = hex_byte(text, &wrong);

	hex_byte(text + 53, &wrong);
	hex_bytes(text + 3, ids->trace_id, sizeof(ids->trace_id), &wrong);
	hex_bytes(text + 36, ids->span_id, sizeof(ids->span_id), &wrong);
	if (version == 0xff || (length > TRACEPARENT_SIZE && (!version || text[55] != '-')))
		return false;
	return !wrong;
}

/* False: the request has none, or several. */
static __always_inline bool find_traceparent(struct header_room *room, __u64 map,
					     struct trace_ids *ids)
{
	__u64 values = find_traceparent_values(room, map), length, size;

	if (!values || !read_user(room->words, 2 * sizeof(__u64), values) || room->words[1] != 1 ||
	    !read_user(room->words, 2 * sizeof(__u64), room->words[0]))
		return false;
	length = room->words[1];
	size = length > TRACEPARENT_SIZE ? TRACEPARENT_SIZE + 1 : length;
	return length >= TRACEPARENT_SIZE &&
	       read_at_most(room->words, size, sizeof(room->words), room->words[0]) &&
	       parse_traceparent((const __u8 *)room->words, length, ids);
}

#endif
