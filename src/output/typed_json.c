/* SPDX-License-Identifier: MIT */
#include "output/typed_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "output/typed_text.h"
#include "values/go_time.h"
#include "values/inferred.h"

#define MAX_VALUES  4000
#define MAX_NESTING 32
/* Parts that are told of as not whole; of more the first ones are. */
#define MAX_STATES 32
#define PATH_SIZE  256

struct part_state {
	char path[PATH_SIZE];
	uint8_t state;
};

/* One value of the list. */
struct writing {
	struct json_writer *json;
	size_t left; /* values that may still be written */
	unsigned nesting;
	char path[PATH_SIZE]; /* of the part in hand */
	size_t path_length;
	uint8_t state; /* of the value itself */
	struct part_state states[MAX_STATES];
	size_t num_states;
};

static void put_null(struct writing *writing)
{
	json_raw(writing->json, "null", 4);
}

/* What is nil is null, which needs no more words where it is a part. */
static void note_state(struct writing *writing, uint8_t state)
{
	struct part_state *part = &writing->states[writing->num_states];

	if (!writing->path_length) {
		writing->state = state;
		return;
	}
	if (state == VALUE_NIL || state == VALUE_WHOLE || writing->num_states == MAX_STATES)
		return;
	memcpy(part->path, writing->path, writing->path_length + 1);
	part->state = state;
	writing->num_states++;
}

static void put_missing(struct writing *writing, uint8_t state)
{
	put_null(writing);
	note_state(writing, state);
}

/* A text that may hold anything. */
static void put_clean(struct writing *writing, const char *text)
{
	_cleanup_free_ char *clean = text_escape(text, strlen(text));

	json_text(writing->json, clean ?: "");
}

/* ---- paths ---- */

__attribute__((format(printf, 2, 3))) static size_t enter(struct writing *writing,
							  const char *format, ...)
{
	size_t before = writing->path_length, room = PATH_SIZE - before;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(writing->path + before, room, format, args);
	va_end(args);
	/* One that is too long is told of by what it is in. */
	if (length < 0 || (size_t)length >= room)
		writing->path[before] = '\0';
	else
		writing->path_length += (size_t)length;
	return before;
}

static void leave(struct writing *writing, size_t before)
{
	writing->path_length = before;
	writing->path[before] = '\0';
}

/* ---- values ---- */

static void put_value(struct writing *writing, const struct go_value *value);

static void put_plain(struct writing *writing, const struct go_value *value)
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
static void put_bytes(struct writing *writing, const struct value *bytes)
{
	json_open_value(writing->json, '[');
	for (size_t i = 0; i < bytes->size; i++)
		json_element_number(writing->json, (uint8_t)bytes->text[i]);
	json_close(writing->json, ']');
}

static void put_text(struct writing *writing, const struct go_value *value)
{
	char text[VALUE_JSON_SIZE];
	struct value_spec spec;
	struct value bytes;

	go_value_text(value, &spec, &bytes);
	if (!bytes.text) {
		put_missing(writing, bytes.state);
		return;
	}
	note_state(writing, bytes.state);
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

static void put_pointer(struct writing *writing, const struct go_value *value)
{
	struct go_value target = go_value_target(value);

	put_value(writing, &target);
}

/* Of which neither names nor types are known. */
static void put_parts(struct writing *writing, const struct go_value *value)
{
	const struct go_type *type = value->type;

	json_open_value(writing->json, '[');
	for (size_t i = 0; i < type->num_fields && writing->left; i++) {
		struct go_value field = go_value_field(value, &type->fields[i]);
		size_t before = enter(writing, "[%zu]", i);

		if (i)
			writer_put(writing->json->writer, ",", 1);
		put_value(writing, &field);
		leave(writing, before);
	}
	json_close(writing->json, ']');
}

static void put_struct(struct writing *writing, const struct go_value *value)
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
		before = enter(writing, ".%s", name);
		json_text_key(writing->json, name);
		put_value(writing, &field);
		leave(writing, before);
	}
	json_close(writing->json, '}');
}

