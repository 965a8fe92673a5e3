/* SPDX-License-Identifier: MIT */
/* parse.c - expressions and types; see list.h for the language. */
#include "values/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool parse_fail(struct parser *parser, size_t at, const char *format, ...)
{
	char what[192];
	va_list args;

	if (parser->err)
		return false;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	parser->err = error_in_text(parser->text, at, "%s", what);
	return false;
}

/* ---- words ---- */

static char next(const struct parser *parser)
{
	return parser->at < parser->end ? parser->text[parser->at] : '\0';
}

void parse_skip_spaces(struct parser *parser)
{
	while (next(parser) == ' ' || next(parser) == '\t')
		parser->at++;
}

/* The next byte that is no space. */
static char peek(struct parser *parser)
{
	parse_skip_spaces(parser);
	return next(parser);
}

static bool take(struct parser *parser, char byte)
{
	if (peek(parser) != byte)
		return false;
	parser->at++;
	return true;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_word(char byte)
{
	return is_digit(byte) || byte == '_' || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

static size_t word_length(const struct parser *parser)
{
	size_t length = 0;

	while (parser->at + length < parser->end && is_word(parser->text[parser->at + length]))
		length++;
	return length;
}

/* "+16", "-0x10", "7". */
static bool parse_number(struct parser *parser, int64_t *number)
{
	size_t begin = parser->at;
	bool is_negative = next(parser) == '-', is_too_large = false;
	uint64_t value = 0, base = 10;

	parser->at += is_negative || next(parser) == '+';
	if (next(parser) == '0' && parser->at + 1 < parser->end &&
	    (parser->text[parser->at + 1] | 32) == 'x') {
		base = 16;
		parser->at += 2;
	}
	if (!word_length(parser))
		return parse_fail(parser, parser->at, "a number is expected here");
	for (char byte; is_word(byte = next(parser)); parser->at++) {
		uint64_t digit = is_digit(byte) ? (uint64_t)(byte - '0')
						: (uint64_t)((byte | 32) - 'a' + 10);

		if (byte == '_' || digit >= base)
			return parse_fail(parser, parser->at, "this is no digit of a %s number",
					  base == 16 ? "hexadecimal" : "decimal");
		is_too_large |= __builtin_mul_overflow(value, base, &value) ||
				__builtin_add_overflow(value, digit, &value);
	}
	if (is_too_large || (is_negative && value > (uint64_t)INT64_MAX + 1))
		return parse_fail(parser, begin, "this number has more than 64 bits");
	*number = (int64_t)(is_negative ? -value : value);
	return true;
}

/* ---- expressions ---- */

static bool add_load(struct parser *parser, size_t at, struct expression *expression,
		     int64_t offset)
{
	if (expression->num_loads == PARSE_MAX_LOADS)
		return parse_fail(parser, at, "at most %d reads of memory may be inside each other",
				  PARSE_MAX_LOADS);
	expression->loads[expression->num_loads++] = offset;
	return true;
}

static bool parse_inner(struct parser *parser, struct expression *expression, unsigned depth);

static bool parse_bracket(struct parser *parser, struct expression *expression, unsigned depth)
{
	if (!parse_inner(parser, expression, depth))
		return false;
	return take(parser, ')') || parse_fail(parser, parser->at, "')' is expected here");
}

static bool parse_register(struct parser *parser, struct expression *expression)
{
	size_t begin = parser->at, length;
	int number;

	parser->at += next(parser) == '%';
	length = word_length(parser);
	if (!length)
		return parse_fail(parser, parser->at,
				  parser->at > begin
					  ? "the name of a register is expected here"
					  : "a register, a number, '*' or '(' is expected here");
	number = parser->arch->register_number(parser->text + parser->at, length);
	if (number == ARCH_FLOAT_REGISTER)
		return parse_fail(
			parser, begin,
			"registers of floating-point numbers cannot be read by BPF programs");
	if (number == ARCH_NO_REGISTER)
		return parse_fail(parser, begin, "%s has no register of this name: %s",
				  parser->arch->name, parser->arch->register_names);
	parser->at += length;
	if (number == ARCH_STACK_REGISTER)
		expression->base.code = FETCH_STACK_POINTER;
	else
		expression->base =
			(struct fetch_op){.code = FETCH_REGISTER, .reg = (uint8_t)number};
	return true;
}

static bool parse_number_or_load(struct parser *parser, struct expression *expression,
				 unsigned depth)
{
	size_t begin = parser->at;
	int64_t number = 0;

	if (!parse_number(parser, &number))
		return false;
	if (!take(parser, '(')) {
		expression->base = (struct fetch_op){.code = FETCH_CONSTANT, .number = number};
		return true;
	}
	return parse_bracket(parser, expression, depth) &&
	       add_load(parser, begin, expression, number);
}

static bool parse_inner(struct parser *parser, struct expression *expression, unsigned depth)
{
	char byte = peek(parser);
	size_t begin = parser->at;

	if (depth == PARSE_MAX_DEPTH)
		return parse_fail(parser, begin, "this is nested too deeply");
	if (take(parser, '*'))
		return parse_inner(parser, expression, depth + 1) &&
		       add_load(parser, begin, expression, 0);
	if (take(parser, '('))
		return parse_bracket(parser, expression, depth + 1);
	if (byte == '+' || byte == '-' || is_digit(byte))
		return parse_number_or_load(parser, expression, depth + 1);
	return parse_register(parser, expression);
}

/* "(pointer,length)", behind its bracket, or what else that begins. */
static bool parse_pair(struct parser *parser, struct value_expression *value)
{
	if (!parse_inner(parser, &value->place, 1))
		return false;
	if (take(parser, ',')) {
		parse_skip_spaces(parser);
		value->has_length = true;
		value->length.begin = parser->at;
		if (!parse_inner(parser, &value->length, 1))
			return false;
	}
	return take(parser, ')') || parse_fail(parser, parser->at, "')' is expected here");
}

bool parse_expression(struct parser *parser, struct value_expression *value)
{
	*value = (struct value_expression){};
	parse_skip_spaces(parser);
	value->place.begin = parser->at;
	return take(parser, '(') ? parse_pair(parser, value)
				 : parse_inner(parser, &value->place, 0);
}

/* ---- types ---- */

struct named_type {
	const char *name;
	struct value_type type;
};

static const struct named_type types[] = {
	{"u8", {VALUE_UNSIGNED, 1}},  {"u16", {VALUE_UNSIGNED, 2}},  {"u32", {VALUE_UNSIGNED, 4}},
	{"u64", {VALUE_UNSIGNED, 8}}, {"s8", {VALUE_SIGNED, 1}},     {"s16", {VALUE_SIGNED, 2}},
	{"s32", {VALUE_SIGNED, 4}},   {"s64", {VALUE_SIGNED, 8}},    {"x8", {VALUE_HEX, 1}},
	{"x16", {VALUE_HEX, 2}},      {"x32", {VALUE_HEX, 4}},       {"x64", {VALUE_HEX, 8}},
	{"f32", {VALUE_FLOAT, 4}},    {"f64", {VALUE_FLOAT, 8}},     {"bool", {VALUE_BOOL, 1}},
	{"c8", {VALUE_CHARS, 1}},     {"c16", {VALUE_CHARS, 2}},     {"c32", {VALUE_CHARS, 4}},
	{"c64", {VALUE_CHARS, 8}},    {"c128", {VALUE_CHARS, 16}},   {"c256", {VALUE_CHARS, 32}},
	{"c512", {VALUE_CHARS, 64}},  {"string", {VALUE_STRING, 0}},
};

bool parse_type(struct parser *parser, struct value_type *type)
{
	size_t length;

	parse_skip_spaces(parser);
	length = word_length(parser);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strlen(types[i].name) != length ||
		    memcmp(types[i].name, parser->text + parser->at, length))
			continue;
		*type = types[i].type;
		parser->at += length;
		return true;
	}
	return parse_fail(
		parser, parser->at,
		"a type is expected here: u8 to u64, s8 to s64, x8 to x64, f32, f64, bool, c8 to c512 or string");
}
