/* SPDX-License-Identifier: MIT */
/*
 * where.h - conditions on the values of a call: which trees are wanted (--where).
 *
 *     method == "POST" && (size > 4096 || err != nil)
 *
 *     condition   all [|| all]...
 *     all         one [&& one]...
 *     one         !one | (condition) | name | name comparison constant | constant comparison name
 *     comparison  == != < <= > >= and, of a text, ~ and !~: it is like a pattern with * and ?
 *     constant    a number, "a text", true, false, nil
 *
 * A name is the label of a value; one of the arguments goes before one of the results. A name alone is a
 * value of type bool. A number in its place is the name of a parameter that has none.
 *
 * What is not known satisfies nothing, and its opposite neither: a condition holds, does not, or cannot be
 * told. What can be told at a call's entry is decided in the kernel (struct condition), as far as it is
 * simple enough: other calls then cost nothing more.
 */
#ifndef VALUES_WHERE_H
#define VALUES_WHERE_H

#include <stdbool.h>

#include "base/error.h"
#include "values/list.h"
#include "values/value.h"

enum where_answer { WHERE_NO, WHERE_YES, WHERE_UNKNOWN };

struct where;
struct go_signature;

/* Errors show the place in the text. */
struct error *where_parse(const char *text, struct where **where);
void where_free(struct where *where); /* NULL is fine */
/* And that a label ("KEY=VALUE") has this value; *where may be NULL. */
struct error *where_add_label(struct where **where, const char *label);
/* That of --where (NULL: none), and of those labels that have a value. NULL: there is no condition. */
struct error *where_make(const char *text, const char *const *labels, size_t num_labels,
			 struct where **where);

/*
 * Looks up the names among the values of a function; `results`: NULL if it has no list of those. *has_any: one of the
 * names at least is known, and of a value that can be compared so. Error: out of memory.
 */
struct error *where_look_up(struct where *where, const char *function,
			    const struct value_list *args, const struct value_list *results,
			    bool *has_any);
/* How many of the functions have values of types that cannot be compared so, and the first one's name and why. NULL: none. */
const char *where_unfit(const struct where *where, size_t *num_functions);
/* The names of values that it is about; NULL: there are no more. */
const char *where_name(struct where *where, size_t index);
/* What a function has is told if no target has a value of that name. */
void where_note_names(struct where *where, size_t index, const struct go_signature *signature,
		      const char *function);
/* An error if a name was found in none of the lists that were looked up, or nowhere can be compared so. */
struct error *where_check_names(const struct where *where);

/*
 * The part of it that the kernel can decide, at the entry of a function with these values: what does not
 * satisfy that does not satisfy the whole. With no operations if there is no such part. True: it is the
 * whole.
 */
bool where_compile(const struct where *where, const struct value_list *args,
		   const struct value_list *results, struct condition *condition);

/* Of a call; either may be NULL, what it would have said is not known then. */
enum where_answer where_judge(const struct where *where, const struct value_lists *lists,
			      const struct captured *args, const struct captured *results);

#endif
