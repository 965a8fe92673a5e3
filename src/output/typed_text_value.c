/* SPDX-License-Identifier: MIT */
/* typed_text_value.c - one value and what is in it, and what it leads to. */
#include "output/typed_text_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "values/go_time.h"

#define MAX_NESTING 32
/* Elements that are shown of an array or a slice. */
#define MAX_ELEMENTS 32

void typed_put(struct text_writing *writing, const char *text)
{
	writing->to->put(writing->to->context, text, strlen(text));
}

void typed_put_escaped(struct text_writing *writing, const char *text)
{
	_cleanup_free_ char *clean = text_escape(text, strlen(text));

	typed_put(writing, clean ?: "?");
}

/* "...+72" */
static void put_rest(struct text_writing *writing, uint64_t count)
{
	char text[32];

	snprintf(text, sizeof(text), "...+%llu", (unsigned long long)count);
	typed_put(writing, text);
	writing->is_cut = true;
}

void typed_put_state(struct text_writing *writing, uint8_t state)
{
	typed_put(writing, state == VALUE_UNKNOWN      ? "?"
			   : state == VALUE_NIL        ? "nil"
			   : state == VALUE_UNREADABLE ? "unreadable"
						       : "...");
	writing->is_cut |= state != VALUE_NIL;
}

/* ---- types ---- */

static bool is_of_path(char byte)
{
	return !strchr("*[](){}<>, ;\"", byte);
}

char *typed_text_type(const struct go_type *type)
{
	_cleanup_free_ char *name = strdup(type->name);
	size_t used = 0, begin = 0;

	if (!name)
		return NULL;
	for (const char *from = type->name; *from; from++) {
		if (*from == '/')
			used = begin;
		else
			name[used++] = *from;
		if (!is_of_path(*from))
			begin = used;
	}
	return text_escape(name, used);
}

void typed_put_type(struct text_writing *writing, const struct go_type *type)
{
	_cleanup_free_ char *name = typed_text_type(type);

	typed_put(writing, name ?: "?");
}

/* ---- values ---- */

static void put_plain(struct text_writing *writing, const struct go_value *value)
{
	char word[VALUE_WORD_SIZE];
	struct value_spec spec;
	struct value plain;

	go_value_plain(value, 0, value->type->size, &spec, &plain);
	if (go_type_is(value->type, "uintptr"))
		spec.kind = VALUE_HEX;
	writing->to->put(writing->to->context, word, value_put_word(&plain, word));
}

static void put_complex(struct text_writing *writing, const struct go_value *value)
{
	char text[GO_COMPLEX_SIZE];

	writing->to->put(writing->to->context, text, go_complex_put(value, text));
}

void typed_put_text(struct text_writing *writing, const struct go_value *value)
{
	bool is_slice = value->type->kind == GO_SLICE;
	char text[VALUE_TEXT_SIZE];
	struct value_spec spec;
	struct value bytes;

	go_value_text(value, &spec, &bytes);
	if (!bytes.text) {
		typed_put_state(writing, bytes.state);
		return;
	}
	writing->is_cut |= bytes.state != VALUE_WHOLE;
	if (is_slice)
		typed_put(writing, "[]byte(");
	writing->to->put(writing->to->context, text,
			 value_put_text(&bytes, writing->to->max_text, text));
	if (is_slice)
		typed_put(writing, ")");
}

/* What is in an interface may be known by its type alone: "&errors.errorString{...}". */
static bool has_type_alone(const struct go_value *value, bool wants_type)
{
	return wants_type && value->state == VALUE_DEPTH && value->type &&
	       value->type->kind == GO_STRUCT && *value->type->name;
}

static void put_pointer(struct text_writing *writing, const struct go_value *value, bool wants_type)
{
	struct go_value target = go_value_target(value);

	if (target.state == VALUE_WHOLE || has_type_alone(&target, wants_type))
		typed_put(writing, "&");
	typed_put_value(writing, &target, wants_type);
}

/* Of which neither names nor types are known: all of them. */
static void put_parts(struct text_writing *writing, const struct go_value *value)
{
	const struct go_type *type = value->type;

	typed_put(writing, "{");
	for (size_t i = 0; i < type->num_fields && writing->left; i++) {
		struct go_value field = go_value_field(value, &type->fields[i]);

		if (i)
			typed_put(writing, ", ");
		typed_put_value(writing, &field, false);
	}
	typed_put(writing, "}");
}

/* Fields that are zero are left out. */
static void put_struct(struct text_writing *writing, const struct go_value *value, bool wants_type)
{
	const struct go_type *type = value->type;
	bool is_first = true;

	if (wants_type)
		typed_put_type(writing, type);
	typed_put(writing, "{");
	for (size_t i = 0; i < type->num_fields; i++) {
		struct go_value field = go_value_field(value, &type->fields[i]);

		if (go_value_is_zero(&field) && type->num_fields > 1)
			continue;
		if (!is_first)
			typed_put(writing, ", ");
		is_first = false;
		/* All behind it are not there either. */
		if (!writing->left || field.state == VALUE_TRUNCATED) {
			typed_put_state(writing, VALUE_TRUNCATED);
			break;
		}
		if (type->num_fields > 1) {
			typed_put_escaped(writing, type->fields[i].name);
			typed_put(writing, ": ");
		}
		typed_put_value(writing, &field, false);
	}
	typed_put(writing, "}");
}

