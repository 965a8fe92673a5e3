/* SPDX-License-Identifier: MIT */
/* where_parse.c - the text of a condition; see where.h for the language. */
#include "values/where_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

struct reader {
	struct where *where;
	const char *text;
	size_t at;
	struct error *err; /* the first one */
};

/* Always false. */
static bool fail(struct reader *reader, size_t at, const char *what)
{
	if (!reader->err)
		reader->err = error_in_text(reader->text, at, "%s", what);
	return false;
}

static char peek(struct reader *reader)
{
	reader->at += strspn(reader->text + reader->at, " \t");
	return reader->text[reader->at];
}

static bool take(struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	peek(reader);
	if (strncmp(reader->text + reader->at, word, length))
		return false;
	reader->at += length;
	return true;
}

/* ---- constants ---- */

static bool is_name_byte(char byte)
{
	return byte && !strchr(" \t()!=<>~&|\"", byte);
}

static size_t word_length(const struct reader *reader)
{
	size_t length = 0;

	while (is_name_byte(reader->text[reader->at + length]))
		length++;
	return length;
}

/* Behind a backslash; "\x41". */
static bool read_escape(struct reader *reader, char *byte)
{
	static const char escapes[] = "nt\"\\*?r", bytes[] = "\n\t\"\\*?\r";
	const char *text = reader->text + reader->at,
		   *found = *text ? strchr(escapes, *text) : NULL;

	if (found) {
		*byte = bytes[found - escapes];
		reader->at++;
		return true;
	}
	if (*text != 'x' || text_hex_digit(text[1]) < 0 || text_hex_digit(text[2]) < 0)
		return fail(reader, reader->at,
			    "there is no such escape: \\n, \\t, \\\", \\\\ or \\x41");
	*byte = (char)(text_hex_digit(text[1]) << 4 | text_hex_digit(text[2]));
	reader->at += 3;
	return true;
}

/* In a pattern, what is escaped stays so: a star that stands for itself. */
static bool read_text(struct reader *reader, struct where_comparison *comparison, bool is_pattern)
{
	size_t begin = reader->at++;

	comparison->constant = WHERE_TEXT;
	comparison->text = malloc(2 * strlen(reader->text + begin));
	if (!comparison->text) {
		reader->err = error_out_of_memory();
		return false;
	}
	for (;;) {
		char byte = reader->text[reader->at];

		if (!byte)
			return fail(reader, begin, "this text has no end: '\"' is missing");
		reader->at++;
		if (byte == '"')
			return true;
		if (byte == '\\') {
			if (!read_escape(reader, &byte))
				return false;
			if (is_pattern && strchr("*?\\", byte))
				comparison->text[comparison->text_size++] = '\\';
		}
		comparison->text[comparison->text_size++] = byte;
	}
}

static bool read_number(struct reader *reader, struct where_comparison *comparison)
{
	size_t begin = reader->at, length;
	const char *digits = reader->text + begin;
	char *end;
	bool is_hex;

	comparison->constant = WHERE_NUMBER;
	comparison->is_negative = *digits == '-';
	digits += *digits == '-' || *digits == '+';
	reader->at += (size_t)(digits - (reader->text + begin));
	length = word_length(reader);
	is_hex = digits[0] == '0' && (digits[1] | 32) == 'x';
	if (*digits < '0' || *digits > '9')
		return fail(reader, reader->at, "a number is expected here");
	errno = 0;
	comparison->number = strtoull(digits, &end, is_hex ? 16 : 10);
	comparison->is_integer = end == digits + length;
	if (comparison->is_integer && errno)
		return fail(reader, begin, "this number has more than 64 bits");
	/* there is no -0 */
	comparison->is_negative &= !comparison->is_integer || comparison->number;
	comparison->real = strtod(digits, &end) * (comparison->is_negative ? -1 : 1);
	if (!comparison->is_integer && end != digits + length)
		return fail(reader, begin, "this is no number");
	reader->at += length;
	return true;
}

static bool is_word(const struct reader *reader, const char *word)
{
	return word_length(reader) == strlen(word) &&
	       text_starts_with(reader->text + reader->at, word);
}