static void put_elements(struct writing *writing, const struct go_value *value)
{
	struct go_elements elements = go_value_elements(value);
	uint64_t i;

	if (elements.state != VALUE_WHOLE && elements.state != VALUE_TRUNCATED) {
		put_missing(writing, elements.state);
		return;
	}
	json_open_value(writing->json, '[');
	for (i = 0; i < elements.count && writing->left; i++) {
		struct go_value element = go_element(&elements, i);
		size_t before;

		/* What is not there of an array's end. */
		if (element.state == VALUE_TRUNCATED)
			break;
		before = enter(writing, "[%llu]", (unsigned long long)i);
		if (i)
			writer_put(writing->json->writer, ",", 1);
		put_value(writing, &element);
		leave(writing, before);
	}
	json_close(writing->json, ']');
	note_state(writing, i < elements.length ? VALUE_TRUNCATED : elements.state);
}

/* A key of an object is a text: numbers and structs are written as in text. */
static void append(void *context, const char *text, size_t size)
{
	FILE *to = context;

	fwrite(text, 1, size, to);
}

static char *key_text(const struct go_value *key)
{
	char *text = NULL;
	size_t size;
	FILE *to;
	struct value_spec spec;
	struct value bytes;

	if (key->state == VALUE_WHOLE && key->type->kind == GO_STRING) {
		go_value_text(key, &spec, &bytes);
		if (bytes.text)
			return text_escape(bytes.text, bytes.size);
	}
	to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	typed_text_put_one(&(struct text_sink){append, to, VALUE_MAX_SIZE}, key);
	fclose(to);
	return text;
}

static void put_map(struct writing *writing, const struct go_value *value)
{
	struct go_entries entries = go_value_entries(value);

	if (entries.state != VALUE_WHOLE && entries.state != VALUE_TRUNCATED) {
		put_missing(writing, entries.state);
		return;
	}
	json_open_value(writing->json, '{');
	for (unsigned i = 0; i < 8; i++) {
		_cleanup_free_ char *name = NULL;
		size_t before;

		if (!(entries.present >> i & 1))
			continue;
		struct go_value key = go_entry(&entries, i, true);
		struct go_value elem = go_entry(&entries, i, false);

		name = key_text(&key);
		if (!name)
			continue;
		before = enter(writing, "[%s]", name);
		json_text_key(writing->json, name);
		put_value(writing, &elem);
		leave(writing, before);
	}
	json_close(writing->json, '}');
	note_state(writing, entries.state);
}

static void put_channel(struct writing *writing, const struct go_value *value)
{
	uint64_t length = 0, capacity = 0;
	uint8_t state = go_value_channel(value, &length, &capacity);

	if (state != VALUE_WHOLE) {
		put_missing(writing, state);
		return;
	}
	json_open_value(writing->json, '{');
	json_member_number(writing->json, "len", length);
	json_member_number(writing->json, "cap", capacity);
	json_close(writing->json, '}');
}

static void put_function(struct writing *writing, const struct go_value *value)
{
	uint8_t state;
	const char *name = go_value_function(value, &state);

	if (name)
		put_clean(writing, name);
	else
		put_missing(writing, state);
}

/* {"type", "value"} */
static void put_interface(struct writing *writing, const struct go_value *value)
{
	struct go_value inner;
	uint8_t state;

	if (!go_value_dynamic(value, &inner, &state)) {
		put_missing(writing, state);
		return;
	}
	json_open_value(writing->json, '{');
	json_key(writing->json, "type");
	put_clean(writing, inner.type->name);
	json_key(writing->json, "value");
	put_value(writing, &inner);
	json_close(writing->json, '}');
}

static void put_complex(struct writing *writing, const struct go_value *value)
{
	char text[GO_COMPLEX_SIZE + 1];

	text[go_complex_put(value, text)] = '\0';
	json_text(writing->json, text);
}

