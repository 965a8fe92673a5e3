/* SPDX-License-Identifier: MIT */
/* typed_internal.h - inside the room: a list's pieces, while it is made. */
#ifndef VALUES_TYPED_INTERNAL_H
#define VALUES_TYPED_INTERNAL_H

#include "values/typed.h"

struct building {
	struct typed_list *typed;
	const struct value_limits *limits;
	size_t num_bytes, num_ops;
	size_t steps;
	size_t looked_at; /* bytes of the piece that is looked into: what they lead to has been added */
	size_t max_ops;
	bool adds_texts; /* and nothing else; or all but those */
};

/* TYPED_NONE: there is no room. */
uint8_t typed_add_piece(struct building *building, const struct typed_piece *piece);
/* To so many bytes. False: it is no smaller, or there is no room. */
bool typed_grow_piece(struct building *building, struct typed_piece *piece, uint64_t size);

/* A place in a piece that leads elsewhere. */
struct typed_lead {
	struct go_type *type;
	uint8_t parent, depth;
	uint16_t at;
};

static inline uint16_t typed_limit(uint64_t size, uint64_t max)
{
	return (uint16_t)(size < max ? size : max);
}

/* False: it is not wanted now, or there is no room. */
bool typed_add_lead(struct building *building, const struct typed_lead *lead, enum typed_role role,
		    struct go_type *type, uint64_t size, bool is_text);

/* Of values that are no texts, so many bytes. */
uint64_t typed_struct_limit(const struct building *building);

/* Adds what the pieces from `begin` on lead to, and what those lead to, level by level, texts first. */
void typed_add_leads(struct building *building, size_t begin);
/* Adds what these pieces lead to, texts first. */
void typed_look_into_pieces(struct building *building, size_t begin, size_t end);
/* The same of the value at a place of a piece, whose bytes end at `end`. */
void typed_look_into(struct building *building, struct typed_lead lead, size_t end);
/* The same of a map's header, and of a piece with groups of its entries. */
void typed_look_into_map(struct building *building, uint8_t index);
void typed_look_into_groups(struct building *building, uint8_t index);

/* And then what there is room for of maps that are larger. */
void typed_add_more_of_maps(struct building *building);

#endif
