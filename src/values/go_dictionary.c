/* SPDX-License-Identifier: MIT */
/* go_dictionary.c - see go_dictionary.h. */
#include "values/go_dictionary.h"

#include <string.h>

#include "values/go_value_internal.h"
#include "values/value.h"

uint64_t go_dictionary(const struct typed_list *typed, const struct captured *captured)
{
	uint8_t piece = typed->dictionary.piece, state;
	const uint8_t *bytes = NULL;
	uint64_t address = 0;
	size_t size = 0;

	if (piece != TYPED_NONE)
		bytes = go_piece_bytes(typed, captured, piece, &size, &state);
	if (bytes && size == sizeof(address))
		memcpy(&address, bytes, sizeof(address));
	return address;
}

void go_dictionary_set(const struct typed_list *typed, struct captured *captured, uint64_t address)
{
	uint8_t number = typed->dictionary.piece;
	const struct typed_piece *piece = &typed->pieces[number == TYPED_NONE ? 0 : number];

	if (number == TYPED_NONE || piece->size != sizeof(address) ||
	    piece->at + sizeof(address) > captured->size)
		return;
	captured->states[number] = VALUE_WHOLE;
	memcpy(captured->bytes + piece->at, &address, sizeof(address));
}

void go_dictionary_hand_on(const struct value_lists *lists, const struct captured *args,
			   struct captured *results)
{
	const struct value_list *from = value_list_of(lists, args);
	const struct value_list *to = value_list_of(lists, results);
	uint64_t address = from && from->typed ? go_dictionary(from->typed, args) : 0;

	if (address && to && to->typed)
		go_dictionary_set(to->typed, results, address);
}

struct go_type *go_own_type(const struct typed_list *typed, const struct captured *captured,
			    const struct typed_value *value)
{
	const struct typed_source *source = &typed->source;
	unsigned word = value->variable->dictionary_word;
	struct typed_value own = {.variable = value->variable};
	const char *path = strchr(value->name, '.');
	uint64_t address = word ? go_dictionary(typed, captured) : 0;

	if (!address || !source->type_in)
		return value->type;
	own.type = source->type_in(source->context, address - captured->bias + (word - 1) * WORD,
				   value->variable->type);
	return own.type && typed_find_inside(&own, path ?: "") ? own.type : value->type;
}