static bool at_constant(struct reader *reader)
{
	char byte = peek(reader);

	return byte == '"' || (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' ||
	       is_word(reader, "true") || is_word(reader, "false") || is_word(reader, "nil");
}

static bool read_constant(struct reader *reader, struct where_comparison *comparison,
			  bool is_pattern)
{
	char byte = peek(reader);

	comparison->constant_at = reader->at;
	if (!at_constant(reader))
		return fail(
			reader, reader->at,
			byte == '\''
				? "a text is written in double quotes: \"...\""
				: "a number, a text in \"quotes\", true, false or nil is expected here");
	if (byte == '"')
		return read_text(reader, comparison, is_pattern);
	if (byte != 't' && byte != 'f' && byte != 'n')
		return read_number(reader, comparison);
	comparison->constant = byte == 'n' ? WHERE_NIL : WHERE_BOOL;
	comparison->number = byte == 't';
	reader->at += word_length(reader);
	return true;
}

/* ---- comparisons ---- */

struct relation {
	const char *text;
	uint8_t wanted, opposite;
};

/* Those that another one begins with come behind it. */
static const struct relation relations[] = {
	{"==", OUTCOME_EQUAL, OUTCOME_UNEQUAL},
	{"!=", OUTCOME_UNEQUAL, OUTCOME_EQUAL},
	{"!~", OUTCOME_UNLIKE, OUTCOME_LIKE},
	{"~", OUTCOME_LIKE, OUTCOME_UNLIKE},
	{"<=", OUTCOME_LESS | OUTCOME_EQUAL, OUTCOME_GREATER | OUTCOME_UNORDERED},
	{">=", OUTCOME_GREATER | OUTCOME_EQUAL, OUTCOME_LESS | OUTCOME_UNORDERED},
	{"<", OUTCOME_LESS, OUTCOME_EQUAL | OUTCOME_GREATER | OUTCOME_UNORDERED},
	{">", OUTCOME_GREATER, OUTCOME_EQUAL | OUTCOME_LESS | OUTCOME_UNORDERED},
};

static const struct relation *take_relation(struct reader *reader)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++)
		if (take(reader, relations[i].text))
			return &relations[i];
	return NULL;
}

static bool read_name(struct reader *reader, struct where_comparison *comparison)
{
	size_t length;

	peek(reader);
	length = word_length(reader);
	comparison->name_at = reader->at;
	if (!length)
		return fail(reader, reader->at, "the name of a value is expected here");
	comparison->name = strndup(reader->text + reader->at, length);
	if (!comparison->name)
		reader->err = error_out_of_memory();
	reader->at += length;
	return comparison->name;
}

/* What is less than a constant, the constant is greater than. */
static uint8_t mirrored(uint8_t wanted)
{
	uint8_t both = OUTCOME_LESS | OUTCOME_GREATER;

	return (wanted & both) && (wanted & both) != both ? wanted ^ both : wanted;
}

/* ".URL", but not ".e5" of a number. */
static bool is_field(const char *text)
{
	return text[0] == '.' && (isalpha((unsigned char)text[1]) || text[1] == '_') &&
	       !((text[1] | 32) == 'e' && isdigit((unsigned char)text[2]));
}

/* "2" or "2.URL.Path" before a constant: parameters without a name are called by their numbers. */
static bool at_number_name(struct reader *reader)
{
	struct reader ahead = *reader;
	size_t length;

	peek(&ahead);
	length = strspn(ahead.text + ahead.at, "0123456789");
	if (!length || (length != word_length(&ahead) && !is_field(ahead.text + ahead.at + length)))
		return false;
	ahead.at += word_length(&ahead);
	return take_relation(&ahead) && at_constant(&ahead);
}

static const char no_relation[] = "a comparison is expected here: ==, !=, <, <=, >, >=, ~ or !~";

