/* SPDX-License-Identifier: MIT */
/*
 * pprof_file.h - a profile as `go tool pprof` reads it: Protocol Buffers, compressed by gzip. Members and
 * their numbers: proto/profile.proto of github.com/google/pprof.
 *
 * A sample has two values, a count and nanoseconds, and may have a label `state`, what these were spent on.
 */
#ifndef GOFUNCGRAPH_OUTPUT_PPROF_FILE_H
#define GOFUNCGRAPH_OUTPUT_PPROF_FILE_H

#include "base/bytes.h"
#include "base/numbers.h"
#include "output/format.h"

/* All zero at first. What cannot be added for want of memory sets all.failed. */
struct pprof_file {
	struct numbers strings, functions, locations;
	struct bytes all; /* what is written at the end */
	struct bytes stack; /* of the sample that comes next */
	/* Empty in between. */
	struct bytes message, inner, innermost;
};

struct pprof_frame {
	const char *function;
	const char *file; /* NULL: unknown */
	unsigned line; /* 0: unknown */
};

/* `counted`: what the count is of, "calls". */
void pprof_begin(struct pprof_file *file, const char *counted);

/* One more frame of the stack of the next sample, the innermost first. Frames of one `key` are the same. */
void pprof_put_frame(struct pprof_file *file, struct hash_key key, const struct pprof_frame *frame);
struct pprof_labels {
	const char *state; /* NULL: none */
	uint64_t goid; /* 0: none */
};
void pprof_put_sample(struct pprof_file *file, uint64_t count, uint64_t ns,
		      const struct pprof_labels *labels);

/* Writes all of it. */
void pprof_end(struct pprof_file *file, struct output *out, const struct output_totals *totals);
void pprof_destroy(struct pprof_file *file);

#endif
