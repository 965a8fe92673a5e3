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

/* A reflect.Kind, as src/internal/abi/type.go numbers them. GO_OPAQUE: there is none. */
enum go_kind go_kind_by_number(uint64_t number);

struct go_types *go_types_new(void); /* NULL: out of memory */
void go_types_free(struct go_types *types); /* NULL is fine */

/*
 * The type of this source and id. `*is_new`: it was made just now, GO_OPAQUE and with no more than that
 * set; the source sets kind, name, size. NULL: out of memory, or there are too many.
 */
struct go_type *go_types_get(struct go_types *types, const struct go_type_source *source,
			     void *context, uint64_t id, bool *is_new);

/* Where somebody says that a parameter is at the function's first instruction. */
#define GO_MAX_PIECES 48
struct go_hint {
	enum { GO_HINT_NONE, GO_HINT_REGISTERS, GO_HINT_STACK } kind;
	int32_t stack; /* see struct go_piece; or where it is kept later on */
	uint8_t num_registers;
	uint8_t registers
		[GO_MAX_PIECES]; /* in order; of floating-point numbers with GO_HINT_FLOAT */
};
#define GO_HINT_FLOAT 0x80

/*
 * The same as go_signature_place(), checked against hints: one a variable. What they contradict has no place.
 * `is_complete`: no parameter is missing; else only those have places of which there is a hint.
 */
struct error *go_signature_place_by(struct go_types *types, const struct arch *arch,
				    bool in_registers, struct go_signature *signature,
				    const struct go_hint *hints, bool is_complete);

/* How many are known inside by now: go_type_is_complete(). */
size_t go_types_num_complete(const struct go_types *types);

/* Memory that lives as long, zeros. NULL: out of memory, or there is too much of it. */
void *go_types_alloc(struct go_types *types, size_t size);
/* NULL: the same. */
const char *go_types_text(struct go_types *types, const char *text);

#endif
