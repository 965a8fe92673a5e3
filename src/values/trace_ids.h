/* SPDX-License-Identifier: MIT */
/*
 * trace_ids.h - which trace and span a tree is part of (--trace-ids): the span in the context.Context that
 * its first call was given, of OpenTelemetry or Datadog for Go, what its goroutine's labels say, or the header
 * `traceparent` of the request.
 *
 * Takes a binary and a function's parameters; hands on what the BPF programs look for (bpf/trace.h), and
 * what they found.
 */
#ifndef VALUES_TRACE_IDS_H
#define VALUES_TRACE_IDS_H

#include "values/id_labels.h"
#include "values/typed.h"

/* Operations that lead to a context and to a header, and save them. */
#define TRACE_MAX_OPS 12

/* What leads to the ids, among a call's parameters; their names are NULL. */
struct trace_leads {
	/* A parameter of type context.Context, else that of the request. */
	bool has_context;
	struct typed_value context;
	/* That of an *http.Request, which is a parameter, or a field of what one points to. */
	bool has_header;
	struct typed_value header;
};

/* False: the binary has no spans, or it is not known where its types are; headers are not in there. */
bool trace_types_find(struct gobin *bin, struct trace_types *types);

/* False: the call has neither. */
bool trace_find_leads(const struct go_signature *signature, struct trace_leads *leads);

/* How the header's map is laid out: of what value_list_add_trace() takes. */
struct trace_headers trace_headers(enum go_map_layout maps, const struct typed_value *header);

/* Has them looked at with the list's values. False: where they are, is not known at the site, or there is no room. */
bool value_list_add_trace(struct value_list *list, const struct typed_site *site,
			  const struct trace_leads *leads);

/* What is known of a tree's trace; nothing where `list` or `captured` is NULL. */
struct trace_told {
	struct trace_ids ids; /* 0 where they are not known */
	bool has_trace, has_span; /* no span without its trace */
	/* Besides, labels with ids that a trace cannot be found by, and that are not among those that the user asked
	 * for. They point into what was captured, and to the list. */
	struct id_label_found labels[ID_LABELS];
	size_t num_labels;
};

void trace_read(const struct value_list *list, const struct captured *captured,
		struct trace_told *told);
/* In hexadecimal digits, with a NUL. */
#define TRACE_TEXT_SIZE (2 * sizeof(((struct trace_ids *)0)->trace_id) + 1)
void trace_put_id(const uint8_t *id, size_t size, char to[TRACE_TEXT_SIZE]);

#endif
