/* SPDX-License-Identifier: MIT */
#include "output/typed_text.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "values/go_time.h"
#include "values/inferred.h"

/* Values that are shown of one call, and how deep inside of each other. */
#define MAX_VALUES  1000
#define MAX_NESTING 32
/* Elements that are shown of an array or a slice. */
#define MAX_ELEMENTS 32

struct writing {
	const struct text_sink *to;
	size_t left; /* values that may still be shown */
	unsigned nesting;
};

static void put(struct writing *writing, const char *text)
{
	writing->to->put(writing->to->context, text, strlen(text));
}

static void put_escaped(struct writing *writing, const char *text)
{
	_cleanup_free_ char *clean = text_escape(text, strlen(text));

	put(writing, clean ?: "?");
}

/* "...+72" */
static void put_rest(struct writing *writing, uint64_t count)
{
	char text[32];

	snprintf(text, sizeof(text), "...+%llu", (unsigned long long)count);
	put(writing, text);
}

static void put_state(struct writing *writing, uint8_t state)
{
	put(writing, state == VALUE_UNKNOWN      ? "?"
		     : state == VALUE_NIL        ? "nil"
		     : state == VALUE_UNREADABLE ? "unreadable"
						 : "...");
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

static void put_type(struct writing *writing, const struct go_type *type)
{
	_cleanup_free_ char *name = typed_text_type(type);

	put(writing, name ?: "?");
}

/* ---- values ---- */

static void put_value(struct writing *writing, const struct go_value *value, bool wants_type);

static void put_plain(struct writing *writing, const struct go_value *value)
{
	char word[VALUE_WORD_SIZE];
	struct value_spec spec;
	struct value plain;

	go_value_plain(value, 0, value->type->size, &spec, &plain);
	if (go_type_is(value->type, "uintptr"))
		spec.kind = VALUE_HEX;
	writing->to->put(writing->to->context, word, value_put_word(&plain, word));
}

static void put_complex(struct writing *writing, const struct go_value *value)
{
	char text[GO_COMPLEX_SIZE];

	writing->to->put(writing->to->context, text, go_complex_put(value, text));
}

static void put_text(struct writing *writing, const struct go_value *value)
{
	bool is_slice = value->type->kind == GO_SLICE;
	char text[VALUE_TEXT_SIZE];
	struct value_spec spec;
	struct value bytes;

	go_value_text(value, &spec, &bytes);
	if (!bytes.text) {
		put_state(writing, bytes.state);
		return;
	}
	if (is_slice)
		put(writing, "[]byte(");
	writing->to->put(writing->to->context, text,
			 value_put_text(&bytes, writing->to->max_text, text));
	if (is_slice)
		put(writing, ")");
}

static void put_pointer(struct writing *writing, const struct go_value *value, bool wants_type)
{
	struct go_value target = go_value_target(value);

	if (target.state == VALUE_WHOLE)
		put(writing, "&");
	put_value(writing, &target, wants_type);
}

/* Of which neither names nor types are known: all of them. */
static void put_parts(struct writing *writing, const struct go_value *value)
{
	const struct go_type *type = value->type;

	put(writing, "{");
	for (size_t i = 0; i < type->num_fields && writing->left; i++) {
		struct go_value field = go_value_field(value, &type->fields[i]);

		if (i)
			put(writing, ", ");
		put_value(writing, &field, false);
	}
	put(writing, "}");
}

/* Fields that are zero are left out. */
static void put_struct(struct writing *writing, const struct go_value *value, bool wants_type)
{
	const struct go_type *type = value->type;
	bool is_first = true;

	if (wants_type)
		put_type(writing, type);
	put(writing, "{");
	for (size_t i = 0; i < type->num_fields; i++) {
		struct go_value field = go_value_field(value, &type->fields[i]);

		if (go_value_is_zero(&field) && type->num_fields > 1)
			continue;
		if (!is_first)
			put(writing, ", ");
		is_first = false;
		/* All behind it are not there either. */
		if (!writing->left || field.state == VALUE_TRUNCATED) {
			put(writing, "...");
			break;
		}
		if (type->num_fields > 1) {
			put_escaped(writing, type->fields[i].name);
			put(writing, ": ");
		}
		put_value(writing, &field, false);
	}
	put(writing, "}");
}

static void put_elements(struct writing *writing, const struct go_value *value, bool wants_type)
{
	struct go_elements elements = go_value_elements(value);
	uint64_t count = elements.count < MAX_ELEMENTS ? elements.count : MAX_ELEMENTS;

	if (elements.state != VALUE_WHOLE && elements.state != VALUE_TRUNCATED) {
		put_state(writing, elements.state);
		return;
	}
	if (wants_type)
		put_type(writing, value->type);
	put(writing, "{");
	for (uint64_t i = 0; i < count; i++) {
		struct go_value element = go_element(&elements, i);

		if (!writing->left) {
			count = i;
			break;
		}
		if (i)
			put(writing, ", ");
		put_value(writing, &element, false);
	}
	if (count < elements.length) {
		if (count)
			put(writing, ", ");
		put_rest(writing, elements.length - count);
	}
	put(writing, "}");
}

static void put_map(struct writing *writing, const struct go_value *value, bool wants_type)
{
	struct go_entries entries = go_value_entries(value);
	uint64_t shown = 0;

	if (entries.state != VALUE_WHOLE && entries.state != VALUE_TRUNCATED) {
		put_state(writing, entries.state);
		return;
	}
	if (wants_type)
		put_type(writing, value->type);
	put(writing, "{");
	for (unsigned i = 0; i < 8 && shown < entries.length; i++) {
		if (!(entries.present >> i & 1))
			continue;
		struct go_value key = go_entry(&entries, i, true);
		struct go_value elem = go_entry(&entries, i, false);

		if (shown++)
			put(writing, ", ");
		put_value(writing, &key, false);
		put(writing, ": ");
		put_value(writing, &elem, false);
	}
	if (shown < entries.length) {
		if (shown)
			put(writing, ", ");
		put_rest(writing, entries.length - shown);
	}
	put(writing, "}");
}

static void put_channel(struct writing *writing, const struct go_value *value)
{
	uint64_t length = 0, capacity = 0;
	uint8_t state = go_value_channel(value, &length, &capacity);
	char text[64];

	if (state != VALUE_WHOLE) {
		put_state(writing, state);
		return;
	}
	put_type(writing, value->type);
	snprintf(text, sizeof(text), "{len: %llu, cap: %llu}", (unsigned long long)length,
		 (unsigned long long)capacity);
	put(writing, text);
}

static void put_function(struct writing *writing, const struct go_value *value)
{
	uint8_t state;
	const char *name = go_value_function(value, &state);

	if (name)
		put_escaped(writing, name);
	else
		put_state(writing, state);
}

/* What is no struct and the like says of which type it is only if that has a name of its own. */
static void put_interface(struct writing *writing, const struct go_value *value)
{
	struct go_value inner;
	bool is_conversion;
	uint8_t state;

	if (!go_value_dynamic(value, &inner, &state)) {
		put_state(writing, state);
		return;
	}
	is_conversion = inner.type->is_named && inner.type->kind < GO_SLICE &&
			!go_type_is(inner.type, "time.Duration");
	if (is_conversion) {
		put_type(writing, inner.type);
		put(writing, "(");
	}
	put_value(writing, &inner, true);
	if (is_conversion)
		put(writing, ")");
}

/* False: it is nothing of package time. */
static bool put_time(struct writing *writing, const struct go_value *value)
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

static void put_of_kind(struct writing *writing, const struct go_value *value, bool wants_type)
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
		put_state(writing, VALUE_UNKNOWN);
	}
}

