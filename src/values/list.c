/* SPDX-License-Identifier: MIT */
/* list.c - lists of values: their texts into operations, and the slots that those fill. */
#include "values/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "values/parse.h"
#include "values/typed.h"

/* ---- where it begins ---- */

/* Behind the bracket that belongs to the one at `at`; `at` itself: there is none. */
static size_t skip_bracket(const char *pattern, size_t at)
{
	char open = pattern[at], close = open == '(' ? ')' : open == '[' ? ']' : '}';
	size_t depth = 0;

	for (size_t i = at; pattern[i]; i++) {
		depth += pattern[i] == open;
		if (pattern[i] == close && --depth == 0)
			return i + 1;
	}
	return at;
}

/* A bracket behind a point is a receiver, "main.(*T)"; and no list is without a name before it. */
static bool may_begin(const char *pattern, size_t at)
{
	return pattern[at] == '(' && at && pattern[at - 1] != '.' && pattern[at - 1] != '/';
}

/* The last byte that is no space. */
static size_t last_byte(const char *pattern)
{
	size_t length = strlen(pattern);

	while (length && strchr(" \t", pattern[length - 1]))
		length--;
	return length ? length - 1 : 0;
}

/* Types of generic names, which are in other brackets, look much alike. What ends with no bracket is a list
 * whose last one was forgotten, if there are types in it. */
size_t value_list_begin(const char *pattern)
{
	size_t at = 0;
	char last = pattern[last_byte(pattern)];

	while (pattern[at] && !may_begin(pattern, at)) {
		size_t next = strchr("([{", pattern[at]) ? skip_bracket(pattern, at) : at;

		at = next > at ? next : at + 1;
	}
	if (last == ')' || !pattern[at] || (!strchr("]}", last) && strchr(pattern + at, ':')))
		return at;
	return strlen(pattern);
}

/* ---- operations ---- */

static bool add_op(struct parser *parser, struct fetch_list *fetch, size_t value,
		   struct fetch_op op)
{
	if (fetch->num_ops == VALUES_MAX_OPS)
		return parse_fail(
			parser, parser->at,
			"this list takes too many steps: at most %d registers, reads and values",
			VALUES_MAX_OPS);
	op.value = (uint8_t)value;
	fetch->ops[fetch->num_ops++] = op;
	return true;
}

/* The first word and as many of its reads as that: the word is in use then. */
static bool add_words(struct parser *parser, struct fetch_list *fetch, size_t value,
		      const struct expression *expression, size_t num_loads)
{
	if (!add_op(parser, fetch, value, expression->base))
		return false;
	for (size_t i = 0; i < num_loads; i++)
		if (!add_op(parser, fetch, value,
			    (struct fetch_op){
				    .code = FETCH_LOAD, .number = expression->loads[i], .size = 8}))
			return false;
	return true;
}

static bool add_string(struct parser *parser, struct value_list *list,
		       const struct value_expression *value)
{
	const struct expression *place = &value->place;
	struct fetch_list *fetch = &list->fetch;
	size_t number = list->count, loads = place->num_loads;
	struct fetch_op header = {.code = FETCH_LOAD, .size = 16};
	struct fetch_op save = {.code = FETCH_SAVE_TEXT, .size = VALUES_STRING_SIZE};

	if (value->has_length)
		return add_words(parser, fetch, number, &value->length, value->length.num_loads) &&
		       add_op(parser, fetch, number, (struct fetch_op){.code = FETCH_LENGTH}) &&
		       add_words(parser, fetch, number, place, loads) &&
		       add_op(parser, fetch, number, save);
	if (!loads)
		return parse_fail(
			parser, place->begin,
			"a string is two words: +0(%%reg) in memory that a register points to, (%%reg,%%reg) in registers");
	header.number = place->loads[loads - 1];
	return add_words(parser, fetch, number, place, loads - 1) &&
	       add_op(parser, fetch, number, header) && add_op(parser, fetch, number, save);
}

