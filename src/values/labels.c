/* SPDX-License-Identifier: MIT */
/* labels.c - labels of goroutines, and the context of a trace, behind the values of a list. */
#include "values/id_labels.h"
#include "values/trace_ids.h"

#include <string.h>

#define SLOT_SIZE (sizeof(struct captured_text) + VALUES_STRING_SIZE)

/* The first of captured.states that no value has. */
static size_t num_states(const struct fetch_list *fetch)
{
	size_t count = fetch->has_id_labels ? fetch->id_labels_value + 1u : 0;

	for (uint32_t i = 0; i < fetch->num_ops; i++)
		if (fetch->ops[i].value >= count)
			count = fetch->ops[i].value + 1u;
	return count;
}

static bool add_label(struct value_list *list, const char *key, uint8_t number)
{
	struct fetch_list *fetch = &list->fetch;
	struct value_label *label = &list->labels[list->num_labels];
	size_t state = num_states(fetch), at = fetch->size;

	if (state >= VALUES_MAX || fetch->num_ops + 2 > VALUES_MAX_OPS || at > VALUES_LARGE_MAX_AT)
		return false;
	label->state = (uint8_t)state;
	label->spec = (struct value_spec){.label = strndup(key, strcspn(key, "=")),
					  .at = (uint16_t)at,
					  .size = VALUES_STRING_SIZE,
					  .kind = VALUE_STRING,
					  .is_text = true};
	list->num_labels++;
	fetch->size += SLOT_SIZE;
	fetch->ops[fetch->num_ops++] =
		(struct fetch_op){.code = FETCH_LABEL, .number = number, .value = label->state};
	fetch->ops[fetch->num_ops++] = (struct fetch_op){.code = FETCH_SAVE_TEXT,
							 .at = (uint16_t)at,
							 .size = VALUES_STRING_SIZE,
							 .value = label->state};
	if (at > VALUES_SMALL_MAX_AT || fetch->num_ops > VALUES_SMALL_OPS)
		fetch->shape = VALUES_LARGE;
	return label->spec.label;
}

/* Where operations of one value go. */
struct trace_ops {
	struct fetch_list *fetch;
	uint8_t value;
};

static bool add_op(void *context, struct fetch_op op)
{
	const struct trace_ops *ops = context;
	struct fetch_list *fetch = ops->fetch;

	if (fetch->num_ops == VALUES_MAX_OPS)
		return false;
	op.value = ops->value;
	fetch->ops[fetch->num_ops++] = op;
	return true;
}

/* Has a part of the slot filled with the words that lead to it. */
static bool add_lead(struct fetch_list *fetch, const struct typed_site *site,
		     const struct typed_value *lead, uint16_t size, uint16_t number,
		     struct fetch_op save)
{
	struct trace_ops ops = {fetch, (uint8_t)number};
	uint32_t num_ops = fetch->num_ops;

	if (number < VALUES_MAX &&
	    typed_fetch(lead, size, &(struct typed_ops){add_op, &ops, site}) && add_op(&ops, save))
		return true;
	fetch->num_ops = num_ops;
	return false;
}

bool value_list_add_trace(struct value_list *list, const struct typed_site *site,
			  const struct trace_leads *leads)
{
	struct fetch_list *fetch = &list->fetch;
	size_t state = num_states(fetch), at = fetch->size;
	bool has_context, has_header;

	if (state + 1 >= VALUES_MAX || at > VALUES_LARGE_MAX_AT)
		return false;
	fetch->trace_value = (uint16_t)state;
	fetch->trace_at = (uint16_t)at;
	has_context = leads->has_context &&
		      add_lead(fetch, site, &leads->context, 2 * sizeof(uint64_t), (uint16_t)state,
			       (struct fetch_op){.code = FETCH_SAVE_CONTEXT,
						 .at = (uint16_t)at,
						 .size = sizeof(struct captured_trace)});
	has_header =
		leads->has_header &&
		add_lead(fetch, site, &leads->header, sizeof(uint64_t), (uint16_t)(state + 1),
			 (struct fetch_op){
				 .code = FETCH_SAVE_WORD,
				 .at = (uint16_t)(at + offsetof(struct captured_trace, header)),
				 .size = sizeof(uint64_t)});
	if (!has_context && !has_header)
		return false;
	fetch->header_value = has_header ? (uint16_t)(state + 1) : 0;
	fetch->has_trace = true;
	fetch->size += sizeof(struct captured_trace);
	if (at > VALUES_SMALL_MAX_AT || fetch->num_ops > VALUES_SMALL_OPS)
		fetch->shape = VALUES_LARGE;
	return true;
}

bool value_list_add_id_labels(struct value_list *list)
{
	struct fetch_list *fetch = &list->fetch;
	size_t state = num_states(fetch), at = fetch->size;

	if (fetch->has_id_labels)
		return true;
	if (state >= VALUES_MAX || at > VALUES_LARGE_MAX_AT)
		return false;
	fetch->id_labels_at = (uint16_t)at;
	fetch->id_labels_value = (uint16_t)state;
	value_list_set_id_labels(list);
	fetch->size += ID_LABELS_SIZE;
	if (at > VALUES_SMALL_MAX_AT || fetch->size > VALUES_SMALL_BYTES)
		fetch->shape = VALUES_LARGE;
	return true;
}

struct error *value_list_add_labels(struct value_list *list, const char *const *labels,
				    size_t num_labels)
{
	for (size_t i = list->num_labels; i < num_labels; i++)
		if (!add_label(list, labels[i], (uint8_t)i))
			return error_new(
				"there is no room for label %s behind the values of a target: ask for fewer of those",
				labels[i]);
	return NULL;
}
