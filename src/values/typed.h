/* SPDX-License-Identifier: MIT */
/*
 * typed.h - values by name and Go type: what of them is captured, as a list that the BPF programs follow
 * (gofuncgraph/values.h). How the captured bytes are read: values/go_value.h.
 *
 * A value is captured in pieces: its own bytes, and what the pointers in those lead to, level by level, as
 * far as depth, sizes and the room of a record allow. What is not captured is shown as such.
 */
#ifndef VALUES_TYPED_H
#define VALUES_TYPED_H

#include "gofuncgraph/gobin.h"
#include "values/list.h"
#include "values/wanted.h"

/* What a piece holds of what is at its parent's bytes. */
enum typed_role {
	TYPED_ROOT, /* the value itself */
	TYPED_TARGET, /* what a pointer points to */
	TYPED_TEXT, /* a string's bytes */
	TYPED_ELEMENTS, /* a slice's first elements */
	TYPED_CHAN, /* the first two words of a runtime.hchan: length, capacity */
	TYPED_CODE, /* a function value's code address */
	TYPED_ITAB_TYPE, /* of an interface with methods: the address of its value's type */
	TYPED_DATA, /* what an interface's data word points to */
	TYPED_DATA_TEXT, /* the bytes of a string that that begins with, if it does */
	TYPED_MAP, /* a map's header */
	TYPED_GROUP, /* its first bucket, or group */
	TYPED_MORE_GROUPS, /* those behind it, as far as there is room */
	TYPED_DICTIONARY, /* the address of struct go_dictionary */
	TYPED_OVERFLOW, /* the bucket that one was too small for, in which a word leads to it */
};

#define TYPED_NONE 0xff

struct typed_piece {
	struct go_type *type; /* of what is there; of TYPED_ELEMENTS, of each */
	uint8_t role; /* enum typed_role */
	uint8_t parent; /* TYPED_NONE: TYPED_ROOT */
	uint8_t depth; /* pointers that were followed up to it */
	bool is_text; /* the slot is a struct captured_text */
	uint16_t parent_at; /* where in the parent's bytes the words are that lead here */
	uint16_t at; /* its slot in captured.bytes */
	uint16_t size; /* bytes that there is room for */
};

struct typed_value {
	char *name;
	struct go_type *type;
	uint8_t piece; /* TYPED_NONE: nothing of it can be known there */
	/* Where the variable is that it is in (not owned), or that leads to it. */
	const struct go_variable *variable;
	uint32_t offset; /* in the variable, without loads */
	uint8_t num_loads; /* pointers on the way: words are loaded at these offsets, the last is its own */
	uint32_t loads[VALUE_MAX_DEPTH];
};

/* What addresses in captured values lead to, as va of the probed file. NULL and from each: unknown. */
struct typed_source {
	void *context; /* not owned */
	struct go_type *(*type_at)(void *context, uint64_t va); /* the runtime's type there */
	/* The same, or the type of the value that an itab there is for. */
	struct go_type *(*interface_type)(void *context, uint64_t va);
	const char *(*function)(void *context,
				uint64_t va); /* the name of the one whose code is there */
	/* The type whose address is in a dictionary there, if it has that shape. */
	struct go_type *(*type_in)(void *context, uint64_t va, struct go_type *shape);
};

/* The binary must outlive it; NULL: nothing is known. */
struct typed_source typed_source_gobin(struct gobin *bin);

struct typed_list {
	struct typed_value *values;
	size_t num_values;
	struct typed_piece pieces[VALUES_MAX];
	size_t num_pieces;
	/* What leads to the address of the function's dictionary, and its piece, if a value's type is in that, or a
	 * result's; it has no name. TYPED_NONE: there is none, or nothing is known of it. Of results, nothing leads
	 * there (its variable is NULL): it comes from the call's entry, see values/go_dictionary.h. */
	struct typed_value dictionary;
	uint32_t changed_registers; /* see struct typed_site */
	bool is_repeated;
	enum go_map_layout maps;
	struct typed_source source; /* of types of interfaces, and of functions */
};

/* What may have changed at the site since the function's first instruction: see struct decoded. */
struct typed_site {
	uint32_t changed_registers;
	bool is_repeated;
	uint8_t other_ops; /* that are to come behind those of the values, and of labels */
	struct go_dictionary dictionary; /* of the function */
	bool is_for_results; /* the dictionary is wanted, whether or not types of these values are in it */
	bool is_return; /* nothing leads to the dictionary any more */
};

