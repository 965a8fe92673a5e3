/* SPDX-License-Identifier: MIT */
#include "output/values_text.h"

#include "base/text.h"
#include "output/typed_text.h"
#include "values/trace_ids.h"

static void put_label(const struct text_sink *to, const char *name)
{
	_cleanup_free_ char *label = text_escape(name, strlen(name));

	if (label)
		to->put(to->context, label, strlen(label));
	to->put(to->context, "=", 1);
}

static void put_value(const struct text_sink *to, const struct value *value)
{
	char text[VALUE_TEXT_SIZE], word[VALUE_WORD_SIZE];

	if (value_is_text(value))
		to->put(to->context, text, value_put_text(value, to->max_text, text));
	else
		to->put(to->context, word, value_put_word(value, word));
}

static void put_values(const struct text_sink *to, const struct output *out,
		       const struct captured *captured, bool is_left_out)
{
	const struct value_list *list = output_values(out, captured);

	if (is_left_out)
		to->put(to->context, "...", 3);
	if (list && list->typed)
		typed_text_put(to, list->typed, captured);
	for (size_t i = 0; list && i < list->count; i++) {
		struct value value = value_read(list, captured, captured->size, i);

		if (i)
			to->put(to->context, ", ", 2);
		put_label(to, value.spec->label);
		put_value(to, &value);
	}
}

static void put_results(const struct text_sink *to, const struct output *out,
			const struct call *call)
{
	if (!call->results_left_out && !output_values(out, call->results))
		return;
	to->put(to->context, " = (", 4);
	put_values(to, out, call->results, call->results_left_out);
	to->put(to->context, ")", 1);
}

static void put_id(const struct text_sink *to, const char *name, const uint8_t *id, size_t size)
{
	char text[TRACE_TEXT_SIZE];

	trace_put_id(id, size, text);
	put_label(to, name);
	to->put(to->context, text, 2 * size);
}

/* Before one more label than `*count`. */
static void put_before(const struct text_sink *to, size_t *count)
{
	to->put(to->context, (*count)++ ? ", " : " [", 2);
}

static void put_trace(const struct text_sink *to, const struct trace_told *trace, size_t *count)
{
	for (size_t i = 0; i < trace->num_labels; i++) {
		put_before(to, count);
		put_label(to, trace->labels[i].key);
		put_value(to, &trace->labels[i].value);
	}
	if (trace->has_trace) {
		put_before(to, count);
		put_id(to, "trace_id", trace->ids.trace_id, sizeof(trace->ids.trace_id));
	}
	if (trace->has_span) {
		put_before(to, count);
		put_id(to, "span_id", trace->ids.span_id, sizeof(trace->ids.span_id));
	}
}

/* A label that the goroutine does not have is not told. */
static void put_labels(const struct text_sink *to, const struct output *out,
		       const struct call *call)
{
	const struct value_list *list = call->depth ? NULL : output_values(out, call->captured);
	struct trace_told trace;
	size_t count = 0;

	for (size_t i = 0; list && i < list->num_labels; i++) {
		struct value value =
			value_read_label(&list->labels[i], call->captured, call->captured->size);

		if (value.state == VALUE_NIL)
			continue;
		put_before(to, &count);
		put_label(to, value.spec->label);
		put_value(to, &value);
	}
	trace_read(list, call->captured, &trace);
	put_trace(to, &trace, &count);
	if (count)
		to->put(to->context, "]", 1);
}

static void put_to_writer(void *context, const char *text, size_t size)
{
	writer_put(context, text, size);
}

static void put_to_line(void *context, const char *text, size_t size)
{
	line_put(context, text, size);
}

static struct text_sink to_writer(struct output *out)
{
	return (struct text_sink){
		.put = put_to_writer, .context = &out->writer, .max_text = SIZE_MAX};
}

void writer_put_values(struct output *out, const struct call *call)
{
	struct text_sink to = to_writer(out);

	put_values(&to, out, call->captured, call->values_left_out);
}

void writer_put_results(struct output *out, const struct call *call)
{
	struct text_sink to = to_writer(out);

	put_results(&to, out, call);
}

void line_put_values(struct line *line, const struct output *out, const struct call *call,
		     size_t max_text)
{
	struct text_sink to = {.put = put_to_line, .context = line, .max_text = max_text};

	put_values(&to, out, call->captured, call->values_left_out);
}

void writer_put_labels(struct output *out, const struct call *call)
{
	struct text_sink to = to_writer(out);

	put_labels(&to, out, call);
}

void line_put_labels(struct line *line, const struct output *out, const struct call *call,
		     size_t max_text)
{
	struct text_sink to = {.put = put_to_line, .context = line, .max_text = max_text};

	put_labels(&to, out, call);
}

void line_put_results(struct line *line, const struct output *out, const struct call *call,
		      size_t max_text)
{
	struct text_sink to = {.put = put_to_line, .context = line, .max_text = max_text};

	put_results(&to, out, call);
}

static void put_to_bytes(void *context, const char *text, size_t size)
{
	bytes_put(context, text, size);
}

void bytes_put_arguments(struct bytes *bytes, const struct output *out, const struct call *call)
{
	struct text_sink to = {.put = put_to_bytes, .context = bytes, .max_text = SIZE_MAX};

	put_values(&to, out, call->captured, call->values_left_out);
	put_labels(&to, out, call);
}

void bytes_put_results(struct bytes *bytes, const struct output *out, const struct call *call)
{
	struct text_sink to = {.put = put_to_bytes, .context = bytes, .max_text = SIZE_MAX};

	put_values(&to, out, call->results, call->results_left_out);
}

void bytes_put_values(struct bytes *bytes, const struct output *out, const struct call *call)
{
	struct text_sink to = {.put = put_to_bytes, .context = bytes, .max_text = SIZE_MAX};

	const struct value_list *args = output_values(out, call->captured);

	if (call->values_left_out || (args && value_list_has_values(args))) {
		bytes_put(bytes, "(", 1);
		put_values(&to, out, call->captured, call->values_left_out);
		bytes_put(bytes, ")", 1);
	}
	put_results(&to, out, call);
	put_labels(&to, out, call);
}
