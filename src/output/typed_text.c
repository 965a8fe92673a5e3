/* SPDX-License-Identifier: MIT */
/* typed_text.c - the values of a call, one after the other. */
#include <stdio.h>
#include <string.h>

#include "output/typed_text_internal.h"
#include "values/inferred.h"

static void put_word(struct text_writing *writing, uint64_t word)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)word);
	typed_put(writing, text);
}

/* As Go's own traces mark what may be something else. */
static void put_inferred(struct text_writing *writing, const struct go_value *value)
{
	struct inferred inferred = infer(value);

	switch (inferred.kind) {
	case INFERRED_UNKNOWN:
		typed_put_state(writing, value->state);
		return;
	case INFERRED_WORDS:
		typed_put(writing, "{");
		put_word(writing, inferred.words[0]);
		typed_put(writing, ", ");
		put_word(writing, inferred.words[1]);
		typed_put(writing, "}");
		return;
	case INFERRED_TEXT:
		typed_put_text(writing, value);
		break;
	case INFERRED_INTERFACE:
		typed_put_type(writing, inferred.type);
		typed_put(writing, "(");
		put_word(writing, inferred.words[1]);
		typed_put(writing, ")");
		break;
	}
	typed_put(writing, "?");
}

bool typed_text_put_one(const struct text_sink *to, const struct go_value *value)
{
	struct text_writing writing = {.to = to, .left = TYPED_TEXT_MAX_VALUES};

	typed_put_value(&writing, value, false);
	return !writing.is_cut;
}

void typed_text_put(const struct text_sink *to, const struct typed_list *typed,
		    const struct captured *captured)
{
	struct text_writing writing = {.to = to, .left = TYPED_TEXT_MAX_VALUES};

	for (size_t i = 0; i < typed->num_values; i++) {
		struct go_value value = go_value_at(typed, captured, i);

		if (i)
			typed_put(&writing, ", ");
		if (*typed->values[i].name && strcmp(typed->values[i].name, "_") != 0) {
			typed_put_escaped(&writing, typed->values[i].name);
			typed_put(&writing, " = ");
		}
		if (typed_is_inferred(&typed->values[i]))
			put_inferred(&writing, &value);
		else
			typed_put_value(&writing, &value, true);
	}
}