static bool put_time(struct writing *writing, const struct go_value *value)
{
	char text[GO_TIME_SIZE + 1];
	size_t length = go_time_put(value, text);

	text[length] = '\0';
	if (length)
		json_text(writing->json, text);
	return length;
}

static void put_of_kind(struct writing *writing, const struct go_value *value)
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
		put_map(writing, value);
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
		put_missing(writing, VALUE_UNKNOWN);
	}
}

static void put_value(struct writing *writing, const struct go_value *value)
{
	if (value->state != VALUE_WHOLE || !writing->left || writing->nesting == MAX_NESTING) {
		put_missing(writing, value->state == VALUE_WHOLE ? VALUE_DEPTH : value->state);
		return;
	}
	writing->left--;
	writing->nesting++;
	if (go_value_is_plain(value))
		put_plain(writing, value);
	else if (!go_type_complete(value->type))
		put_missing(writing, VALUE_UNKNOWN);
	else if (go_value_is_text(value))
		put_text(writing, value);
	else if (!put_time(writing, value))
		put_of_kind(writing, value);
	writing->nesting--;
}

static void put_states(struct writing *writing)
{
	struct json_writer *json = writing->json;

	if (writing->state != VALUE_WHOLE)
		json_member_text(json, "state", value_state_text(writing->state));
	if (!writing->num_states)
		return;
	json_member_open(json, "states", '{');
	for (size_t i = 0; i < writing->num_states; i++) {
		json_text_key(json, writing->states[i].path);
		json_text(json, value_state_text(writing->states[i].state));
	}
	json_close(json, '}');
}

static void put_word(struct writing *writing, uint64_t word)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)word);
	json_text(writing->json, text);
}

/* With what it is taken for. */
static void put_inferred(struct writing *writing, const struct go_value *value)
{
	struct inferred inferred = infer(value);
	bool is_sure = inferred.kind == INFERRED_UNKNOWN || inferred.kind == INFERRED_WORDS;

	if (!is_sure) {
		json_key(writing->json, "type");
		put_clean(writing, inferred.kind == INFERRED_TEXT ? "string" : inferred.type->name);
		json_member_true(writing->json, "inferred");
	}
	json_key(writing->json, "value");
	switch (inferred.kind) {
	case INFERRED_UNKNOWN:
		put_missing(writing, value->state);
		break;
	case INFERRED_WORDS:
		json_open_value(writing->json, '[');
		put_word(writing, inferred.words[0]);
		writer_put(writing->json->writer, ",", 1);
		put_word(writing, inferred.words[1]);
		json_close(writing->json, ']');
		break;
	case INFERRED_TEXT:
		put_text(writing, value);
		break;
	case INFERRED_INTERFACE:
		put_word(writing, inferred.words[1]);
		break;
	}
}

static void put_typed(struct writing *writing, const struct go_value *value)
{
	if (*value->type->name && value->type->kind != GO_OPAQUE) {
		json_key(writing->json, "type");
		put_clean(writing, value->type->name);
	}
	json_key(writing->json, "value");
	put_value(writing, value);
}

void typed_json_put(struct json_writer *json, const struct typed_list *typed,
		    const struct captured *captured)
{
	for (size_t i = 0; i < typed->num_values; i++) {
		_cleanup_free_ struct writing *writing = calloc(1, sizeof(*writing));
		struct go_value value = go_value_at(typed, captured, i);

		if (!writing)
			return;
		writing->json = json;
		writing->left = MAX_VALUES;
		writing->state = VALUE_WHOLE;
		json_open(json, '{');
		json_key(json, "name");
		put_clean(writing, typed->values[i].name);
		if (typed_is_inferred(&typed->values[i]))
			put_inferred(writing, &value);
		else
			put_typed(writing, &value);
		put_states(writing);
		json_close(json, '}');
	}
}
