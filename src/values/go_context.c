/* SPDX-License-Identifier: MIT */
/* go_context.c - see go_context.h. */
#include "values/go_context.h"

#include <string.h>

/* More of them than are captured. */
#define MAX_CONTEXTS 32

enum context_kind {
	CONTEXT_OTHER,
	CONTEXT_ROOT,
	CONTEXT_VALUE,
	CONTEXT_CANCEL, /* is, or begins with, a cancelCtx */
	CONTEXT_WITHOUT_CANCEL,
	CONTEXT_PLAIN, /* has nothing but the one that it is made from */
};

/* src/context/context.go, src/os/signal/signal.go: by the versions of Go that have them. */
static const struct known_context {
	const char *name;
	enum context_kind kind;
} known_contexts[] = {
	{"context.emptyCtx", CONTEXT_ROOT},
	{"context.backgroundCtx", CONTEXT_ROOT},
	{"context.todoCtx", CONTEXT_ROOT},
	{"context.valueCtx", CONTEXT_VALUE},
	{"context.cancelCtx", CONTEXT_CANCEL},
	{"context.timerCtx", CONTEXT_CANCEL},
	{"context.afterFuncCtx", CONTEXT_CANCEL},
	{"context.withoutCancelCtx", CONTEXT_WITHOUT_CANCEL},
	{"context.stopCtx", CONTEXT_PLAIN},
	{"os/signal.signalCtx", CONTEXT_PLAIN},
};

static enum context_kind kind_of(const struct go_type *type)
{
	for (size_t i = 0; i < sizeof(known_contexts) / sizeof(*known_contexts); i++)
		if (go_type_is(type, known_contexts[i].name))
			return known_contexts[i].kind;
	return CONTEXT_OTHER;
}

static bool is_context(const struct go_value *value)
{
	return value->type->kind == GO_INTERFACE && go_type_is(value->type, "context.Context");
}

/* What is in it, or what that points to. */
static bool inside(const struct go_value *context, struct go_value *inner)
{
	uint8_t state;

	if (!go_value_dynamic(context, inner, &state) || !go_type_complete(inner->type))
		return false;
	if (inner->type->kind == GO_POINTER)
		*inner = go_value_target(inner);
	return inner->type != NULL;
}

static bool find_field(const struct go_value *value, const char *name, struct go_value *field)
{
	const struct go_type *type = value->type;

	if (value->state != VALUE_WHOLE || type->kind != GO_STRUCT ||
	    !go_type_complete(value->type))
		return false;
	for (size_t i = 0; i < type->num_fields; i++) {
		if (strcmp(type->fields[i].name, name) != 0)
			continue;
		*field = go_value_field(value, &type->fields[i]);
		return true;
	}
	return false;
}

/* What a struct begins with, of this type. */
static bool find_first(struct go_value value, bool (*is_wanted)(const struct go_value *),
		       struct go_value *found)
{
	for (int nesting = 0; nesting < 4; nesting++) {
		if (is_wanted(&value)) {
			*found = value;
			return value.state == VALUE_WHOLE;
		}
		if (value.state != VALUE_WHOLE || value.type->kind != GO_STRUCT ||
		    !go_type_complete(value.type) || !value.type->num_fields)
			return false;
		value = go_value_field(&value, &value.type->fields[0]);
	}
	return false;
}

static bool is_cancel(const struct go_value *value)
{
	return go_type_is(value->type, "context.cancelCtx");
}

static bool is_interface(const struct go_value *value)
{
	return value->type->kind == GO_INTERFACE;
}

/* What is made from a context of the program's own ends with that one's error. */
static uint8_t end_by(const struct go_value *err)
{
	struct go_value inner;
	uint8_t state;

	if (!go_value_dynamic(err, &inner, &state))
		return CONTEXT_ENDED;
	if (go_type_is(inner.type, "context.deadlineExceededError"))
		return CONTEXT_EXPIRED;
	return go_type_is(inner.type, "*errors.errorString") ? CONTEXT_CANCELED : CONTEXT_ENDED;
}

/* Its error, which is in an atomic.Value from Go 1.25 on. */
static uint8_t read_end(const struct go_value *value)
{
	struct go_value cancel, err;

	if (!find_first(*value, is_cancel, &cancel) || !find_field(&cancel, "err", &err) ||
	    !find_first(err, is_interface, &err))
		return CONTEXT_UNKNOWN;
	return go_value_is_zero(&err) ? CONTEXT_OPEN : end_by(&err);
}

static void read_cancel(struct go_context *context, const struct go_value *value)
{
	if (context->end == CONTEXT_UNKNOWN)
		context->end = read_end(value);
	if (!context->has_deadline && find_field(value, "deadline", &context->deadline))
		context->has_deadline = context->deadline.state == VALUE_WHOLE;
}

static void read_value(struct go_context *context, const struct go_value *value)
{
	size_t i = context->num_values;

	if (i < CONTEXT_MAX_VALUES && find_field(value, "key", &context->values[i].key) &&
	    find_field(value, "val", &context->values[i].value))
		context->num_values++;
}

static void read_one(struct go_context *context, enum context_kind kind, bool *is_cut,
		     const struct go_value *value)
{
	if (kind == CONTEXT_VALUE)
		read_value(context, value);
	else if (kind == CONTEXT_CANCEL && !*is_cut)
		read_cancel(context, value);
	/* What that is made from ends without it. */
	if (kind == CONTEXT_WITHOUT_CANCEL || kind == CONTEXT_ROOT) {
		if (context->end == CONTEXT_UNKNOWN)
			context->end = CONTEXT_OPEN;
		*is_cut = true;
	}
}

bool go_context_read(const struct go_value *value, struct go_context *context)
{
	struct go_value at = *value, inner;
	enum context_kind kind;
	bool is_cut = false;

	*context = (struct go_context){};
	if (!is_context(value))
		return false;
	for (int i = 0; i < MAX_CONTEXTS; i++) {
		if (!inside(&at, &inner))
			return i > 0;
		kind = kind_of(inner.type);
		if (kind == CONTEXT_OTHER)
			return i > 0;
		read_one(context, kind, &is_cut, &inner);
		context->is_whole = kind == CONTEXT_ROOT;
		if (context->is_whole || !find_first(inner, is_context, &at))
			break;
	}
	return true;
}

const char *go_context_end(const struct go_context *context)
{
	switch (context->end) {
	case CONTEXT_CANCELED:
		return "canceled";
	case CONTEXT_EXPIRED:
		return "deadline exceeded";
	case CONTEXT_ENDED:
		return "why is not known";
	default:
		return NULL;
	}
}
