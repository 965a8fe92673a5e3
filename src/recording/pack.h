/* SPDX-License-Identifier: MIT */
/*
 * pack.h - records as few bytes, and back. Each block is by itself: what comes before it is not needed.
 *
 * A block is three columns, each behind its length, since like things lie side by side there, which is
 * what compression lives on:
 *
 *     what   for each record its kind, its flags, size and lost records if these are unusual, and its body
 *     who    for each record which of the goroutines (goid, pid, tid) of the block it is of
 *     when   for each record the time since the one before
 *
 * A body is its sites, frames and callers, or, of other kinds, words, each as the difference to that of
 * the record of its kind before it.
 */
#ifndef RECORDING_PACK_H
#define RECORDING_PACK_H

#include "base/hash.h"
#include "gofuncgraph/record.h"
#include "base/bytes.h"

/* Goroutines that are told apart by number; then the numbers begin anew. */
#define PACK_MAX_GOROUTINES 16384
#define PACK_NUM_CALLERS    4096
#define PACK_NUM_WORDS      32
#define PACK_NUM_KINDS      0x80

struct pack_who {
	uint64_t goid;
	uint32_t pid, tid;
};

/* What both sides know of the records so far. */
struct pack_state {
	uint64_t time_ns;
	uint32_t last; /* number of the goroutine of the record before */
	uint32_t num_goroutines;
	struct pack_who goroutines[PACK_MAX_GOROUTINES];
	uint64_t callers[PACK_NUM_CALLERS]; /* the last one, by site */
	uint64_t words[PACK_NUM_KINDS][PACK_NUM_WORDS];
};

/* ---- packing ---- */

struct packer {
	struct pack_state state;
	struct bytes what, who, when;
	uint32_t *numbers; /* goroutines by a hash of who they are: their number and 1, or 0 */
	uint64_t num_records;
	uint64_t first_ns, last_ns; /* of the records */
};

/* NULL: out of memory. */
struct packer *packer_new(void);
void packer_free(struct packer *packer); /* NULL is fine */
void packer_add(struct packer *packer, const struct record *record);
/* Bytes so far. */
size_t packer_size(const struct packer *packer);
/* Appends the block, and begins anew. False: out of memory, now or before; the block is lost. */
bool packer_take(struct packer *packer, struct bytes *block);

/* ---- unpacking ---- */

struct unpacker {
	struct pack_state state;
	struct cursor what, who, when;
	/* Of the record that was read last; as long as its `size` can tell. */
	uint64_t record[(UINT16_MAX + 8) / 8];
};

/* Begins with a block, which stays the caller's. */
void unpacker_start(struct unpacker *unpacker, const void *block, size_t size);
/* Good until the next one is read; valid (record_is_valid()). NULL: there are no more, or what comes is
 * none, unpacker_failed(). */
const struct record *unpacker_next(struct unpacker *unpacker);
bool unpacker_failed(const struct unpacker *unpacker);

#endif
