/* SPDX-License-Identifier: MIT */
/* go_value_internal.h - inside the room: values, and the captured pieces that they lie in, and lead to. */
#ifndef VALUES_GO_VALUE_INTERNAL_H
#define VALUES_GO_VALUE_INTERNAL_H

#include "values/go_value.h"

#define WORD 8

/* The bytes that there are of a piece. NULL: `*state` says why. */
const uint8_t *go_piece_bytes(const struct typed_list *typed, const struct captured *captured,
			      uint8_t index, size_t *size, uint8_t *state);
/* The value's own bytes, all of them. NULL: `*state` says why. */
const uint8_t *go_own_bytes(const struct go_value *value, uint8_t *state);

/* What was captured of where the words at `at` in a piece lead; TYPED_NONE: nothing. */
uint8_t go_find_piece(const struct go_value *from, uint8_t parent, uint32_t at,
		      enum typed_role role);
/* Of where the value's own words lead. */
uint8_t go_find_lead(const struct go_value *value, enum typed_role role);
/* Its bytes. NULL: `*state` says why. */
const uint8_t *go_lead_bytes(const struct go_value *value, enum typed_role role, size_t *size,
			     uint8_t *state);

/* The value's, which the call's dictionary may tell. */
struct go_type *go_own_type(const struct typed_list *typed, const struct captured *captured,
			    const struct typed_value *value);

/* A value at `at` in a piece, TYPED_NONE: of which nothing is known. */
struct go_value go_make(const struct go_value *from, struct go_type *type, uint8_t piece,
			uint64_t at);
/* One that is not there. */
struct go_value go_without(const struct go_value *from, struct go_type *type, uint8_t state);

#endif