static bool add_other(struct parser *parser, struct value_list *list,
		      const struct value_expression *value, const struct value_type *type)
{
	const struct expression *place = &value->place;
	struct fetch_list *fetch = &list->fetch;
	size_t number = list->count, loads = place->num_loads;
	struct fetch_op save = {.size = type->size};

	if (value->has_length)
		return parse_fail(
			parser, value->length.begin,
			"pointer and length are two words of a string, and of nothing else");
	if (!loads) {
		if (type->size > 8)
			return parse_fail(parser, place->begin,
					  "a register or a number has no more than 64 bits");
		save.code = FETCH_SAVE_WORD;
		save.size = 8;
		return add_words(parser, fetch, number, place, 0) &&
		       add_op(parser, fetch, number, save);
	}
	save.code = type->kind == VALUE_CHARS ? FETCH_SAVE_BYTES : FETCH_SAVE_MEMORY;
	save.number = place->loads[loads - 1];
	return add_words(parser, fetch, number, place, loads - 1) &&
	       add_op(parser, fetch, number, save);
}

/* ---- values ---- */

static char *copy_text(const struct parser *parser, size_t begin, size_t end)
{
	while (end > begin && (parser->text[end - 1] == ' ' || parser->text[end - 1] == '\t'))
		end--;
	return strndup(parser->text + begin, end - begin);
}

static bool is_label_byte(char byte)
{
	return !strchr("()=:,*+%\"\\", byte) && (unsigned char)byte > ' ' && byte != 0x7f;
}

/* "label=". Returns its end, or `at` if there is none. */
static size_t skip_label(struct parser *parser)
{
	size_t begin = parser->at, end;

	while (parser->at < parser->end && is_label_byte(parser->text[parser->at]))
		parser->at++;
	end = parser->at;
	parse_skip_spaces(parser);
	if (end > begin && parser->at < parser->end && parser->text[parser->at] == '=') {
		parser->at++;
		return end;
	}
	parser->at = begin;
	return begin;
}

static uint32_t registers_of(const struct expression *expression)
{
	return expression->base.code == FETCH_REGISTER ? 1u << expression->base.reg : 0;
}

static bool parse_value(struct parser *parser, struct value_list *list)
{
	struct value_spec *spec = &list->specs[list->count];
	struct value_expression value;
	struct value_type type;
	size_t begin, label_end, place_end;

	parse_skip_spaces(parser);
	begin = parser->at;
	if (list->count == VALUES_MAX_WRITTEN)
		return parse_fail(parser, begin, "a function has at most %d values",
				  VALUES_MAX_WRITTEN);
	label_end = skip_label(parser);
	if (!parse_expression(parser, &value))
		return false;
	place_end = parser->at;
	parse_skip_spaces(parser);
	if (parser->at == parser->end || parser->text[parser->at] != ':')
		return parse_fail(parser, parser->at,
				  "a colon and a type are expected here, such as \":s64\"");
	parser->at++;
	if (!parse_type(parser, &type))
		return false;
	spec->kind = (uint8_t)type.kind;
	spec->size = type.kind == VALUE_STRING ? VALUES_STRING_SIZE : type.size;
	spec->is_text =
		type.kind == VALUE_STRING || (type.kind == VALUE_CHARS && value.place.num_loads);
	spec->registers =
		registers_of(&value.place) | (value.has_length ? registers_of(&value.length) : 0);
	spec->expr = copy_text(parser, begin, parser->at);
	spec->label = copy_text(parser, begin, label_end > begin ? label_end : place_end);
	if (!(type.kind == VALUE_STRING ? add_string(parser, list, &value)
					: add_other(parser, list, &value, &type)))
		return false;
	list->count++;
	if (!spec->expr || !spec->label)
		parser->err = error_out_of_memory();
	return !parser->err;
}

/* The bracket of a second list, behind one that begins at `begin`; 0: there is none. */
static size_t results_begin(const char *pattern, size_t begin)
{
	size_t at = skip_bracket(pattern, begin);

	at += strspn(pattern + at, " \t");
	return at > begin && pattern[at] == '(' ? at : 0;
}

/* The closing bracket of the last list, if there is one, or the pattern's end. */
static size_t last_end(const char *pattern)
{
	size_t last = last_byte(pattern);

	return pattern[last] == ')' ? last : strlen(pattern);
}

static bool parse_values(struct parser *parser, struct value_list *list)
{
	parse_skip_spaces(parser);
	while (parser->at < parser->end) {
		if (!parse_value(parser, list))
			return false;
		parse_skip_spaces(parser);
		if (parser->at == parser->end)
			break;
		if (parser->text[parser->at] != ',')
			return parse_fail(parser, parser->at, "',' or ')' is expected here");
		parser->at++;
		parse_skip_spaces(parser);
		if (parser->at == parser->end)
			return parse_fail(parser, parser->at, "a value is expected here");
	}
	return parser->text[parser->end] || parse_fail(parser, parser->end, "')' is expected here");
}