static void put_value(struct writing *writing, const struct go_value *value, bool wants_type)
{
	if (value->state != VALUE_WHOLE || !writing->left || writing->nesting == MAX_NESTING) {
		put_state(writing, value->state == VALUE_WHOLE ? VALUE_DEPTH : value->state);
		return;
	}
	writing->left--;
	writing->nesting++;
	if (!put_time(writing, value)) {
		if (go_value_is_plain(value))
			put_plain(writing, value);
		else if (!go_type_complete(value->type))
			put_state(writing, VALUE_UNKNOWN);
		else if (go_value_is_text(value))
			put_text(writing, value);
		else
			put_of_kind(writing, value, wants_type);
	}
	writing->nesting--;
}

static void put_word(struct writing *writing, uint64_t word)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)word);
	put(writing, text);
}

/* As Go's own traces mark what may be something else. */
static void put_inferred(struct writing *writing, const struct go_value *value)
{
	struct inferred inferred = infer(value);

	switch (inferred.kind) {
	case INFERRED_UNKNOWN:
		put_state(writing, value->state);
		return;
	case INFERRED_WORDS:
		put(writing, "{");
		put_word(writing, inferred.words[0]);
		put(writing, ", ");
		put_word(writing, inferred.words[1]);
		put(writing, "}");
		return;
	case INFERRED_TEXT:
		put_text(writing, value);
		break;
	case INFERRED_INTERFACE:
		put_type(writing, inferred.type);
		put(writing, "(");
		put_word(writing, inferred.words[1]);
		put(writing, ")");
		break;
	}
	put(writing, "?");
}

void typed_text_put_one(const struct text_sink *to, const struct go_value *value)
{
	struct writing writing = {.to = to, .left = MAX_VALUES};

	put_value(&writing, value, false);
}

void typed_text_put(const struct text_sink *to, const struct typed_list *typed,
		    const struct captured *captured)
{
	struct writing writing = {.to = to, .left = MAX_VALUES};

	for (size_t i = 0; i < typed->num_values; i++) {
		struct go_value value = go_value_at(typed, captured, i);

		if (i)
			put(&writing, ", ");
		if (*typed->values[i].name && strcmp(typed->values[i].name, "_") != 0) {
			put_escaped(&writing, typed->values[i].name);
			put(&writing, " = ");
		}
		if (typed_is_inferred(&typed->values[i]))
			put_inferred(&writing, &value);
		else
			put_value(&writing, &value, true);
	}
}
