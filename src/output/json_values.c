/* SPDX-License-Identifier: MIT */
/*
 * json_values.c - the values of a call in JSON:
 *   "args": [{"expr", "value", "state"}, ...], "results": the same
 * "expr" is as the user wrote it. "value" is JSON's natural form; null where nothing is known of it.
 * "state" only where it is not whole. Those by name and Go type: output/typed_json.h.
 */
#include "output/json_call.h"
#include "output/typed_json.h"
#include "output/values_text.h"
#include "values/trace_ids.h"

void json_value_form(struct json_writer *json, const struct value *value)
{
	char text[VALUE_JSON_SIZE], word[VALUE_WORD_SIZE];

	if (!value_state_is_there(value->state)) {
		json_raw(json, "null", 4);
	} else if (value_is_text(value)) {
		json_raw(json, text, value_put_json_text(value, text));
	} else if (value_word_is_json(value)) {
		json_raw(json, word, value_put_word(value, word));
	} else {
		word[value_put_word(value, word)] = '\0';
		json_text(json, word);
	}
}

/* What the user wrote is a text like any other. */
static void put_expr(struct json_writer *json, const struct value_spec *spec)
{
	_cleanup_free_ char *expr = text_escape(spec->expr, strlen(spec->expr));

	json_member_text(json, "expr", expr ?: "");
}

static void put_values(struct json_writer *json, const struct value_list *list,
		       const struct captured *captured)
{
	if (list->typed)
		typed_json_put(json, list->typed, captured);
	for (size_t i = 0; i < list->count; i++) {
		struct value value = value_read(list, captured, captured->size, i);
		const char *state = value_state_name(&value);

		json_open(json, '{');
		put_expr(json, value.spec);
		json_key(json, "value");
		json_value_form(json, &value);
		if (state)
			json_member_text(json, "state", state);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_label(struct json_writer *json, const char *name, const struct value *value)
{
	_cleanup_free_ char *key = text_escape(name, strlen(name));

	json_text_key(json, key ?: "");
	json_value_form(json, value);
}

static void put_labels(struct json_writer *json, const struct value_list *list,
		       const struct captured *captured, const struct trace_told *trace)
{
	json_member_open(json, "labels", '{');
	for (size_t i = 0; i < list->num_labels; i++) {
		struct value value = value_read_label(&list->labels[i], captured, captured->size);

		if (value.state != VALUE_NIL)
			put_label(json, value.spec->label, &value);
	}
	for (size_t i = 0; i < trace->num_labels; i++)
		put_label(json, trace->labels[i].key, &trace->labels[i].value);
	json_close(json, '}');
}

static void put_ids(struct json_writer *json, const struct trace_told *trace)
{
	char text[TRACE_TEXT_SIZE];

	if (trace->has_trace) {
		trace_put_id(trace->ids.trace_id, sizeof(trace->ids.trace_id), text);
		json_member_text(json, "trace_id", text);
	}
	if (trace->has_span) {
		trace_put_id(trace->ids.span_id, sizeof(trace->ids.span_id), text);
		json_member_text(json, "span_id", text);
	}
}

void json_labels(struct output *out, struct json_writer *json, const struct call *call)
{
	const struct value_list *list = call->depth ? NULL : output_values(out, call->captured);
	struct trace_told trace;

	trace_read(list, call->captured, &trace);
	if (list && (list->num_labels || trace.num_labels))
		put_labels(json, list, call->captured, &trace);
	put_ids(json, &trace);
}

void json_values(struct output *out, struct json_writer *json, const struct call *call)
{
	const struct value_list *list = output_values(out, call->captured);

	if (call->values_left_out)
		json_member_true(json, "args_left_out");
	json_labels(out, json, call);
	if (list && value_list_has_values(list)) {
		json_member_open(json, "args", '[');
		put_values(json, list, call->captured);
	}
	list = output_values(out, call->results);
	if (call->results_left_out)
		json_member_true(json, "results_left_out");
	if (list) {
		json_member_open(json, "results", '[');
		put_values(json, list, call->results);
	}
}
