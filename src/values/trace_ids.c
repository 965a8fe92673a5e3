/* SPDX-License-Identifier: MIT */
#include "values/trace_ids.h"

#include <stdio.h>
#include <string.h>

/* ---- types ---- */

#define OTEL       "go.opentelemetry.io/otel/"
#define DATADOG_V1 "gopkg.in/DataDog/dd-trace-go.v1/ddtrace/tracer."
#define DATADOG_V2 "github.com/DataDog/dd-trace-go/v2/ddtrace/tracer."

/* Contexts that begin with the one that they are made from, by the versions of Go that have them:
 * src/context/context.go, src/os/signal/signal.go. */
static const struct known_context {
	const char *name;
	bool is_pointer; /* what is in the interface */
} known_contexts[] = {
	{"context.valueCtx", true},
	{"context.cancelCtx", true},
	{"context.timerCtx", true},
	{"context.afterFuncCtx", true},
	{"context.stopCtx", true},
	{"context.withoutCancelCtx", false},
	{"os/signal.signalCtx", true},
	/* Of v2.11 and later; it is a span, too: below. */
	{DATADOG_V2 "spanCtx", true},
};

/* Those of Datadog: ddtrace/tracer/span.go, spancontext.go, context.go. */
static const struct known_span {
	const char *name, *field, *has_ids; /* a field of this type, or a pointer to it */
	bool is_pointer; /* what is in the interface */
} known_spans[] = {
	{OTEL "sdk/trace.recordingSpan", "spanContext", OTEL "trace.SpanContext", true},
	{OTEL "sdk/trace.nonRecordingSpan", "sc", OTEL "trace.SpanContext", false},
	{OTEL "trace.nonRecordingSpan", "sc", OTEL "trace.SpanContext", false},
	{OTEL "trace/noop.Span", "sc", OTEL "trace.SpanContext", false},
	{DATADOG_V1 "span", "context", DATADOG_V1 "spanContext", true},
	{DATADOG_V2 "Span", "context", DATADOG_V2 "SpanContext", true},
	{DATADOG_V2 "spanCtx", "snapshot", DATADOG_V2 "SpanContext", true},
};

_Static_assert(sizeof(known_contexts) / sizeof(*known_contexts) <= TRACE_CONTEXTS, "contexts");
_Static_assert(sizeof(known_spans) / sizeof(*known_spans) <= TRACE_SPANS, "spans");

static const struct go_field *find_field(struct go_type *type, const char *name)
{
	if (type->kind != GO_STRUCT || !go_type_complete(type))
		return NULL;
	for (size_t i = 0; i < type->num_fields; i++)
		if (!strcmp(type->fields[i].name, name))
			return &type->fields[i];
	return NULL;
}

static bool begins_with_context(struct go_type *type)
{
	for (int depth = 0; depth < 4 && type->kind == GO_STRUCT; depth++) {
		if (!go_type_complete(type) || !type->num_fields || type->fields[0].offset)
			return false;
		type = type->fields[0].type;
	}
	return type->kind == GO_INTERFACE && go_type_is(type, "context.Context");
}

static void add_context(struct gobin *bin, const struct known_context *known, __u64 *to)
{
	struct gobin_named named;

	if (gobin_type_named(bin, known->name, &named) && begins_with_context(named.type))
		*to = known->is_pointer ? named.pointer_va : named.va;
}

static bool find_ids(struct go_type *type, struct trace_span *to)
{
	const struct go_field *trace = find_field(type, "traceID"),
			      *span = find_field(type, "spanID"), *value;
	uint64_t trace_at;
	struct trace_ids *ids;

	if (!trace || !span)
		return false;
	/* Datadog's from v2.10 on is a struct, which begins with the id. */
	trace_at = trace->offset;
	value = find_field(trace->type, "value");
	if (value) {
		trace_at += value->offset;
		trace = value;
	}
	if (trace->type->size != sizeof(ids->trace_id) ||
	    span->type->size != sizeof(ids->span_id) || trace_at > UINT16_MAX ||
	    span->offset > UINT16_MAX)
		return false;
	to->trace_id_at = (uint16_t)trace_at;
	to->span_id_at = (uint16_t)span->offset;
	to->is_number = span->type->kind == GO_UINT;
	return true;
}

static bool add_span(struct gobin *bin, const struct known_span *known, struct trace_span *to)
{
	const struct go_field *field;
	struct trace_span span = {};
	struct gobin_named named;
	struct go_type *type;

	if (!gobin_type_named(bin, known->name, &named))
		return false;
	field = find_field(named.type, known->field);
	if (!field || field->offset > UINT16_MAX)
		return false;
	type = field->type;
	if (type->kind == GO_POINTER && go_type_complete(type) && type->elem) {
		type = type->elem;
		span.is_pointer = true;
	}
	if (!go_type_is(type, known->has_ids) || !find_ids(type, &span))
		return false;
	span.type = known->is_pointer ? named.pointer_va : named.va;
	span.at = (uint16_t)field->offset;
	*to = span;
	return true;
}

bool trace_types_find(struct gobin *bin, struct trace_types *types)
{
	struct gobin_named named;
	const struct go_field *value;
	bool has_spans = false;

	*types = (struct trace_types){};
	for (size_t i = 0; i < sizeof(known_contexts) / sizeof(*known_contexts); i++)
		add_context(bin, &known_contexts[i], &types->contexts[i]);
	for (size_t i = 0; i < sizeof(known_spans) / sizeof(*known_spans); i++)
		has_spans |= add_span(bin, &known_spans[i], &types->spans[i]);
	types->value_context = types->contexts[0];
	if (!has_spans || !types->value_context ||
	    !gobin_type_named(bin, known_contexts[0].name, &named))
		return false;
	value = find_field(named.type, "val");
	types->value_at = value ? value->offset : 0;
	return value && value->type->kind == GO_INTERFACE && !value->type->has_methods;
}

