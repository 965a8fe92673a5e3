/* SPDX-License-Identifier: MIT */
/* typed_text_internal.h - values as text, piece by piece. */
#ifndef GOFUNCGRAPH_OUTPUT_TYPED_TEXT_INTERNAL_H
#define GOFUNCGRAPH_OUTPUT_TYPED_TEXT_INTERNAL_H

#include "output/typed_text.h"

/* Values that are shown of one call. */
#define TYPED_TEXT_MAX_VALUES 1000

/* One call, or one value. */
struct text_writing {
	const struct text_sink *to;
	size_t left; /* values that may still be shown */
	unsigned nesting;
	bool is_cut; /* something of them is not shown, as it is not known, or there is too much of it */
};

void typed_put(struct text_writing *writing, const char *text);
void typed_put_escaped(struct text_writing *writing, const char *text);
void typed_put_state(struct text_writing *writing, uint8_t state);
void typed_put_type(struct text_writing *writing, const struct go_type *type);
/* A string, or a slice of bytes. */
void typed_put_text(struct text_writing *writing, const struct go_value *value);
/* False: it is none, or one of the program's own. */
bool typed_put_context(struct text_writing *writing, const struct go_value *value);
/* Any value. `wants_type`: of a struct and the like its type is shown. */
void typed_put_value(struct text_writing *writing, const struct go_value *value, bool wants_type);

#endif
