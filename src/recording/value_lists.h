/* SPDX-License-Identifier: MIT */
/* value_lists.h - a list of values as bytes, and back: what is needed of it to read what was captured. */
#ifndef RECORDING_VALUE_LISTS_H
#define RECORDING_VALUE_LISTS_H

#include "base/bytes.h"
#include "types/go_types.h"
#include "values/typed.h"

/* The numbers of its types come from `number_of`. */
void value_list_write(const struct value_list *list, struct bytes *bytes,
		      uint64_t (*number_of)(void *context, struct go_type *type), void *context);

/* What a list that is read is about. */
struct value_list_types {
	void *context;
	struct go_type *(*type_of)(void *context, uint64_t number); /* NULL: unknown */
	struct go_types *types; /* has memory that lives as long as they do */
	struct typed_source source;
};

/* Into one that is empty. `failed`: it is none, or there is no memory, and it stays empty. */
void value_list_read(struct cursor *cursor, const struct value_list_types *types,
		     struct value_list *list);

/* What of its types is in dictionaries, of one that has any; and back. */
void value_list_write_dictionary(const struct typed_list *typed, struct bytes *bytes);
void value_list_read_dictionary(struct cursor *cursor, struct go_types *types,
				struct typed_list *typed);

#endif
