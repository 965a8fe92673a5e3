/* SPDX-License-Identifier: MIT */
/*
 * types.h - Go's types as data, and a function's variables, wherever they are known from: DWARF, the
 * binary's own type information, tables of the standard library.
 *
 * Types are made when they are asked for first, since one leads to thousands of others, and to itself:
 * each has a kind, a name and a size at once, and what is inside after go_type_complete(). All that is
 * returned by pointer is owned by a struct go_types (types/go_types.h), the gobin's, and lives as long.
 *
 * Where they come from is hostile: names may hold any byte but NUL, sizes, offsets and counts may be
 * anything that is not ruled out here. go_type_complete() has checked that fields lie inside of their
 * struct, one behind the other, and elements inside of their array. A type may be inside of itself: who walks bounds his steps.
 */
#ifndef GOFUNCGRAPH_TYPES_H
#define GOFUNCGRAPH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch/arch.h"
#include "base/error.h"

enum go_kind {
	GO_OPAQUE, /* of which no more is known than its size; up to 8 bytes are shown as a word */
	GO_BOOL,
	GO_INT, /* these four of 1, 2, 4, 8 or 16 bytes, as their kind has it */
	GO_UINT,
	GO_FLOAT,
	GO_COMPLEX,
	GO_STRING, /* pointer, length */
	GO_SLICE, /* pointer to `elem`, length, capacity */
	GO_ARRAY, /* `length` times `elem` */
	GO_STRUCT, /* `fields` */
	GO_POINTER, /* to `elem`; NULL: what it points to is not known */
	GO_UNSAFE_POINTER,
	GO_MAP, /* pointer to the runtime's header, of `key` and `elem`: see enum go_map_layout */
	GO_CHAN, /* pointer to a runtime.hchan, of `elem` */
	GO_FUNC, /* pointer to a closure, whose first word is the code's address */
	GO_INTERFACE, /* word, data word: see has_methods */
};

struct go_type;

struct go_field {
	const char *name; /* "_" of blank ones, never NULL */
	struct go_type *type; /* never NULL */
	uint64_t offset;
	bool is_embedded;
};

struct go_type_source;
struct go_types;

struct go_type {
	uint8_t kind; /* enum go_kind */
	/* The type has a name of its own; "time.Duration" is one, "[]int" is not. */
	bool is_named;
	/* GO_INTERFACE: its first word is an itab's address, of whose second word (+8) is the type's; else
	 * it is the type's itself (src/runtime/runtime2.go: iface, eface). */
	bool has_methods;
	/* GO_UNSAFE_POINTER: it stands for all pointers in code that several types share. */
	bool is_any_pointer;
	const char *
		name; /* as Go writes it, with the package's path: "*net/http.Request"; never NULL */
	uint64_t size; /* bytes */
	/* After go_type_complete(); NULL: unknown. */
	struct go_type *elem, *key;
	uint64_t length;
	struct go_field *fields;
	size_t num_fields;
	/* The rest is for go_types.h and the source. */
	uint8_t state;
	uint8_t align; /* 0: not yet known */
	const struct go_type_source *source;
	struct go_types *types;
	void *context; /* the source's */
	uint64_t id; /* in its source: a place in DWARF, an address */
};

/* Makes known what is inside. False: it is not, and then it is of no use but as bytes. */
bool go_type_complete(struct go_type *type);
/* It was made known, and is. */
bool go_type_is_complete(const struct go_type *type);
/* By its full name, "time.Time". */
static inline bool go_type_is(const struct go_type *type, const char *name)
{
	return !strcmp(type->name, name);
}
/* The size is what a type of this kind has. Nothing is completed. */
bool go_type_has_size(const struct go_type *type);
/* 1, 2, 4 or 8 (src/cmd/compile/internal/types/size.go); completes the type as far as it has to. 0: unknown. */
unsigned go_type_align(struct go_type *type);

/* How the runtime keeps maps. */
enum go_map_layout {
	GO_MAP_BUCKETS, /* up to Go 1.23: src/runtime/map.go, hmap and bmap */
	GO_MAP_SWISS, /* from Go 1.24: src/internal/runtime/maps, Map and groups */
};

/* ---- variables ---- */

enum go_place {
	GO_IN_REGISTER, /* `reg`, as the instruction set numbers it */
	GO_IN_FLOAT_REGISTER, /* no program in the kernel reads it */
	GO_ON_STACK, /* `stack` bytes above the stack pointer at the function's first instruction */
};

/* A part of a value that lies in one place. */
struct go_piece {
	uint32_t offset, size; /* in the value, bytes */
	int32_t stack;
	uint8_t place; /* enum go_place */
	uint8_t reg;
};

struct go_variable {
	const char *name; /* "" or "_": it has none; never NULL */
	struct go_type *type; /* never NULL */
	bool is_result;
	bool is_hidden; /* the compiler's own, such as the dictionary of a generic function */
	bool is_inferred; /* the type is what it can only be, but nothing says so */
	/* The type stands for several, and its own is in this word of struct go_dictionary, from 1; 0: it is its own. */
	uint16_t dictionary_word;
	/* False: where it is cannot be known, and it has no pieces. What has no size has none as well. */
	bool is_placed;
	/* By rising offset; of the bytes between them nothing is known (padding). */
	struct go_piece *pieces;
	size_t num_pieces;
};

/*
 * What a call of a function that several types share the code of knows of its types: words in read-only data, addresses
 * of types among them (src/cmd/compile/internal/noder/reader.go).
 */
struct go_dictionary {
	const struct go_variable
		*variable; /* holds its address; NULL: there is none, or nobody knows where */
	/* Or it holds that of the closure that is called, of which the dictionary's is a word at `closure_at`. */
	bool is_in_closure;
	uint32_t closure_at;
};

/* The piece that this byte of it lies in; NULL: that is not known. */
const struct go_piece *go_variable_piece(const struct go_variable *variable, uint64_t offset);

/*
 * Parameters with a receiver first, then results, both in order. Pieces are those by Go's internal ABI:
 * of parameters at the function's first instruction, of results where it returns to its caller.
 */
struct go_signature {
	struct go_variable *variables;
	size_t num_variables;
	bool lacks_results; /* which those are is not known */
	struct go_dictionary dictionary;
};

/* Whether `type` may be one of those that `shape` stands for: it is laid out the same. Looks into both, as far as is of
 * use. */
bool go_type_has_shape(struct go_type *type, struct go_type *shape);

/*
 * Fills in the pieces of all variables (src/cmd/compile/abi-internal.md). Types that are not known
 * leave themselves and all behind them without a place. `in_registers`: false of assembly (ABI0), and
 * on arm64 before Go 1.18.
 */
struct error *go_signature_place(struct go_types *types, const struct arch *arch, bool in_registers,
				 struct go_signature *signature);

#endif
