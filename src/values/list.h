/* SPDX-License-Identifier: MIT */
/*
 * list.h - which values of a call are wanted: what users write behind a function's name, as what the BPF
 * programs do (gofuncgraph/values.h) and what it means.
 *
 *     main.(*T).f(name=+0(%ax):string, n=+16(%ax):s64)(err=%ax:x64)
 *
 * The first list is of arguments, those at the function's first byte; a second one of results, at its
 * `ret`.
 *
 *     list        value[, value]...
 *     value       [label=]expression:type
 *     expression  %register                    what it holds there
 *                 number                       itself, decimal or 0x..., with a sign or without
 *                 number(expression)           what is in memory at the sum of both
 *                 *expression                  the same as +0(expression)
 *                 (expression)
 *                 (expression,expression)      pointer and length, of `string` alone
 *     type        u8 u16 u32 u64 s8 s16 s32 s64 x8 x16 x32 x64 f32 f64 bool
 *                 c8 c16 c32 c64 c128 c256 c512   so many bits of text
 *                 string                       Go's: at the place are its pointer and its length
 *
 * The outermost read of memory is that of the type; all others are of words.
 */
#ifndef VALUES_LIST_H
#define VALUES_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/error.h"
#include "gofuncgraph/maps.h"
#include "gofuncgraph/values.h"

/* Bytes of a string that are fetched. */
#define VALUES_STRING_SIZE 128
/* Of any text. */
#define VALUE_MAX_SIZE 1024

enum value_kind {
	VALUE_UNSIGNED,
	VALUE_SIGNED,
	VALUE_HEX,
	VALUE_FLOAT,
	VALUE_BOOL,
	VALUE_CHARS, /* as many bytes as there are: what is behind them may be zeros */
	VALUE_STRING, /* its length is known */
};

struct typed_list;

/* One value of a list. */
struct value_spec {
	char *expr; /* as the user wrote it */
	char *label; /* what is shown before it: as written, or the expression without its type */
	uint32_t
		registers; /* that it is made of, a bit each, as the instruction set numbers them */
	uint16_t at; /* its slot in captured.bytes */
	uint16_t size; /* of a number in bytes; of a text, that there is room for */
	uint8_t kind; /* enum value_kind */
	bool is_text; /* the slot is a struct captured_text */
};

/* A label of the goroutine that the call begins a tree of. */
struct value_label {
	struct value_spec spec; /* its label is the key */
	uint8_t state; /* which of captured.states is its */
};

struct value_list {
	struct value_spec specs[VALUES_MAX_WRITTEN];
	size_t count;
	/* Number plus one of the list of results that came with it, or that need the dictionary in it; 0: there is
	 * none. */
	size_t results;
	struct value_label labels[MAX_TOLD_LABELS]; /* besides the values */
	size_t num_labels;
	struct value_label id_labels[ID_LABELS]; /* with fetch.has_id_labels */
	struct typed_list *typed; /* values by name and type, and no written ones; or NULL */
	struct fetch_list fetch;
};

/* All that a run asks for, by number. */
struct value_lists {
	struct value_list *items;
	size_t count, capacity;
};

/* Where in a pattern the list of values begins: at its bracket. The pattern's length: it has none. */
size_t value_list_begin(const char *pattern);

/*
 * Adds the list that begins at `begin` (value_list_begin()), and behind it that of the results. The error
 * shows the place in the pattern. An empty list is fine.
 */
struct error *value_lists_add(struct value_lists *lists, const struct arch *arch,
			      const char *pattern, size_t begin);
/* Has labels fetched with the values; `labels`: "KEY" or "KEY=VALUE", as the BPF programs know them by number.
 * Error: there is no room. */
struct error *value_list_add_labels(struct value_list *list, const char *const *labels,
				    size_t num_labels);
/* The next list, still empty, at the end. Only until the next one is it at this address. */
struct error *value_lists_next(struct value_lists *lists, struct value_list **list);
/* It is empty then, and keeps its number. */
void value_list_clear(struct value_list *list);
void value_lists_destroy(struct value_lists *lists);

/* Which values of the list are not known where these registers have been changed, a bit each. */
uint16_t value_list_unknown(const struct value_list *list, uint32_t changed_registers);

#endif
