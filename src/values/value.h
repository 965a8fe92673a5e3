/* SPDX-License-Identifier: MIT */
/*
 * value.h - one value that was fetched, and how it is written.
 *
 * What was captured is input like any other: states, sizes and lengths may be anything.
 */
#ifndef VALUES_VALUE_H
#define VALUES_VALUE_H

#include "values/list.h"

struct value {
	const struct value_spec *spec;
	uint8_t state; /* enum value_state */
	uint64_t bits; /* of a number, as many as it has */
	/* Of a text: what is there of it, in the captured bytes, and its length in the program. */
	const char *text;
	size_t size;
	uint64_t length;
};

/* What these values are, NULL: nobody knows, or there are none. Both may be NULL. */
static inline const struct value_list *value_list_of(const struct value_lists *lists,
						     const struct captured *captured)
{
	return captured && lists && captured->list < lists->count ? &lists->items[captured->list]
								  : NULL;
}

/* Of a value_list that captured->list names. `bytes`: that there are of captured->bytes. */
struct value value_read(const struct value_list *list, const struct captured *captured,
			size_t bytes, size_t index);
/* The same of one of the list's labels; it is VALUE_NIL where the goroutine has none. */
struct value value_read_label(const struct value_label *label, const struct captured *captured,
			      size_t bytes);

/* The number that its bits are, of a VALUE_SIGNED and of a VALUE_FLOAT. */
int64_t value_signed(const struct value *value);
double value_real(const struct value *value);

/* Of a text of which only so many bytes are there: a last character that was cut off belongs to the rest. */
size_t value_without_cut_character(const char *text, size_t size);

/* As a number or a word, without a NUL: "-7", "0x1f", "3.5", "true", "nil", "unreadable", "?". */
#define VALUE_WORD_SIZE 40
size_t value_put_word(const struct value *value, char to[VALUE_WORD_SIZE]);

/* True of what value_put_text() is for: a text of which something is there. */
bool value_is_text(const struct value *value);
/*
 * Between quotes, as Go writes it: what is no printable UTF-8 as \n, \t or \xNN, byte by byte. Behind
 * it, of what is not whole, "..." and how many bytes more there are, "...+72". At most `max_bytes` of it
 * are shown, which are fewer then. Without a NUL, in at most VALUE_TEXT_SIZE bytes.
 */
#define VALUE_TEXT_SIZE (4 * VALUE_MAX_SIZE + 32)
size_t value_put_text(const struct value *value, size_t max_bytes, char to[VALUE_TEXT_SIZE]);

/* The same between quotes of JSON: nothing is lost but what is no UTF-8, which is U+FFFD. */
#define VALUE_JSON_SIZE (6 * VALUE_MAX_SIZE + 2)
size_t value_put_json_text(const struct value *value, char to[VALUE_JSON_SIZE]);

/* "truncated", for JSON, of enum value_state; NULL: VALUE_WHOLE. */
const char *value_state_text(uint8_t state);
/* The same of a value; NULL: it is whole. */
const char *value_state_name(const struct value *value);

/* False: in JSON its word is between quotes. */
bool value_word_is_json(const struct value *value);

#endif