/* ---- where a call's context is ---- */

static bool is_request(const struct go_type *type)
{
	return type->kind == GO_POINTER && go_type_is(type, "*net/http.Request");
}

/* What leads to the request may be a pointer to a struct that has it. */
static bool find_request(struct typed_value *value)
{
	struct go_type *type = value->type;

	if (is_request(type))
		return true;
	if (type->kind != GO_POINTER || !go_type_complete(type) || !type->elem ||
	    type->elem->kind != GO_STRUCT || !go_type_complete(type->elem))
		return false;
	for (size_t i = 0; i < type->elem->num_fields; i++)
		if (is_request(type->elem->fields[i].type))
			return typed_find_field(value, type->elem->fields[i].name);
	return false;
}

static bool is_context(const struct go_type *type)
{
	return type->kind == GO_INTERFACE && go_type_is(type, "context.Context");
}

static bool is_header(struct go_type *type)
{
	return type->kind == GO_MAP && go_type_is(type, "net/http.Header") &&
	       go_type_complete(type) && type->key && type->elem && type->key->kind == GO_STRING &&
	       type->elem->kind == GO_SLICE;
}

static void find_leads_of_request(const struct typed_value *request, struct trace_leads *leads)
{
	struct typed_value context = *request, header = *request;

	if (!leads->has_context && typed_find_field(&context, "ctx") && is_context(context.type)) {
		leads->context = context;
		leads->has_context = true;
	}
	if (!leads->has_header && typed_find_field(&header, "Header") && is_header(header.type)) {
		leads->header = header;
		leads->has_header = true;
	}
}

bool trace_find_leads(const struct go_signature *signature, struct trace_leads *leads)
{
	*leads = (struct trace_leads){};
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < signature->num_variables; i++) {
			const struct go_variable *variable = &signature->variables[i];
			struct typed_value value = {.type = variable->type, .variable = variable};

			if (variable->is_result || variable->is_hidden)
				continue;
			if (pass && find_request(&value)) {
				find_leads_of_request(&value, leads);
			} else if (!pass && !leads->has_context && is_context(value.type)) {
				leads->context = value;
				leads->has_context = true;
			}
		}
	}
	return leads->has_context || leads->has_header;
}

struct trace_headers trace_headers(enum go_map_layout maps, const struct typed_value *header)
{
	struct typed_map_layout layout = typed_map_layout(maps, header->type);

	return (struct trace_headers){.is_swiss = maps == GO_MAP_SWISS,
				      .keys = layout.keys,
				      .key_stride = layout.key_stride,
				      .elems = layout.elems,
				      .elem_stride = layout.elem_stride,
				      .size = layout.size};
}

/* ---- what was found ---- */

/* Of a context or of a header. */
static bool read_captured(const struct value_list *list, const struct captured *captured,
			  struct captured_trace *trace)
{
	static const struct trace_ids none;

	if (!list || !captured || !list->fetch.has_trace ||
	    captured->states[list->fetch.trace_value] != VALUE_WHOLE ||
	    list->fetch.trace_at + sizeof(*trace) > captured->size)
		return false;
	memcpy(trace, captured->bytes + list->fetch.trace_at, sizeof(*trace));
	/* One that is not valid: W3C Trace Context. */
	return memcmp(trace->ids.trace_id, none.trace_id, sizeof(none.trace_id)) &&
	       memcmp(trace->ids.span_id, none.span_id, sizeof(none.span_id));
}

static bool is_asked_for(const struct value_list *list, const char *key)
{
	for (size_t i = 0; i < list->num_labels; i++)
		if (!strcmp(list->labels[i].spec.label, key))
			return true;
	return false;
}

/* Those that say no more than the ids do are left out. */
static void tell_labels(const struct value_list *list, const struct id_labels *labels,
			struct trace_told *told)
{
	bool is_same_trace = labels->has_trace && !memcmp(labels->ids.trace_id, told->ids.trace_id,
							  sizeof(told->ids.trace_id));
	bool is_same_span = labels->has_span && !memcmp(labels->ids.span_id, told->ids.span_id,
							sizeof(told->ids.span_id));

	for (size_t i = 0; i < ID_LABELS; i++) {
		const struct id_label_found *found = &labels->found[i];

		if (!found->key || (i == ID_LABEL_TRACE && is_same_trace) ||
		    (i == ID_LABEL_SPAN && is_same_span) || is_asked_for(list, found->key))
			continue;
		told->labels[told->num_labels++] = *found;
	}
}

/*
 * A span in the context is the program's own, and all there is to know. So is one in labels that name its trace; a
 * trace alone is less than what the request's header says.
 */
void trace_read(const struct value_list *list, const struct captured *captured,
		struct trace_told *told)
{
	struct captured_trace trace;
	struct id_labels labels;
	bool has_captured = read_captured(list, captured, &trace);

	*told = (struct trace_told){};
	if (has_captured) {
		told->ids = trace.ids;
		told->has_trace = told->has_span = true;
		if (trace.itab)
			return;
	}
	id_labels_read(list, captured, &labels);
	if (labels.has_trace && (labels.has_span || !has_captured)) {
		told->ids = labels.ids;
		told->has_trace = true;
		told->has_span = labels.has_span;
	}
	tell_labels(list, &labels, told);
}

void trace_put_id(const uint8_t *id, size_t size, char to[TRACE_TEXT_SIZE])
{
	for (size_t i = 0; i < size; i++)
		snprintf(to + 2 * i, 3, "%02x", id[i]);
}
