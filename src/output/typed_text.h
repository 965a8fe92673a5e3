/* SPDX-License-Identifier: MIT */
/* typed_text.h - values by name and Go type as text, much as Go writes them in its own source. */
#ifndef GOFUNCGRAPH_OUTPUT_TYPED_TEXT_H
#define GOFUNCGRAPH_OUTPUT_TYPED_TEXT_H

#include "values/go_value.h"

/* Where text goes. */
struct text_sink {
	void (*put)(void *context, const char *text, size_t size);
	void *context;
	size_t max_text; /* bytes of each text that are shown */
};

/* "a = 7, b = &main.point{X: 1}" */
void typed_text_put(const struct text_sink *to, const struct typed_list *typed,
		    const struct captured *captured);

/* One value, without a name. False: something of it is not shown. */
bool typed_text_put_one(const struct text_sink *to, const struct go_value *value);

/* "*http.Request" of "*net/http.Request": escaped, the caller frees it. NULL: out of memory. */
char *typed_text_type(const struct go_type *type);

#endif
