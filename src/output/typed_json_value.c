/* SPDX-License-Identifier: MIT */
/* typed_json_value.c - one value and what is in it, and what it leads to. */
#include "output/typed_json_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "values/go_time.h"

#define MAX_NESTING 32

static void put_plain(struct json_writing *writing, const struct go_value *value)
{
	char word[VALUE_WORD_SIZE + 1];
	struct value_spec spec;
	struct value plain;
	size_t length;

	go_value_plain(value, 0, value->type->size, &spec, &plain);
	length = value_put_word(&plain, word);
	word[length] = '\0';
	if (value_word_is_json(&plain))
		json_raw(writing->json, word, length);
	else
		json_text(writing->json, word);
}

static bool is_valid_text(const struct value *text)
{
	for (size_t at = 0, length; at < text->size; at += length) {
		length = text_utf8_length(text->text + at, text->size - at);
		if (!length)
			return false;
	}
	return true;
}

/* Bytes that are no text. */
static void put_bytes(struct json_writing *writing, const struct value *bytes)
{
	json_open_value(writing->json, '[');
	for (size_t i = 0; i < bytes->size; i++)
		json_element_number(writing->json, (uint8_t)bytes->text[i]);
	json_close(writing->json, ']');
}

void json_put_text(struct json_writing *writing, const struct go_value *value)
{
	char text[VALUE_JSON_SIZE];
	struct value_spec spec;
	struct value bytes;

	go_value_text(value, &spec, &bytes);
	if (!bytes.text) {
		json_put_missing(writing, bytes.state);
		return;
	}
	json_note_state(writing, bytes.state);
	if (value->type->kind == GO_SLICE && bytes.state == VALUE_TRUNCATED) {
		size_t whole = value_without_cut_character(bytes.text, bytes.size);
		struct value begin = bytes;

		begin.size = whole;
		if (is_valid_text(&begin))
			bytes = begin;
	}
	if (value->type->kind == GO_SLICE && !is_valid_text(&bytes))
		put_bytes(writing, &bytes);
	else
		json_raw(writing->json, text, value_put_json_text(&bytes, text));
}

static void put_pointer(struct json_writing *writing, const struct go_value *value)
{
	struct go_value target = go_value_target(value);

	json_put_value(writing, &target);
}

/* Of which neither names nor types are known. */
static void put_parts(struct json_writing *writing, const struct go_value *value)
{
	const struct go_type *type = value->type;

	json_open_value(writing->json, '[');
	for (size_t i = 0; i < type->num_fields && writing->left; i++) {
		struct go_value field = go_value_field(value, &type->fields[i]);
		size_t before = json_enter(writing, "[%zu]", i);

		if (i)
			writer_put(writing->json->writer, ",", 1);
		json_put_value(writing, &field);
		json_leave(writing, before);
	}
	json_close(writing->json, ']');
}

static void put_struct(struct json_writing *writing, const struct go_value *value)
{
	const struct go_type *type = value->type;

	json_open_value(writing->json, '{');
	for (size_t i = 0; i < type->num_fields && writing->left; i++) {
		_cleanup_free_ char *name =
			text_escape(type->fields[i].name, strlen(type->fields[i].name));
		struct go_value field = go_value_field(value, &type->fields[i]);
		size_t before;

		if (!name || !strcmp(name, "_"))
			continue;
		before = json_enter(writing, ".%s", name);
		json_text_key(writing->json, name);
		json_put_value(writing, &field);
		json_leave(writing, before);
	}
	json_close(writing->json, '}');
}

static void put_elements(struct json_writing *writing, const struct go_value *value)
{
	struct go_elements elements = go_value_elements(value);
	uint64_t i;

	if (!value_state_is_there(elements.state)) {
		json_put_missing(writing, elements.state);
		return;
	}
	json_open_value(writing->json, '[');
	for (i = 0; i < elements.count && writing->left; i++) {
		struct go_value element = go_element(&elements, i);
		size_t before;

		/* What is not there of an array's end. */
		if (element.state == VALUE_TRUNCATED)
			break;
		before = json_enter(writing, "[%llu]", (unsigned long long)i);
		if (i)
			writer_put(writing->json->writer, ",", 1);
		json_put_value(writing, &element);
		json_leave(writing, before);
	}
	json_close(writing->json, ']');
	json_note_state(writing, i < elements.length ? VALUE_TRUNCATED : elements.state);
}

static void put_channel(struct json_writing *writing, const struct go_value *value)
{
	uint64_t length = 0, capacity = 0;
	uint8_t state = go_value_channel(value, &length, &capacity);

	if (state != VALUE_WHOLE) {
		json_put_missing(writing, state);
		return;
	}
	json_open_value(writing->json, '{');
	json_member_number(writing->json, "len", length);
	json_member_number(writing->json, "cap", capacity);
	json_close(writing->json, '}');
}

static void put_function(struct json_writing *writing, const struct go_value *value)
{
	uint8_t state;
	const char *name = go_value_function(value, &state);

	if (name)
		json_put_clean(writing, name);
	else
		json_put_missing(writing, state);
}

/* {"type", "value", "context"} */
static void put_interface(struct json_writing *writing, const struct go_value *value)
{
	struct go_value inner;
	uint8_t state;

	if (!go_value_dynamic(value, &inner, &state)) {
		json_put_missing(writing, state);
		return;
	}
	json_open_value(writing->json, '{');
	json_key(writing->json, "type");
	json_put_clean(writing, inner.type->name);
	json_key(writing->json, "value");
	json_put_value(writing, &inner);
	json_put_context(writing, value);
	json_close(writing->json, '}');
}

static void put_complex(struct json_writing *writing, const struct go_value *value)
{
	char text[GO_COMPLEX_SIZE + 1];

	text[go_complex_put(value, text)] = '\0';
	json_text(writing->json, text);
}

static bool put_time(struct json_writing *writing, const struct go_value *value)
{
	char text[GO_TIME_SIZE + 1];
	size_t length = go_time_put(value, text);

	text[length] = '\0';
	if (length)
		json_text(writing->json, text);
	return length;
}

static void put_of_kind(struct json_writing *writing, const struct go_value *value)
{
	switch (value->type->kind) {
	case GO_COMPLEX:
		put_complex(writing, value);
		break;
	case GO_POINTER:
		put_pointer(writing, value);
		break;
	case GO_STRUCT:
		if (*value->type->name)
			put_struct(writing, value);
		else
			put_parts(writing, value);
		break;
	case GO_SLICE:
	case GO_ARRAY:
		put_elements(writing, value);
		break;
	case GO_MAP:
		json_put_map(writing, value);
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
		json_put_missing(writing, VALUE_UNKNOWN);
	}
}

void json_put_value(struct json_writing *writing, const struct go_value *value)
{
	bool has_room = writing->left && writing->nesting < MAX_NESTING;

	/* Whatever it is: there may be 2^64 of it, without a size. */
	if (writing->left)
		writing->left--;
	if (value->state != VALUE_WHOLE || !has_room) {
		json_put_missing(writing, value->state == VALUE_WHOLE ? VALUE_DEPTH : value->state);
		return;
	}
	writing->nesting++;
	if (go_value_is_plain(value))
		put_plain(writing, value);
	else if (!go_type_complete(value->type))
		json_put_missing(writing, VALUE_UNKNOWN);
	else if (go_value_is_text(value))
		json_put_text(writing, value);
	else if (!put_time(writing, value))
		put_of_kind(writing, value);
	writing->nesting--;
}
