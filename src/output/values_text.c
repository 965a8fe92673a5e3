/* SPDX-License-Identifier: MIT */
#include "output/values_text.h"

#include "base/text.h"

/* Where a text goes. */
struct place_of_text {
	void (*put)(void *context, const char *text, size_t size);
	void *context;
	size_t max_text;
};

static void put_label(const struct place_of_text *to, const struct value_spec *spec)
{
	_cleanup_free_ char *label = text_escape(spec->label, strlen(spec->label));

	if (label)
		to->put(to->context, label, strlen(label));
	to->put(to->context, "=", 1);
}

static void put_value(const struct place_of_text *to, const struct value *value)
{
	char text[VALUE_TEXT_SIZE], word[VALUE_WORD_SIZE];

	if (value_is_text(value))
		to->put(to->context, text, value_put_text(value, to->max_text, text));
	else
		to->put(to->context, word, value_put_word(value, word));
}

static void put_values(const struct place_of_text *to, const struct output *out,
		       const struct call *call)
{
	const struct value_list *list = output_values(out, call);

	if (call->values_left_out)
		to->put(to->context, "...", 3);
	for (size_t i = 0; list && i < list->count; i++) {
		struct value value = value_read(list, call->captured, call->captured->size, i);

		if (i)
			to->put(to->context, ", ", 2);
		put_label(to, value.spec);
		put_value(to, &value);
	}
}

static void put_to_writer(void *context, const char *text, size_t size)
{
	writer_put(context, text, size);
}

static void put_to_line(void *context, const char *text, size_t size)
{
	line_put(context, text, size);
}

void writer_put_values(struct output *out, const struct call *call)
{
	struct place_of_text to = {
		.put = put_to_writer, .context = &out->writer, .max_text = SIZE_MAX};

	put_values(&to, out, call);
}

void line_put_values(struct line *line, const struct output *out, const struct call *call,
		     size_t max_text)
{
	struct place_of_text to = {.put = put_to_line, .context = line, .max_text = max_text};

	put_values(&to, out, call);
}