static void put_elements(struct text_writing *writing, const struct go_value *value,
			 bool wants_type)
{
	struct go_elements elements = go_value_elements(value);
	uint64_t count = elements.count < MAX_ELEMENTS ? elements.count : MAX_ELEMENTS;

	if (!value_state_is_there(elements.state)) {
		typed_put_state(writing, elements.state);
		return;
	}
	if (wants_type)
		typed_put_type(writing, value->type);
	typed_put(writing, "{");
	for (uint64_t i = 0; i < count; i++) {
		struct go_value element = go_element(&elements, i);

		if (!writing->left) {
			count = i;
			break;
		}
		if (i)
			typed_put(writing, ", ");
		typed_put_value(writing, &element, false);
	}
	if (count < elements.length) {
		if (count)
			typed_put(writing, ", ");
		put_rest(writing, elements.length - count);
	}
	typed_put(writing, "}");
}

static void put_map(struct text_writing *writing, const struct go_value *value, bool wants_type)
{
	struct go_entries entries = go_value_entries(value);
	uint64_t shown = 0;

	if (!value_state_is_there(entries.state)) {
		typed_put_state(writing, entries.state);
		return;
	}
	if (wants_type)
		typed_put_type(writing, value->type);
	typed_put(writing, "{");
	for (unsigned i = 0; i < GO_MAX_ENTRIES && shown < entries.length; i++) {
		if (!(entries.present >> i & 1))
			continue;
		struct go_value key = go_entry(&entries, i, true);
		struct go_value elem = go_entry(&entries, i, false);

		if (shown++)
			typed_put(writing, ", ");
		typed_put_value(writing, &key, false);
		typed_put(writing, ": ");
		typed_put_value(writing, &elem, false);
	}
	if (shown < entries.length) {
		if (shown)
			typed_put(writing, ", ");
		put_rest(writing, entries.length - shown);
	}
	typed_put(writing, "}");
}

static void put_channel(struct text_writing *writing, const struct go_value *value)
{
	uint64_t length = 0, capacity = 0;
	uint8_t state = go_value_channel(value, &length, &capacity);
	char text[64];

	if (state != VALUE_WHOLE) {
		typed_put_state(writing, state);
		return;
	}
	typed_put_type(writing, value->type);
	snprintf(text, sizeof(text), "{len: %llu, cap: %llu}", (unsigned long long)length,
		 (unsigned long long)capacity);
	typed_put(writing, text);
}

static void put_function(struct text_writing *writing, const struct go_value *value)
{
	uint8_t state;
	const char *name = go_value_function(value, &state);

	if (name)
		typed_put_escaped(writing, name);
	else
		typed_put_state(writing, state);
}

/* What is no struct and the like says of which type it is only if that has a name of its own. */
static void put_interface(struct text_writing *writing, const struct go_value *value)
{
	struct go_value inner;
	bool is_conversion;
	uint8_t state;

	if (typed_put_context(writing, value))
		return;
	if (!go_value_dynamic(value, &inner, &state)) {
		typed_put_state(writing, state);
		return;
	}
	is_conversion = inner.type->is_named && inner.type->kind < GO_SLICE &&
			!go_type_is(inner.type, "time.Duration");
	if (is_conversion) {
		typed_put_type(writing, inner.type);
		typed_put(writing, "(");
	}
	typed_put_value(writing, &inner, true);
	if (is_conversion)
		typed_put(writing, ")");
}

/* False: it is nothing of package time. */
static bool put_time(struct text_writing *writing, const struct go_value *value)
{
	char text[GO_TIME_SIZE];
	size_t length;

	if (go_type_is(value->type, "time.Duration") && value->type->kind == GO_INT)
		length = go_duration_put((int64_t)go_value_word(value, 0, 8), text);
	else
		length = go_time_put(value, text);
	if (length)
		writing->to->put(writing->to->context, text, length);
	return length;
}

static void put_of_kind(struct text_writing *writing, const struct go_value *value, bool wants_type)
{
	switch (value->type->kind) {
	case GO_COMPLEX:
		put_complex(writing, value);
		break;
	case GO_POINTER:
		put_pointer(writing, value, wants_type);
		break;
	case GO_STRUCT:
		if (*value->type->name)
			put_struct(writing, value, wants_type);
		else
			put_parts(writing, value);
		break;
	case GO_SLICE:
	case GO_ARRAY:
		put_elements(writing, value, wants_type);
		break;
	case GO_MAP:
		put_map(writing, value, wants_type);
		break;
	case GO_CHAN:
		put_channel(writing, value);
		break;
	case GO_FUNC:
		put_function(writing, value);
		break;
	case GO_INTERFACE:
		put_interface(writing, value);
		break;
	default:
		typed_put_state(writing, VALUE_UNKNOWN);
	}
}

void typed_put_value(struct text_writing *writing, const struct go_value *value, bool wants_type)
{
	if (has_type_alone(value, wants_type)) {
		typed_put_type(writing, value->type);
		typed_put(writing, "{...}");
		writing->is_cut = true;
		return;
	}
	if (value->state != VALUE_WHOLE || !writing->left || writing->nesting == MAX_NESTING) {
		typed_put_state(writing, value->state == VALUE_WHOLE ? VALUE_DEPTH : value->state);
		return;
	}
	writing->left--;
	writing->nesting++;
	if (!put_time(writing, value)) {
		if (go_value_is_plain(value))
			put_plain(writing, value);
		else if (!go_type_complete(value->type))
			typed_put_state(writing, VALUE_UNKNOWN);
		else if (go_value_is_text(value))
			typed_put_text(writing, value);
		else
			put_of_kind(writing, value, wants_type);
	}
	writing->nesting--;
}
