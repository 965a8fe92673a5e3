/* SPDX-License-Identifier: MIT */
/* typed_text_context.c - a context.Context: not how it is made, but what it says. */
#include "output/typed_text_internal.h"
#include "values/go_context.h"

static void put_name(struct text_writing *writing, bool *is_first, const char *name)
{
	if (!*is_first)
		typed_put(writing, ", ");
	*is_first = false;
	typed_put(writing, name);
}

bool typed_put_context(struct text_writing *writing, const struct go_value *value)
{
	struct go_context context;
	bool is_first = true;

	if (!go_context_read(value, &context))
		return false;
	typed_put_type(writing, value->type);
	typed_put(writing, "{");
	if (context.has_deadline) {
		put_name(writing, &is_first, "deadline: ");
		typed_put_value(writing, &context.deadline, false);
	}
	if (go_context_end(&context)) {
		put_name(writing, &is_first, "done: ");
		typed_put(writing, go_context_end(&context));
	}
	for (size_t i = 0; i < context.num_values; i++) {
		put_name(writing, &is_first, "");
		typed_put_value(writing, &context.values[i].key, true);
		typed_put(writing, ": ");
		typed_put_value(writing, &context.values[i].value, true);
	}
	if (!context.is_whole) {
		put_name(writing, &is_first, "");
		typed_put_state(writing, VALUE_DEPTH);
	}
	typed_put(writing, "}");
	return true;
}
