/* SPDX-License-Identifier: MIT */
/* values_text.h - what stands between the brackets of a call, "a=7, name=\"x\"", and of its results, " = (q=3)". */
#ifndef GOFUNCGRAPH_OUTPUT_VALUES_TEXT_H
#define GOFUNCGRAPH_OUTPUT_VALUES_TEXT_H

#include "base/bytes.h"
#include "output/format.h"
#include "output/line.h"
#include "values/value.h"

/* What these values are; NULL: there are none. */
static inline const struct value_list *output_values(const struct output *out,
						     const struct captured *captured)
{
	return value_list_of(out->options.values, captured);
}

/* Nothing for a call without values; "..." where there was no room to keep them. */
void writer_put_values(struct output *out, const struct call *call);
/* Nothing for a call without results. */
void writer_put_results(struct output *out, const struct call *call);

/* The same, with at most `max_text` bytes of each text. */
void line_put_values(struct line *line, const struct output *out, const struct call *call,
		     size_t max_text);
/* Of a tree's first call: " [user=\"anna\"]", nothing where its goroutine has none of the labels. */
void writer_put_labels(struct output *out, const struct call *call);
void line_put_labels(struct line *line, const struct output *out, const struct call *call,
		     size_t max_text);
void line_put_results(struct line *line, const struct output *out, const struct call *call,
		      size_t max_text);

/* "a=7, name=\"x\" [user=\"anna\"]", and "q=3"; nothing where there are none. */
void bytes_put_arguments(struct bytes *bytes, const struct output *out, const struct call *call);
void bytes_put_results(struct bytes *bytes, const struct output *out, const struct call *call);

/* All of them: "(a=7) = (q=3) [user=\"anna\"]"; nothing where there are none. */
void bytes_put_values(struct bytes *bytes, const struct output *out, const struct call *call);

#endif
