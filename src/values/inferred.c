/* SPDX-License-Identifier: MIT */
/* inferred.c - see inferred.h. */
#include "values/inferred.h"

#include <string.h>

#include "base/text.h"

#define WORD 8
/* A number that is larger is none of bytes, more likely. */
#define MAX_LENGTH (1u << 20)

static bool is_text(const char *text, size_t size)
{
	for (size_t at = 0, length; at < size; at += length) {
		length = text_utf8_length(text + at, size - at);
		if (!length || (!text_is_clean(text + at, length) && !strchr("\t\r\n", text[at])))
			return false;
	}
	return true;
}

static bool may_be_string(const struct go_value *value, uint64_t length)
{
	struct value_spec spec;
	struct value text;

	if (!length || length > MAX_LENGTH)
		return false;
	go_value_text(value, &spec, &text);
	return text.text && text.size && is_text(text.text, text.size);
}

struct inferred infer(const struct go_value *value)
{
	const struct typed_source *source = &value->typed->source;
	struct inferred inferred = {};

	if (value->state != VALUE_WHOLE)
		return inferred;
	inferred.kind = INFERRED_WORDS;
	for (size_t i = 0; i < 2; i++)
		inferred.words[i] = go_value_word(value, i * WORD, WORD);
	if (source->interface_type)
		inferred.type = source->interface_type(source->context,
						       inferred.words[0] - value->captured->bias);
	if (inferred.type)
		inferred.kind = INFERRED_INTERFACE;
	else if (may_be_string(value, inferred.words[1]))
		inferred.kind = INFERRED_TEXT;
	return inferred;
}
