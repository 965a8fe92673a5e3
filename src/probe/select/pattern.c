/* SPDX-License-Identifier: MIT */
/*
 * pattern.c - wildcards over Go's names.
 *
 * The language is that of fnmatch(3), with two exceptions that Go's names ask for: the star in
 * "(*T" is itself, and a '[' may be itself. fnmatch() is not used, since it takes exponential time
 * for patterns of many stars on names which are hostile input; this takes the product of both
 * lengths at most.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "gofuncgraph/select.h"
#include "probe/select/pattern.h"
#include "values/list.h"

enum token_kind { TOKEN_END, TOKEN_BYTE, TOKEN_ANY, TOKEN_STAR, TOKEN_SET };

struct token {
	uint8_t kind; /* enum token_kind */
	uint8_t byte;
	bool inverted; /* [!...] */
	uint32_t set[8]; /* bit b % 32 of word b / 32: byte b is in it */
};

static bool is_identifier(unsigned char c)
{
	return c == '_' || c >= 0x80 || (c >= '0' && c <= '9') ||
	       ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static void set_add(struct token *token, unsigned from, unsigned to)
{
	for (unsigned b = from; b <= to && b < 256; b++)
		token->set[b / 32] |= 1u << b % 32;
}

/* Reads "[a-z]" or "[!a-z]" at p. Returns its length, or 0 when it is no set: the '[' is itself. */
static size_t parse_set(const char *p, struct token *token)
{
	size_t i = 1, first;

	*token = (struct token){.kind = TOKEN_SET};
	if (p[i] == '!' || p[i] == '^') {
		token->inverted = true;
		i++;
	}
	for (first = i; p[i] && (p[i] != ']' || i == first);) {
		unsigned char from = p[i], to = from;

		if (p[i + 1] == '-' && p[i + 2] && p[i + 2] != ']') {
			to = p[i + 2];
			i += 2;
		}
		set_add(token, from, to);
		i++;
	}
	return p[i] == ']' && i > first ? i + 1 : 0;
}

/* One token a byte of the text at most, and the end. */
static struct token *tokenize(const char *text, bool brackets_are_sets)
{
	struct token *tokens = calloc(strlen(text) + 1, sizeof(*tokens)), *t = tokens;
	size_t length;

	if (!tokens)
		return NULL;
	for (const char *p = text; *p; p++, t++) {
		*t = (struct token){.kind = TOKEN_BYTE, .byte = (uint8_t)*p};
		if (!strncmp(p, "[...]", 5)) {
			/* any instantiation: '[' here, a star, then the ']' in its turn */
			*++t = (struct token){.kind = TOKEN_STAR};
			p += 3;
		} else if (*p == '*' && p > text && p[-1] == '(' && is_identifier(p[1])) {
			continue; /* a pointer receiver: (*T) */
		} else if (*p == '*') {
			t->kind = TOKEN_STAR;
			if (t > tokens && t[-1].kind == TOKEN_STAR)
				t--;
		} else if (*p == '?') {
			t->kind = TOKEN_ANY;
		} else if (*p == '\\' && p[1]) {
			t->byte = (uint8_t)*++p;
		} else if (*p == '[' && brackets_are_sets) {
			length = parse_set(p, t);
			if (length)
				p += length - 1;
			else
				*t = (struct token){.kind = TOKEN_BYTE, .byte = '['};
		}
	}
	t->kind = TOKEN_END;
	return tokens;
}

/* How many bytes of `name` the token takes; 0: it does not match. */
static size_t token_takes(const struct token *token, const char *name, const char *end)
{
	uint8_t byte = (uint8_t)*name;
	size_t length;

	switch (token->kind) {
	case TOKEN_BYTE:
		return token->byte == byte;
	case TOKEN_ANY:
		length = text_utf8_length(name, (size_t)(end - name));
		return length ? length : 1;
	case TOKEN_SET:
		return (token->set[byte / 32] >> byte % 32 & 1) != token->inverted;
	default:
		return 0;
	}
}

/* When something fails behind a star, the star takes one byte more; only the last star has to. */
static bool tokens_match(const struct token *token, const char *name)
{
	const char *end = name + strlen(name), *retry_name = NULL;
	const struct token *retry = NULL;
	size_t taken;

	for (;;) {
		if (token->kind == TOKEN_STAR) {
			retry = token++;
			retry_name = name;
			if (token->kind == TOKEN_END)
				return true;
			continue;
		}
		if (name == end && token->kind == TOKEN_END)
			return true;
		taken = name < end ? token_takes(token, name, end) : 0;
		if (taken) {
			name += taken;
			token++;
		} else if (!retry || retry_name == end) {
			return false;
		} else {
			name = ++retry_name;
			token = retry + 1;
		}
	}
}

struct error *pattern_prepare(const char *text, struct pattern *pattern)
{
	size_t begin;

	memset(pattern, 0, sizeof(*pattern));
	if (*text == '!') {
		pattern->negated = true;
		text++;
	}
	pattern->whole = pattern->text = text;
	begin = value_list_begin(text);
	if (text[begin]) {
		pattern->text = text = pattern->owned = strndup(text, begin);
		if (!text)
			return error_out_of_memory();
		pattern->values_begin = begin;
	}
	pattern->is_literal = !strpbrk(text, "*?[\\");
	pattern->names_vendor = strstr(text, "vendor/");
	if (pattern->is_literal)
		return NULL;
	pattern->glob = tokenize(text, true);
	if (strchr(text, '['))
		pattern->generic = tokenize(text, false);
	if (!pattern->glob || (strchr(text, '[') && !pattern->generic)) {
		pattern_release(pattern);
		return error_out_of_memory();
	}
	return NULL;
}

void pattern_release(struct pattern *pattern)
{
	free(pattern->glob);
	free(pattern->generic);
	free(pattern->owned);
	pattern->glob = pattern->generic = NULL;
	pattern->owned = NULL;
}

bool pattern_is_name(const struct pattern *pattern, const char *name, const char *typed)
{
	return !strcmp(pattern->text, name) || (typed != name && !strcmp(pattern->text, typed));
}

static bool try_spelling(const struct pattern *pattern, const char *name)
{
	return tokens_match(pattern->glob, name) ||
	       (pattern->generic && tokens_match(pattern->generic, name));
}

bool pattern_try(const struct pattern *pattern, const char *name, const char *typed)
{
	if (pattern_is_name(pattern, name, typed))
		return true;
	if (pattern->is_literal || pattern->literally)
		return false;
	return try_spelling(pattern, name) || (typed != name && try_spelling(pattern, typed));
}

static size_t run_length(const struct token *token)
{
	size_t length = 0;

	while (token[length].kind == TOKEN_BYTE)
		length++;
	return length;
}

size_t pattern_next_fragment(const struct pattern *pattern, size_t *at, char *fragment)
{
	const struct token *token = pattern->glob ? pattern->glob + *at : NULL;

	while (token && token->kind != TOKEN_END) {
		size_t length = run_length(token);

		for (size_t i = 0; i < length; i++)
			fragment[i] = (char)token[i].byte;
		token += length ? length : 1;
		*at = (size_t)(token - pattern->glob);
		/* What is outside of sets reads the same where '[' is taken as itself. */
		if (length)
			return length;
	}
	return 0;
}

const char *name_as_typed(const char *name, char **buffer, size_t *capacity)
{
	size_t length = strlen(name);
	char *out;

	if (length >= 5 && !strcmp(name + length - 5, ".abi0"))
		length -= 5;
	else if (!strchr(name, '%'))
		return name;
	if (!array_reserve(buffer, capacity, length + 1, 1))
		return NULL;
	out = *buffer;
	for (size_t i = 0; i < length; i++, out++) {
		*out = name[i];
		if (name[i] == '%' && i + 2 < length) {
			int high = text_hex_digit(name[i + 1]), low = text_hex_digit(name[i + 2]);

			if (high < 0 || low < 0 || (!high && !low))
				continue;
			*out = (char)(high << 4 | low);
			i += 2;
		}
	}
	*out = '\0';
	return *buffer;
}

bool name_is_vendored(const char *name)
{
	size_t path = strcspn(name, "[("); /* type arguments and receivers are no package path */

	bool of_type = !strncmp(name, "type:", 5); /* type:.eq.vendor/... */

	for (const char *p = name; (p = strstr(p, "vendor/")) && (size_t)(p - name) < path; p++) {
		if (p == name || p[-1] == '/' || (of_type && p[-1] == '.'))
			return true;
	}
	return false;
}

bool pattern_matches(const char *text, const char *name)
{
	_cleanup_(pattern_release) struct pattern pattern = {0};
	_cleanup_free_ char *buffer = NULL;
	size_t capacity = 0;
	const char *typed;

	error_free(pattern_prepare(text, &pattern));
	typed = name_as_typed(name, &buffer, &capacity);
	if ((!pattern.is_literal && !pattern.glob) || !typed)
		return false; /* out of memory */
	return pattern_try(&pattern, name, typed);
}