static bool read_comparison(struct reader *reader, struct where_comparison *comparison, bool negate)
{
	const struct relation *relation;
	size_t begin;

	if (at_constant(reader) && !at_number_name(reader)) {
		if (!read_constant(reader, comparison, false))
			return false;
		peek(reader);
		begin = reader->at;
		relation = take_relation(reader);
		if (!relation || relation->wanted & (OUTCOME_LIKE | OUTCOME_UNLIKE))
			return fail(reader, begin, no_relation);
		comparison->wanted = mirrored(negate ? relation->opposite : relation->wanted);
		return read_name(reader, comparison);
	}
	if (!read_name(reader, comparison))
		return false;
	relation = take_relation(reader);
	if (!relation && peek(reader) == '=')
		return fail(reader, reader->at, "that a value is equal is written ==");
	if (!relation && peek(reader) == '(')
		return fail(reader, reader->at, "there are no functions in conditions");
	if (!relation && strchr(comparison->name, '['))
		return fail(reader, comparison->name_at,
			    "elements cannot be asked for, fields can");
	if (!relation) {
		comparison->is_alone = true;
		comparison->constant = WHERE_BOOL;
		comparison->number = !negate;
		comparison->wanted = OUTCOME_EQUAL;
		return true;
	}
	comparison->wanted = negate ? relation->opposite : relation->wanted;
	return read_constant(reader, comparison,
			     relation->wanted & (OUTCOME_LIKE | OUTCOME_UNLIKE));
}

/* ---- the whole ---- */

static void add_step(struct reader *reader, enum where_step step)
{
	reader->where->steps[reader->where->num_steps++] = (uint8_t)step;
}

static bool read_any(struct reader *reader, bool negate, unsigned depth);

/* "!=" and "!~" come behind a name only. */
static bool read_one(struct reader *reader, bool negate, unsigned depth)
{
	struct where *where = reader->where;

	if (depth == WHERE_MAX_DEPTH)
		return fail(reader, reader->at, "this is nested too deeply");
	if (take(reader, "!"))
		return read_one(reader, !negate, depth + 1);
	if (take(reader, "("))
		return read_any(reader, negate, depth + 1) &&
		       (take(reader, ")") || fail(reader, reader->at, "')' is expected here"));
	if (where->num_comparisons == WHERE_MAX_COMPARISONS)
		return fail(reader, reader->at, "at most 16 comparisons make a condition");
	add_step(reader, STEP_COMPARE);
	return read_comparison(reader, &where->comparisons[where->num_comparisons++], negate);
}

static bool read_all(struct reader *reader, bool negate, unsigned depth)
{
	if (!read_one(reader, negate, depth))
		return false;
	while (take(reader, "&&")) {
		if (!read_one(reader, negate, depth))
			return false;
		add_step(reader, negate ? STEP_OR : STEP_AND);
	}
	return true;
}

static bool read_any(struct reader *reader, bool negate, unsigned depth)
{
	if (!read_all(reader, negate, depth))
		return false;
	while (take(reader, "||")) {
		if (!read_all(reader, negate, depth))
			return false;
		add_step(reader, negate ? STEP_AND : STEP_OR);
	}
	return true;
}

struct error *where_parse(const char *text, struct where **where)
{
	struct reader reader = {.text = text, .where = calloc(1, sizeof(*reader.where))};

	*where = NULL;
	if (!reader.where)
		return error_out_of_memory();
	reader.where->text = strdup(text);
	if (!reader.where->text)
		reader.err = error_out_of_memory();
	else if (read_any(&reader, false, 0) && peek(&reader))
		fail(&reader, reader.at,
		     reader.text[reader.at] == ')' ? "there is no '(' to this one"
						   : "&& or || is expected here");
	if (reader.err) {
		where_free(reader.where);
		return reader.err;
	}
	*where = reader.where;
	return NULL;
}

void where_free(struct where *where)
{
	if (!where)
		return;
	for (size_t i = 0; i < where->num_comparisons; i++) {
		free(where->comparisons[i].name);
		free(where->comparisons[i].misfit);
		free(where->comparisons[i].other_names);
		free(where->comparisons[i].text);
	}
	free(where->first_unfit);
	free(where->text);
	free(where);
}
