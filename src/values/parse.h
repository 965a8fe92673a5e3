/* SPDX-License-Identifier: MIT */
/* parse.h - inside the room: the text of one value into operations. */
#ifndef VALUES_PARSE_H
#define VALUES_PARSE_H

#include "values/list.h"

/* Reads of memory inside each other. */
#define PARSE_MAX_LOADS 8
/* Brackets and stars, which cost nothing, inside each other. */
#define PARSE_MAX_DEPTH 32

/* What is read, and how far it is read. The first error ends it. */
struct parser {
	const struct arch *arch;
	const char *text; /* the whole pattern */
	size_t at; /* of the next byte */
	size_t end; /* of the list, its closing bracket */
	struct error *err; /* of the place `at` when it was met */
};

/* Always false, so that it can be returned. */
bool parse_fail(struct parser *parser, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void parse_skip_spaces(struct parser *parser);

/* An expression: a first word, and then reads of memory, each at the word before and an offset. */
struct expression {
	struct fetch_op base;
	int64_t loads[PARSE_MAX_LOADS];
	size_t num_loads;
	size_t begin; /* where it stands in the text */
};

/* `length`: of a pair (pointer,length), with has_length. False: parser->err. */
struct value_expression {
	struct expression place, length;
	bool has_length;
};
bool parse_expression(struct parser *parser, struct value_expression *value);

/* "s64", behind the colon. */
struct value_type {
	enum value_kind kind;
	uint16_t size; /* bytes; of a string 0 */
};
bool parse_type(struct parser *parser, struct value_type *type);

#endif
