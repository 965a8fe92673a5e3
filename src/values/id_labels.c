/* SPDX-License-Identifier: MIT */
#include "values/id_labels.h"

#include <ctype.h>
#include <string.h>

/* What ids a text may have. */
enum id_form {
	FORM_TRACE = 1,
	FORM_SPAN, /* in a trace whose id is beside it */
	FORM_TRACEPARENT,
	FORM_OTHER, /* none that a trace could be found by */
};

/* By whom they are written: pprof.Labels() in programs of all kinds, but for those of Datadog (internal/traceprof of
 * dd-trace-go: decimal numbers, and no id of the trace) and of Pyroscope (otelpyroscope of pyroscope-go: `span_id` of
 * the first span in the process, which was `profile_id` before). */
static const struct known_key {
	const char *name;
	enum id_label label;
	enum id_form form;
} known_keys[] = {
	{"trace_id", ID_LABEL_TRACE, FORM_TRACE},
	{"traceID", ID_LABEL_TRACE, FORM_TRACE},
	{"traceId", ID_LABEL_TRACE, FORM_TRACE},
	{"trace.id", ID_LABEL_TRACE, FORM_TRACE},
	{"traceparent", ID_LABEL_TRACE, FORM_TRACEPARENT},
	{"span_id", ID_LABEL_SPAN, FORM_SPAN},
	{"spanID", ID_LABEL_SPAN, FORM_SPAN},
	{"spanId", ID_LABEL_SPAN, FORM_SPAN},
	{"span.id", ID_LABEL_SPAN, FORM_SPAN},
	{"span id", ID_LABEL_SPAN, FORM_OTHER},
	{"local root span id", ID_LABEL_OTHER, FORM_OTHER},
	{"profile_id", ID_LABEL_OTHER, FORM_OTHER},
};

#define NUM_KNOWN_KEYS (sizeof(known_keys) / sizeof(*known_keys))

_Static_assert(NUM_KNOWN_KEYS < ID_LABEL_KEYS, "keys");

static const struct {
	uint16_t at, size;
} slots[ID_LABELS] = {
	[ID_LABEL_TRACE] = {0, ID_LABEL_TRACE_SIZE},
	[ID_LABEL_SPAN] = {ID_LABEL_SPAN_AT, ID_LABEL_SPAN_SIZE},
	[ID_LABEL_OTHER] = {ID_LABEL_OTHER_AT, ID_LABEL_SPAN_SIZE},
};

/* ---- what is captured ---- */

void id_labels_keys(struct id_label_key keys[ID_LABEL_KEYS])
{
	memset(keys, 0, ID_LABEL_KEYS * sizeof(*keys));
	for (size_t i = 0; i < NUM_KNOWN_KEYS; i++) {
		struct id_label_key *key = &keys[i + 1];

		key->length = strlen(known_keys[i].name);
		memcpy(key->words, known_keys[i].name, key->length);
		key->at = slots[known_keys[i].label].at;
		key->size = slots[known_keys[i].label].size;
	}
}

void value_list_set_id_labels(struct value_list *list)
{
	list->fetch.has_id_labels = true;
	for (size_t i = 0; i < ID_LABELS; i++)
		list->id_labels[i] = (struct value_label){
			.spec = {.at = (uint16_t)(list->fetch.id_labels_at + slots[i].at),
				 .size = slots[i].size,
				 .kind = VALUE_STRING,
				 .is_text = true},
			.state = (uint8_t)list->fetch.id_labels_value};
}

/* ---- what was found ---- */

/* What programs write where there is no trace: nothing, or ids of zeros. */
static bool is_none(const struct value *value)
{
	size_t size = 0;

	while (size < value->size && memchr("0-", value->text[size], 2))
		size++;
	return size == value->length;
}

/* In hexadecimal digits, as OpenTelemetry writes them; all of 0 is none. */
static bool parse_id(const char *text, size_t length, uint8_t *to, size_t size)
{
	uint8_t any = 0;

	if (length != 2 * size)
		return false;
	for (size_t i = 0; i < 2 * size; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, text[i], sizeof(digits) - 1);

		if (!digit)
			return false;
		to[i / 2] = (uint8_t)(to[i / 2] << 4 | (digit - digits));
		any |= to[i / 2];
	}
	return any;
}

/* W3C Trace Context, of version 00: "00-", 32 digits, "-", 16 digits, "-", 2 digits. */
static bool parse_traceparent(const char *text, size_t length, struct trace_ids *ids)
{
	return length == 55 && !memcmp(text, "00-", 3) && text[35] == '-' && text[52] == '-' &&
	       isxdigit((unsigned char)text[53]) && isxdigit((unsigned char)text[54]) &&
	       parse_id(text + 3, 32, ids->trace_id, sizeof(ids->trace_id)) &&
	       parse_id(text + 36, 16, ids->span_id, sizeof(ids->span_id));
}

static void take_ids(struct id_labels *labels, enum id_form form, const struct value *value)
{
	struct trace_ids ids = {};

	if (value->state != VALUE_WHOLE)
		return;
	if (form == FORM_TRACEPARENT && parse_traceparent(value->text, value->length, &ids)) {
		labels->ids = ids;
		labels->has_trace = labels->has_span = true;
	} else if (form == FORM_TRACE &&
		   parse_id(value->text, value->length, ids.trace_id, sizeof(ids.trace_id))) {
		labels->ids = ids;
		labels->has_trace = true;
	} else if (form == FORM_SPAN &&
		   parse_id(value->text, value->length, ids.span_id, sizeof(ids.span_id))) {
		/* The one in a traceparent is that of who sent it. */
		memcpy(labels->ids.span_id, ids.span_id, sizeof(ids.span_id));
		labels->has_span = true;
	}
}

void id_labels_read(const struct value_list *list, const struct captured *captured,
		    struct id_labels *labels)
{
	*labels = (struct id_labels){};
	if (!list || !captured || !list->fetch.has_id_labels)
		return;
	for (size_t i = 0; i < ID_LABELS; i++) {
		const struct value_label *label = &list->id_labels[i];
		struct value value = value_read_label(label, captured, captured->size);
		const struct known_key *known;
		struct captured_text text;

		if (!value_state_is_there(value.state) || is_none(&value))
			continue;
		memcpy(&text, captured->bytes + label->spec.at, sizeof(text));
		if (!text.key || text.key > NUM_KNOWN_KEYS)
			continue;
		known = &known_keys[text.key - 1];
		if (known->label != i)
			continue;
		labels->found[i] = (struct id_label_found){known->name, value};
		take_ids(labels, known->form, &value);
	}
}
