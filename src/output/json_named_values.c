/* SPDX-License-Identifier: MIT */
/* json_named_values.c - the values of a call in JSON by name; see json_call.h. */
#include <stdlib.h>
#include <string.h>

#include "output/json_call.h"
#include "output/typed_json_internal.h"
#include "output/values_text.h"

bool json_has_values(const struct call *call)
{
	return call->captured || call->results || call->values_left_out || call->results_left_out;
}

static bool has_name_before(const struct value_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!strcmp(list->specs[i].label, list->specs[index].label))
			return true;
	return false;
}

/* `kind`: "args" or "results"; paths begin with it, as there are the same names in both. */
static void put_values(struct json_writing *writing, const char *kind,
		       const struct value_list *list, const struct captured *captured)
{
	size_t before = json_enter(writing, "%s", kind);

	if (list->typed)
		typed_json_put_named(writing, list->typed, captured);
	for (size_t i = 0; i < list->count; i++) {
		struct value value = value_read(list, captured, captured->size, i);
		size_t above = json_begin_named(
			writing, has_name_before(list, i) ? value.spec->expr : value.spec->label);

		json_value_form(writing->json, &value);
		json_note_state(writing, value.state);
		json_leave(writing, above);
	}
	json_leave(writing, before);
}

void json_named_values(struct output *out, struct json_writer *json, const struct call *call)
{
	const struct value_list *args = output_values(out, call->captured);
	const struct value_list *results = output_values(out, call->results);
	_cleanup_free_ struct json_writing *writing = NULL;

	if (!json_has_values(call))
		return;
	writing = calloc(1, sizeof(*writing));
	if (!writing)
		return;
	writing->json = json;
	writing->left = TYPED_JSON_MAX_VALUES;
	if (call->values_left_out)
		json_member_true(json, "args_left_out");
	json_labels(out, json, call);
	if (args && value_list_has_values(args)) {
		json_member_open(json, "args", '{');
		put_values(writing, "args", args, call->captured);
		json_close(json, '}');
	}
	if (call->results_left_out)
		json_member_true(json, "results_left_out");
	if (results) {
		json_member_open(json, "results", '{');
		put_values(writing, "results", results, call->results);
		json_close(json, '}');
	}
	if (writing->num_states) {
		json_member_open(json, "not_whole", '{');
		json_put_part_states(writing);
		json_close(json, '}');
	}
}