/* ---- slots ---- */

static size_t slot_size(const struct value_spec *spec)
{
	return spec->is_text ? sizeof(struct captured_text) + (spec->size + 7u) / 8 * 8 : 8;
}

/* The largest last; each aligned to a word. */
static void place_slots(struct value_list *list)
{
	size_t sizes[VALUES_MAX_WRITTEN] = {}, at = 0, last_at = 0;

	for (size_t i = 0; i < list->count; i++)
		sizes[i] = slot_size(&list->specs[i]);
	for (size_t n = 0; n < list->count; n++) {
		size_t smallest = SIZE_MAX, which = 0;

		for (size_t i = 0; i < list->count; i++) {
			if (sizes[i] && sizes[i] < smallest) {
				smallest = sizes[i];
				which = i;
			}
		}
		list->specs[which].at = (uint16_t)at;
		last_at = at;
		at += smallest;
		sizes[which] = 0;
	}
	list->fetch.size = (uint16_t)at;
	list->fetch.shape =
		last_at <= VALUES_SMALL_MAX_AT && list->fetch.num_ops <= VALUES_SMALL_OPS
			? VALUES_SMALL
			: VALUES_LARGE;
	for (uint32_t i = 0; i < list->fetch.num_ops; i++)
		if (list->fetch.ops[i].code >= FETCH_SAVE_WORD)
			list->fetch.ops[i].at = list->specs[list->fetch.ops[i].value].at;
}

/* Each text's slot fits behind any of the max_at, and all of them into the largest record. */
#define MAX_SLOT (sizeof(struct captured_text) + VALUES_STRING_SIZE)
_Static_assert(MAX_SLOT <= VALUES_SMALL_BYTES - VALUES_SMALL_MAX_AT, "slots are too large");
_Static_assert(MAX_SLOT *(VALUES_MAX_WRITTEN - 1) <= VALUES_LARGE_MAX_AT, "slots are too large");

/* ---- all of them ---- */

void value_list_clear(struct value_list *list)
{
	for (size_t i = 0; i < list->num_labels; i++) {
		free(list->labels[i].spec.expr);
		free(list->labels[i].spec.label);
	}
	typed_list_free(list->typed);
	for (size_t i = 0; i < VALUES_MAX_WRITTEN; i++) {
		free(list->specs[i].expr);
		free(list->specs[i].label);
	}
	*list = (struct value_list){};
}

struct error *value_lists_next(struct value_lists *lists, struct value_list **list)
{
	if (lists->count > UINT16_MAX)
		return error_new("there are too many lists of values");
	if (!array_reserve(&lists->items, &lists->capacity, lists->count + 1,
			   sizeof(*lists->items)))
		return error_out_of_memory();
	*list = &lists->items[lists->count++];
	**list = (struct value_list){};
	return NULL;
}

static struct error *add_list(struct value_lists *lists, const struct arch *arch,
			      const char *pattern, size_t begin, size_t end)
{
	struct parser parser = {.arch = arch, .text = pattern, .at = begin + 1, .end = end};
	struct value_list *list;
	struct error *err = value_lists_next(lists, &list);

	if (err)
		return err;
	if (!parse_values(&parser, list)) {
		value_list_clear(list);
		lists->count--;
		return parser.err;
	}
	place_slots(list);
	return NULL;
}

struct error *value_lists_add(struct value_lists *lists, const struct arch *arch,
			      const char *pattern, size_t begin)
{
	size_t number = lists->count, results = results_begin(pattern, begin);
	size_t end = last_end(pattern);
	struct error *err = add_list(lists, arch, pattern, begin,
				     results ? skip_bracket(pattern, begin) - 1 : end);

	if (err || !results)
		return err;
	err = add_list(lists, arch, pattern, results, end);
	if (!err)
		lists->items[number].results = lists->count;
	return err;
}

void value_lists_destroy(struct value_lists *lists)
{
	for (size_t i = 0; i < lists->count; i++)
		value_list_clear(&lists->items[i]);
	free(lists->items);
	*lists = (struct value_lists){};
}

uint16_t value_list_unknown(const struct value_list *list, uint32_t changed_registers)
{
	uint16_t unknown = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->specs[i].registers & changed_registers)
			unknown |= (uint16_t)(1u << i);
	return unknown;
}
