/* SPDX-License-Identifier: MIT */
/*
 * go_types.h - where types live (gofuncgraph/types.h), for those who make them.
 *
 * A source makes types by an id of its own: go_types_get() finds the one that was made before. It hands
 * out a type with kind, name and size, and fills in the rest when asked to.
 */
#ifndef TYPES_GO_TYPES_H
#define TYPES_GO_TYPES_H

#include "gofuncgraph/types.h"

struct go_type_source {
	/* Fills in elem, key, length, fields. False: that cannot be known. What it fills in is checked
	 * by go_type_complete(). */
	bool (*complete)(struct go_types *types, void *context, struct go_type *type);
};

struct go_types *go_types_new(void); /* NULL: out of memory */
void go_types_free(struct go_types *types); /* NULL is fine */

/*
 * The type of this source and id. `*is_new`: it was made just now, GO_OPAQUE and with no more than that
 * set; the source sets kind, name, size. NULL: out of memory, or there are too many.
 */
struct go_type *go_types_get(struct go_types *types, const struct go_type_source *source,
			     void *context, uint64_t id, bool *is_new);

/* The size is what a type of this kind has. Nothing is completed. */
bool go_type_has_size(const struct go_type *type);

/* Memory that lives as long, zeros. NULL: out of memory, or there is too much of it. */
void *go_types_alloc(struct go_types *types, size_t size);
/* NULL: the same. */
const char *go_types_text(struct go_types *types, const char *text);

#endif
