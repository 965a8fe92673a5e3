/* SPDX-License-Identifier: MIT */
/*
 * pattern.h - patterns prepared once and tried on many names.
 *
 * Names are given in both spellings: as they stand in the binary, and as users type them (see
 * name_as_typed()).
 */
#ifndef PROBE_PATTERN_H
#define PROBE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct pattern {
	const char *text; /* without the '!' and the list of values; not owned, or `owned` */
	char *owned;
	const char *whole; /* as the user wrote it; not owned */
	size_t values_begin; /* of the list of values in that (values/list.h); 0: there is none */
	size_t values; /* set by the user of this struct: number plus one of that list */
	bool negated; /* "!GLOB" */
	bool is_literal; /* holds no wildcard */
	bool names_vendor; /* holds "vendor/" */
	bool literally; /* set by the user of this struct: wildcards stand for themselves */
	size_t num_matches; /* kept by the user of this struct */
	size_t num_vendored; /* the same: matches left out since they are vendored */
	struct token *glob; /* '[' taken as a wildcard; owned */
	struct token *generic; /* '[' taken as itself; owned, NULL when there is none */
};

struct error *pattern_prepare(const char *text, struct pattern *pattern);
void pattern_release(struct pattern *pattern);

/* `typed` may be the same pointer as `name`. */
bool pattern_is_name(const struct pattern *pattern, const char *name, const char *typed);
bool pattern_try(const struct pattern *pattern, const char *name, const char *typed);

/*
 * The next run of bytes that every name which a wildcard matches holds as it stands, in one of its
 * spellings. `*at` is 0 at first. Copies it into `fragment`, which has room for the pattern's text,
 * without a NUL. Returns its length; 0: there is no more, or the pattern is a literal.
 */
size_t pattern_next_fragment(const struct pattern *pattern, size_t *at, char *fragment);

/*
 * The name without ".abi0" at its end and with the "%2e" and other such escapes of the linker
 * (cmd/internal/objabi/path.go, PathToPrefix) undone. Returns `name` itself when that is the same,
 * else `*buffer`, which is grown as needed and which the caller frees. NULL: out of memory.
 */
const char *name_as_typed(const char *name, char **buffer, size_t *capacity);

/* True when a path element of the name's package path is "vendor". */
bool name_is_vendored(const char *name);

#endif