/*
 * The value that a path names, "r.URL.Path": a variable, and fields of structs, also behind pointers. Of
 * parameters, or of results: "r0" is the first one, where they have no names. Its name is the path, a copy.
 * False: there is no such variable (`*has_variable`) or field, or out of memory.
 */
bool typed_find(const struct go_signature *signature, bool results, const char *path,
		struct typed_value *value, bool *has_variable);
/* Why it leads nowhere, of parameters, and of results, too: a part of a sentence, which names what there is instead. The
 * caller frees it. NULL: out of memory. */
char *typed_explain(const struct go_signature *signature, const char *function, bool results,
		    const char *path);
/* The same of a value that is a variable as a whole, and the path behind its name: ".URL.Path". */
bool typed_find_inside(struct typed_value *value, const char *path);
/* What the value is then that this field of it is, as Go has it; names as in a path. */
bool typed_find_field(struct typed_value *value, const char *name);
void typed_values_free(struct typed_value *values, size_t num_values);

/* Who takes operations that lead to one value, at a site; `add`: false: there is no room. */
struct typed_ops {
	bool (*add)(void *context, struct fetch_op op);
	void *context;
	const struct typed_site *site;
};
/* Hands them on: its word is in use then, of up to 8 bytes; with a size of 16 also its second one, as the length.
 * False: they do not lead there, and what was added is of no use. */
bool typed_fetch(const struct typed_value *value, uint16_t size, const struct typed_ops *ops);

/* The list of these values: takes over `values`, and their names. */
struct error *typed_list_make(struct typed_value *values, size_t num_values, struct gobin *bin,
			      const struct typed_site *site, const struct value_limits *limits,
			      struct value_list *list);
void typed_list_free(struct typed_list *typed); /* NULL is fine */

/* Not only labels, or what its results' types are told by. */
static inline bool value_list_has_values(const struct value_list *list)
{
	return list->count || (list->typed && list->typed->num_values);
}

/* Nothing says that it is of its type: see values/inferred.h. */
static inline bool typed_is_inferred(const struct typed_value *value)
{
	return value->variable && value->variable->is_inferred && value->type->kind == GO_STRING;
}

/* Whether these bytes of a TYPED_ROOT are known at the site. */
bool typed_is_known(const struct typed_list *typed, const struct typed_value *value,
		    uint64_t offset, uint64_t size);

/* Which pieces are not known where these registers are lost, a bit each: with all that they lead to. */
uint64_t typed_lost(const struct typed_list *typed, uint32_t registers);

/* Where the eight entries of a map's bucket or group are, in bytes. All zero: unknown. */
struct typed_map_layout {
	uint64_t keys, key_stride, elems, elem_stride;
	uint64_t size;
	/* From one of them to the next. Larger than `size`: behind the entries is a pointer to a bucket with more. */
	uint64_t stride;
};
struct typed_map_layout typed_map_layout(enum go_map_layout maps, const struct go_type *map);
#define TYPED_MAX_GROUPS 4 /* that are looked at, each with one that it overflowed into */
#define TYPED_MAX_IN_MAP                                                                           \
	128 /* what is longer is behind a pointer there: src/internal/abi/map*.go */

/* Of a map's header: its beginning, and in it the pointer to buckets, groups or tables; and how many tables
 * there are in one with GO_MAP_SWISS, 0: dirPtr is a group. */
#define TYPED_MAP_SIZE      32
#define TYPED_MAP_GROUPS_AT 16

/* ---- inside the room: slots and operations for the pieces ---- */

/* What is left is for labels of goroutines, and for a context (values/trace_ids.h). */
#define TYPED_MAX_BYTES  (VALUES_LARGE_MAX_AT - 512)
#define TYPED_MAX_OPS    (VALUES_MAX_OPS - 2 * MAX_TOLD_LABELS)
#define TYPED_MAX_PIECES (VALUES_MAX - MAX_TOLD_LABELS - 3)
size_t typed_slot_size(const struct typed_list *typed, const struct typed_piece *piece);
size_t typed_num_ops(const struct typed_list *typed, const struct typed_piece *piece);
bool typed_is_some_known(const struct typed_list *typed, const struct typed_value *value);
void typed_place(struct value_list *list);

#endif
