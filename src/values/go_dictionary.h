/* SPDX-License-Identifier: MIT */
/*
 * go_dictionary.h - the dictionary of types that a generic function was called with.
 *
 * It is captured with the arguments. Where the call returns, nobody knows any more where it was, so that what was
 * captured of results has a place for it, which is filled in by who knows both.
 */
#ifndef VALUES_GO_DICTIONARY_H
#define VALUES_GO_DICTIONARY_H

#include "values/typed.h"

/* Its address; 0: it is not known. */
uint64_t go_dictionary(const struct typed_list *typed, const struct captured *captured);
/* Results are of a call with this one. Nothing happens if there is no place for it. */
void go_dictionary_set(const struct typed_list *typed, struct captured *results, uint64_t address);

/* The results are of the call that these were the arguments of: where its dictionary is known, so are their types. `args`
 * and `lists` may be NULL. */
void go_dictionary_hand_on(const struct value_lists *lists, const struct captured *args,
			   struct captured *results);

#endif
