/* SPDX-License-Identifier: MIT */
/*
 * otlp_spans.h - trees as spans of OpenTelemetry (trace.proto of github.com/open-telemetry/opentelemetry-proto): a
 * tree is a trace, a call a span, a wait an event of it.
 *
 * A tree whose first call carries a span of the program's own (values/trace_ids.h) is a child of that, in its trace. A
 * tree of a followed goroutine belongs to the trace of the call that started it, as its child, and has a link
 * to it. A call that another goroutine woke has a link to the tree that that one was in then, where one is known.
 */
#ifndef GOFUNCGRAPH_OUTPUT_OTLP_SPANS_H
#define GOFUNCGRAPH_OUTPUT_OTLP_SPANS_H

#include "otlp/exporter.h"
#include "output/format.h"

/* Goroutines whose trees are remembered for links: the last ones, by chance. */
#define OTLP_WAKERS 16384

struct otlp_id {
	uint64_t trace[2], span;
};

/* The tree that a goroutine is in, or was in last. */
struct otlp_waker {
	uint64_t goid, tree;
	struct otlp_id id; /* of its first call */
	uint64_t start_ns, end_ns; /* by the clock of records; end_ns 0: it is open */
	uint32_t pid;
};

struct otlp_spans {
	uint64_t seeds[3]; /* by chance: ids of spans and traces follow from them */
	struct otlp_waker *wakers;
	struct hash places; /* attributes of functions and callers, as they were written before */
	/* Of what is written; empty in between. */
	struct bytes span, inner, load;
	struct otlp_load *first, *last; /* `last` gets what is in `load` */
	struct otlp_resource *resource;
	bool failed; /* out of memory */
};

/* Places whose attributes are kept; beyond that they are written anew. */
#define OTLP_MAX_PLACES 65536

/* Error: out of memory. */
struct error *otlp_spans_begin(struct otlp_spans *spans);
void otlp_spans_destroy(struct otlp_spans *spans);

/* A tree has begun with this call. */
void otlp_spans_note_begin(struct otlp_spans *spans, const struct output *out,
			   const struct tree *tree, const struct call *call);

/* Calls that end in this tree, or part of one, and in those of goroutines that it started. */
uint64_t otlp_spans_count(const struct tree *tree);

/* Those as loads of one resource, which the caller owns; NULL: there are none. The root's span tells of `behind`,
 * what stayed behind since the last tree that went, which is none then. False: out of memory, and there are no loads. */
bool otlp_spans_of(struct otlp_spans *spans, struct output *out, const struct tree *tree,
		   struct otlp_resource *resource, struct otlp_count *behind,
		   struct otlp_load **loads);

#endif
