/* SPDX-License-Identifier: MIT */
/*
 * go_value.h - captured bytes as values of Go types (values/typed.h), from the outside in.
 *
 * What was captured is input like any other: states, sizes and lengths may be anything. A value is a type
 * and a place in a piece; `state` says whether its own bytes are there, and each function below what of
 * what it leads to is.
 */
#ifndef VALUES_GO_VALUE_H
#define VALUES_GO_VALUE_H

#include "values/typed.h"
#include "values/value.h"

struct go_value {
	const struct typed_list *typed;
	const struct captured *captured;
	struct go_type *type;
	uint32_t at; /* in the piece's bytes */
	uint8_t piece; /* TYPED_NONE: none */
	uint8_t state; /* enum value_state */
};

/* The list's own, by its number. */
struct go_value go_value_at(const struct typed_list *typed, const struct captured *captured,
			    size_t index);

/* Whether all of its own bytes are there, also of a struct or an array. */
bool go_value_is_there(const struct go_value *value);
/* And all of them are zero. */
bool go_value_is_zero(const struct go_value *value);

/* A number of up to 8 bytes, or another word, from `offset` on in it; 0 if it is not there. */
uint64_t go_value_word(const struct go_value *value, uint64_t offset, size_t size);

/* A number, bool or opaque word as what value_put_word() takes. False: it is none of these. */
bool go_value_is_plain(const struct go_value *value);
void go_value_plain(const struct go_value *value, uint64_t offset, size_t size,
		    struct value_spec *spec, struct value *plain);

/* "(1+2i)", without a NUL; of a GO_COMPLEX that is there. Returns its length. */
#define GO_COMPLEX_SIZE (2 * VALUE_WORD_SIZE + 4)
size_t go_complex_put(const struct go_value *value, char to[GO_COMPLEX_SIZE]);

/* A slice of bytes. */
bool go_type_is_bytes(struct go_type *type);

/* Bytes of a string, or of such a slice, as what value_put_text() takes. */
bool go_value_is_text(const struct go_value *value);
void go_value_text(const struct go_value *value, struct value_spec *spec, struct value *text);

struct go_value go_value_field(const struct go_value *value, const struct go_field *field);
struct go_value go_value_target(const struct go_value *pointer);

/* Of a slice or an array. */
struct go_elements {
	uint8_t state; /* VALUE_TRUNCATED: there are more than `count` */
	uint64_t length; /* as the program has it */
	uint64_t count; /* that can be looked at */
	struct go_value first;
};
struct go_elements go_value_elements(const struct go_value *value);
struct go_value go_element(const struct go_elements *elements, uint64_t index);

/* The value in an interface. False: it is nil, or its type is not known: `*state` says so. */
bool go_value_dynamic(const struct go_value *interface, struct go_value *inner, uint8_t *state);

/* Entries of a map, those whose keys were captured. */
#define GO_MAX_ENTRIES (8 * 2 * TYPED_MAX_GROUPS)
struct go_entries {
	uint8_t state;
	uint64_t length;
	uint64_t present; /* a bit for each that can be looked at */
	struct typed_map_layout layout;
	struct go_value groups[2 * TYPED_MAX_GROUPS]; /* each with what it overflowed into */
};
struct go_entries go_value_entries(const struct go_value *map);
struct go_value go_entry(const struct go_entries *entries, unsigned index, bool is_key);

/* Of a channel. Returns enum value_state. */
uint8_t go_value_channel(const struct go_value *channel, uint64_t *length, uint64_t *capacity);

/* The name of a function value's code; NULL: `*state` says why. Owned by the list's source; may hold anything. */
const char *go_value_function(const struct go_value *value, uint8_t *state);

#endif
