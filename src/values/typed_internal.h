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

/* Of values that are no texts, so many bytes. */
uint64_t typed_struct_limit(const struct building *building);

/* Adds what the pieces from `begin` on lead to, and what those lead to, level by level, texts first. */
void typed_add_leads(struct building *building, size_t begin);
/* And then what there is room for of maps that are larger. */
void typed_add_more_of_maps(struct building *building);

#endif
