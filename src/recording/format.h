/* SPDX-License-Identifier: MIT */
/*
 * format.h - what a recording is as bytes: a header, then blocks, only ever added at the end.
 *
 * Numbers of fixed size are little-endian. Each block has its own checksums and is compressed by itself
 * (zstd), so that a file that ends in the middle of one is whole up to there, and one that was damaged is
 * left out. Blocks come in the order in which they are to be read: what a block of records needs is
 * before it.
 *
 * A newer version reads what an older one wrote: it adds kinds of blocks, and members at the end of
 * what blocks are made of, which are 0 or empty where they are missing. What an older version cannot
 * read raises `version`.
 */
#ifndef RECORDING_FORMAT_H
#define RECORDING_FORMAT_H

#include <stdint.h>

#define RECORDING_MAGIC   "gofgrec\n"
#define RECORDING_VERSION 1

struct recording_header {
	char magic[8];
	uint32_t version;
	uint32_t unused;
};

#define BLOCK_MAGIC 0x6b6c4267 /* "gBlk" */

struct block_header {
	uint32_t magic;
	uint32_t kind; /* enum block_kind */
	uint32_t stored_size; /* bytes that follow */
	uint32_t size; /* of those, uncompressed; at most BLOCK_MAX_SIZE */
	uint64_t time_ns; /* of the first record in it, by their clock; else 0 */
	uint32_t crc; /* crc32 of the bytes that follow */
	uint32_t header_crc; /* of the members above */
};

#define BLOCK_MAX_SIZE (64u << 20)

/* What is in a block, by bytes.h. */
enum block_kind {
	/* Which binary, with which options; its sites: about.h. Once at the
	 * beginning, and again when the binary was overwritten: all but BLOCK_CLOCK begins anew. */
	BLOCK_ABOUT = 1,
	BLOCK_NAMES, /* functions and lines: notes.h */
	BLOCK_RECORDS, /* pack.h */
	/* The rest is told when it changes: */
	BLOCK_HIT_TIMES, /* by site, struct hit_time: so many equal ones, before_ns, behind_ns */
	BLOCK_CLOCK, /* struct event_clock_step: their number, since_ns and offset_ns of each */
	BLOCK_PROCESS, /* pid, is_cut, arguments: struct command_line */
	BLOCK_SEVERAL, /* nothing: there are several processes from here on */
	BLOCK_FORGOTTEN, /* nothing: there were records before the next ones, which were not kept */
	BLOCK_END, /* recording was ended: how many blocks are before it */
	/* What the values in records are: value_notes.h. Like BLOCK_NAMES, before the records it is for. */
	BLOCK_VALUES,
	BLOCK_GOROUTINES, /* what they do of a process: goroutines.h. There is nothing else then */
	BLOCK_SHARE_OF_EXACT, /* of hunt: a double, see struct hunt_report; told when it changes */
	/* pack.h: those of the block of records before this one that hold on (lasting.h), for who leaves that
	 * out, or has it no more. Where recording_about.has_lasting is set, all there are are told so. */
	BLOCK_LASTING,
	/* The same, of kinds of which the newest says all: one of each that was told so far. Such a block takes
	 * the place of those before it. */
	BLOCK_NEWEST,
};

#endif
