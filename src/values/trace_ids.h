/* SPDX-License-Identifier: MIT */
/*
 * trace_ids.h - which trace and span a tree is part of (--trace-ids): the span in the context.Context that
 * its first call was given, of OpenTelemetry for Go.
 *
 * Takes a binary and a function's parameters; hands on what the BPF programs look for (bpf/trace.h), and
 * what they found.
 */
#ifndef VALUES_TRACE_IDS_H
#define VALUES_TRACE_IDS_H

#include "values/typed.h"

/* Operations that lead to a context, and save it. */
#define TRACE_MAX_OPS 6

/* False: the binary has no spans, or it is not known where its types are. */
bool trace_types_find(struct gobin *bin, struct trace_types *types);

/*
 * The context of a call: a parameter of type context.Context, else that of an *http.Request, which is a
 * parameter, or a field of what one points to. Its name is NULL. False: there is none.
 */
bool trace_find_context(const struct go_signature *signature, struct typed_value *context);

/* Has it looked at with the list's values. False: where it is, is not known at the site, or there is no room. */
bool value_list_add_trace(struct value_list *list, const struct typed_site *site,
			  const struct typed_value *context);

/* What was found. False: nothing; also where `list` and `captured` are NULL. */
bool trace_ids_read(const struct value_list *list, const struct captured *captured,
		    struct trace_ids *ids);
/* In hexadecimal digits, with a NUL. */
#define TRACE_TEXT_SIZE (2 * sizeof(((struct trace_ids *)0)->trace_id) + 1)
void trace_put_id(const uint8_t *id, size_t size, char to[TRACE_TEXT_SIZE]);

#endif
