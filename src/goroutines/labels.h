/* SPDX-License-Identifier: MIT */
/*
 * labels.h - what a program says of its goroutines: the labels of runtime/pprof (Do(), SetGoroutineLabels()),
 * out of its memory. g.labels points to a labelMap (src/runtime/pprof/label.go): a slice of keys and values,
 * before Go 1.24 a map (src/runtime/map.go). Neither is changed once a goroutine has it.
 */
#ifndef GOROUTINES_LABELS_H
#define GOROUTINES_LABELS_H

#include "base/hash.h"
#include "gofuncgraph/gobin.h"
#include "goroutines/memory.h"

/* Of more labels, and of longer texts, the rest is left out. */
#define LABELS_MAX      16
#define LABELS_MAX_TEXT 256

/* Hostile texts that may hold any byte. */
struct label {
	const char *key, *value;
	size_t key_len, value_len;
};

/* Labels by rising key. Two goroutines that have the same labels have the same set. */
struct label_set {
	struct hash_key key;
	size_t count; /* not 0 */
	bool is_cut; /* something was left out */
	struct label items[];
};

/* All zero: none. */
struct label_sets {
	struct hash sets;
	size_t bytes; /* of all of them */
};

/* Those of the goroutine g, whose g.labels was `at`; good until they are released. NULL: it has none, or others by
 * now, or they cannot be read. */
const struct label_set *label_sets_read(struct label_sets *sets, const struct memory *memory,
					const struct gobin_layout *layout, uint64_t g, uint64_t at);
void label_sets_release(struct label_sets *sets);

#endif
