/* SPDX-License-Identifier: MIT */
/*
 * inferred.h - two words of which nothing says what they are (gobin/argument_types.h): what they hold tells
 * whether they can be a string or an interface.
 */
#ifndef VALUES_INFERRED_H
#define VALUES_INFERRED_H

#include "values/go_value.h"

enum inferred_kind {
	INFERRED_UNKNOWN, /* they are not there */
	INFERRED_WORDS, /* neither */
	INFERRED_TEXT, /* the first points to as many bytes of text as the second says */
	INFERRED_INTERFACE, /* the first leads to a type of the program */
};

struct inferred {
	enum inferred_kind kind;
	uint64_t words[2];
	struct go_type *type; /* of INFERRED_INTERFACE: of its value */
};

struct inferred infer(const struct go_value *value);

#endif
