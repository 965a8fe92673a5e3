/* SPDX-License-Identifier: MIT */
#include "values/trace_ids.h"

#include <stdio.h>
#include <string.h>

/* ---- types ---- */

/* Contexts that begin with the one that they are made from, by the versions of Go that have them:
 * src/context/context.go, src/os/signal/signal.go. */
static const struct known_context {
	const char *name;
	bool is_pointer; /* what is in the interface */
} known_contexts[] = {
	{"context.valueCtx", true},    {"context.cancelCtx", true},
	{"context.timerCtx", true},    {"context.afterFuncCtx", true},
	{"context.stopCtx", true},     {"context.withoutCancelCtx", false},
	{"os/signal.signalCtx", true},
};

static const struct known_span {
	const char *name, *field; /* a SpanContext */
	bool is_pointer;
} known_spans[] = {
	{"go.opentelemetry.io/otel/sdk/trace.recordingSpan", "spanContext", true},
	{"go.opentelemetry.io/otel/sdk/trace.nonRecordingSpan", "sc", false},
	{"go.opentelemetry.io/otel/trace.nonRecordingSpan", "sc", false},
	{"go.opentelemetry.io/otel/trace/noop.Span", "sc", false},
};

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

/* Of a SpanContext, which must have the ids one behind the other. */
static bool has_ids(struct go_type *type, uint64_t *at)
{
	const struct go_field *trace = find_field(type, "traceID"),
			      *span = find_field(type, "spanID");
	struct trace_ids *ids;

	if (!trace || !span || trace->type->size != sizeof(ids->trace_id) ||
	    span->type->size != sizeof(ids->span_id) ||
	    span->offset != trace->offset + sizeof(ids->trace_id))
		return false;
	*at = trace->offset;
	return true;
}

static bool add_span(struct gobin *bin, const struct known_span *known, struct trace_span *to)
{
	const struct go_field *field;
	struct gobin_named named;
	uint64_t at;

	if (!gobin_type_named(bin, known->name, &named))
		return false;
	field = find_field(named.type, known->field);
	if (!field || !go_type_is(field->type, "go.opentelemetry.io/otel/trace.SpanContext") ||
	    !has_ids(field->type, &at))
		return false;
	to->type = known->is_pointer ? named.pointer_va : named.va;
	to->ids_at = field->offset + at;
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

bool trace_ids_read(const struct value_list *list, const struct captured *captured,
		    struct trace_ids *ids)
{
	static const struct trace_ids none;

	if (!list || !captured || !list->fetch.has_trace ||
	    captured->states[list->fetch.trace_value] != VALUE_WHOLE ||
	    list->fetch.trace_at + sizeof(struct captured_trace) > captured->size)
		return false;
	memcpy(ids, captured->bytes + list->fetch.trace_at + offsetof(struct captured_trace, ids),
	       sizeof(*ids));
	/* One that is not valid: W3C Trace Context. */
	return memcmp(ids->trace_id, none.trace_id, sizeof(none.trace_id)) &&
	       memcmp(ids->span_id, none.span_id, sizeof(none.span_id));
}

void trace_put_id(const uint8_t *id, size_t size, char to[TRACE_TEXT_SIZE])
{
	for (size_t i = 0; i < size; i++)
		snprintf(to + 2 * i, 3, "%02x", id[i]);
}
