/* SPDX-License-Identifier: MIT */
/* typed_json.c - the values of a call, one after the other. */
#include "output/typed_json_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "values/inferred.h"

static void put_word(struct json_writing *writing, uint64_t word)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)word);
	json_text(writing->json, text);
}

static void put_inferred_value(struct json_writing *writing, const struct go_value *value,
			       const struct inferred *inferred)
{
	switch (inferred->kind) {
	case INFERRED_UNKNOWN:
		json_put_missing(writing, value->state);
		break;
	case INFERRED_WORDS:
		json_open_value(writing->json, '[');
		put_word(writing, inferred->words[0]);
		writer_put(writing->json->writer, ",", 1);
		put_word(writing, inferred->words[1]);
		json_close(writing->json, ']');
		break;
	case INFERRED_TEXT:
		json_put_text(writing, value);
		break;
	case INFERRED_INTERFACE:
		put_word(writing, inferred->words[1]);
		break;
	}
}

/* With what it is taken for. */
static void put_inferred(struct json_writing *writing, const struct go_value *value)
{
	struct inferred inferred = infer(value);
	bool is_sure = inferred.kind == INFERRED_UNKNOWN || inferred.kind == INFERRED_WORDS;

	if (!is_sure) {
		json_key(writing->json, "type");
		json_put_clean(writing,
			       inferred.kind == INFERRED_TEXT ? "string" : inferred.type->name);
		json_member_true(writing->json, "inferred");
	}
	json_key(writing->json, "value");
	put_inferred_value(writing, value, &inferred);
}

static void put_typed(struct json_writing *writing, const struct go_value *value)
{
	if (*value->type->name && value->type->kind != GO_OPAQUE) {
		json_key(writing->json, "type");
		json_put_clean(writing, value->type->name);
	}
	json_key(writing->json, "value");
	json_put_value(writing, value);
}

void typed_json_put(struct json_writer *json, const struct typed_list *typed,
		    const struct captured *captured)
{
	for (size_t i = 0; i < typed->num_values; i++) {
		_cleanup_free_ struct json_writing *writing = calloc(1, sizeof(*writing));
		struct go_value value = go_value_at(typed, captured, i);

		if (!writing)
			return;
		writing->json = json;
		writing->left = TYPED_JSON_MAX_VALUES;
		writing->state = VALUE_WHOLE;
		json_open(json, '{');
		json_key(json, "name");
		json_put_clean(writing, typed->values[i].name);
		if (typed_is_inferred(&typed->values[i]))
			put_inferred(writing, &value);
		else
			put_typed(writing, &value);
		json_put_states(writing);
		json_close(json, '}');
	}
}

void typed_json_put_named(struct json_writing *writing, const struct typed_list *typed,
			  const struct captured *captured)
{
	for (size_t i = 0; i < typed->num_values; i++) {
		struct go_value value = go_value_at(typed, captured, i);
		const char *name = typed->values[i].name;
		char number[TEXT_NUMBER_SIZE + 1];
		size_t before;

		/* There may be several of these. */
		if (!*name || !strcmp(name, "_")) {
			number[text_format_number(number, i)] = '\0';
			name = number;
		}
		before = json_begin_named(writing, name);
		if (typed_is_inferred(&typed->values[i])) {
			struct inferred inferred = infer(&value);

			put_inferred_value(writing, &value, &inferred);
		} else {
			json_put_value(writing, &value);
		}
		json_leave(writing, before);
	}
}
