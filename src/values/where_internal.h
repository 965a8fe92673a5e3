/* SPDX-License-Identifier: MIT */
/* where_internal.h - inside the room: a condition as it was read. */
#ifndef VALUES_WHERE_INTERNAL_H
#define VALUES_WHERE_INTERNAL_H

#include "values/typed.h"
#include "values/where.h"

#define WHERE_MAX_COMPARISONS 16
#define WHERE_MAX_DEPTH       32
/* With those of labels. */
#define WHERE_MAX_ALL (WHERE_MAX_COMPARISONS + MAX_TOLD_LABELS)

/* Besides those of enum outcome: how a value may lie to a constant. */
enum where_outcome {
	OUTCOME_UNORDERED = 1 << 3, /* NaN */
	OUTCOME_LIKE = 1 << 4, /* a text is like the pattern */
	OUTCOME_UNLIKE = 1 << 5,
};
#define OUTCOME_UNEQUAL (OUTCOME_LESS | OUTCOME_GREATER | OUTCOME_UNORDERED)
#define OUTCOME_ANY     (OUTCOME_LESS | OUTCOME_EQUAL | OUTCOME_GREATER)

enum where_constant { WHERE_NUMBER, WHERE_TEXT, WHERE_BOOL, WHERE_NIL };

/* A value compared to a constant. */
struct where_comparison {
	char *name;
	size_t name_at, constant_at; /* in the text */
	bool is_known; /* a function was looked up that has it */
	char *misfit; /* why the first value of that name that does not suit does not; or NULL */
	bool is_opaque; /* that value is compared to nothing */
	char *other_names; /* what the first function has that has not this one: typed_explain() */
	bool is_label; /* the name is the key of a label */
	bool is_alone; /* no comparison was written: it is one to true, or to false */
	uint8_t wanted; /* enum outcome and where_outcome, a bit each */
	uint8_t constant; /* enum where_constant */
	/* WHERE_NUMBER: its sign apart, as an integer if it is one (`is_integer`), and as it is. */
	bool is_negative, is_integer;
	uint64_t number; /* WHERE_BOOL: 0 or 1 */
	double real;
	char *text; /* WHERE_TEXT; no string: it may hold any byte */
	size_t text_size;
};

enum where_step { STEP_COMPARE, STEP_AND, STEP_OR };

struct where {
	char *text; /* as the user wrote it */
	struct where_comparison comparisons[WHERE_MAX_ALL];
	size_t num_comparisons;
	/* What is to be done, as on a stack; there is no "not": each comparison has been turned over
	 * instead. A STEP_COMPARE is of the next comparison. */
	uint8_t steps[2 * WHERE_MAX_ALL];
	size_t num_steps;
	size_t num_unfit; /* functions for which it cannot be decided, as a value has another type */
	char *first_unfit; /* of those, and why; or NULL */
};

/* A value that a condition names. */
struct where_value {
	struct value_spec spec; /* its kind and size; nothing in it is owned */
	size_t index; /* in the list */
	bool is_typed; /* it is known by name and type */
	bool is_opaque; /* it is compared to nothing: a struct */
	bool is_nil_alone; /* it is compared to nil, and to nothing else */
};

/* False: the list, which may be NULL, has no value of that name that can be compared so. */
bool where_find(const struct value_list *list, const struct where_comparison *comparison,
		struct where_value *value);

/* ---- by name and type ---- */

/* What is compared to such a constant; a slice of bytes to a text is one, too. False: it is compared to nothing. */
bool where_typed_spec(struct go_type *type, enum where_constant constant, struct value_spec *spec);
/* A slice, for instance; but a pointer is a number, too. */
bool where_is_nil_alone(const struct go_type *type);
/* What was captured of it; good as long as `value` is. */
struct value where_typed_read(const struct value_list *list, struct where_value *value,
			      const struct captured *captured);
/* Hands on the operations that lead to it: the word is in use then, and a text's length. False: they do not,
 * and what was added is of no use. */
bool where_typed_fetch(const struct value_list *list, const struct where_value *value,
		       bool (*add_op)(void *context, struct fetch_op op), void *context);

/* A pattern of `~`. */
bool where_is_like(const char *pattern, size_t pattern_size, const char *text, size_t text_size);
/* What a text must begin with to be like it, without what escapes it; in `prefix`, which has room for the
 * pattern. *is_all: nothing else is asked of it. */
size_t where_prefix(const struct where_comparison *comparison, char *prefix, bool *is_all);

#endif
