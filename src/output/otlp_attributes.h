/* SPDX-License-Identifier: MIT */
/*
 * otlp_attributes.h - what is known of calls and waits as attributes: by OpenTelemetry's semantic conventions
 * (opentelemetry.io/docs/specs/semconv/code) where those have a name for it, else as "gofuncgraph." and the name
 * in JSON.
 */
#ifndef GOFUNCGRAPH_OUTPUT_OTLP_ATTRIBUTES_H
#define GOFUNCGRAPH_OUTPUT_OTLP_ATTRIBUTES_H

#include "output/otlp_spans.h"

/* `places`: of what was written before, as free() takes it. */
void otlp_put_call(struct output *out, struct hash *places, struct bytes *span,
		   const struct tree *tree, const struct call *call);
/* What it was called with, and what it returned; labels of a tree's first call. */
void otlp_put_values(struct output *out, struct bytes *span, const struct call *call);
void otlp_put_behind(struct bytes *span, const struct otlp_count *behind);

/* "chan receive", "runnable". */
const char *otlp_wait_name(struct output *out, const struct wait *wait);
void otlp_put_wait(struct output *out, struct bytes *event, const struct wait *wait);

#endif
