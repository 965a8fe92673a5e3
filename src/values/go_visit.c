/* SPDX-License-Identifier: MIT */
/* go_visit.c - see go_visit.h. */
#include "values/go_visit.h"

#include "values/inferred.h"

/* No less than output/typed_json_value.c and output/typed_text_value.c show: those look at contexts that are made from
 * each other one by one, here they are inside of each other, in up to four steps each. */
#define MAX_VALUES  4000
#define MAX_NESTING 64

struct visit {
	size_t left; /* values that may still be looked at */
	unsigned nesting;
};

static void visit_value(struct visit *visit, const struct go_value *value);

static void visit_fields(struct visit *visit, const struct go_value *value)
{
	for (size_t i = 0; i < value->type->num_fields && visit->left; i++) {
		struct go_value field = go_value_field(value, &value->type->fields[i]);

		visit_value(visit, &field);
	}
}

static void visit_elements(struct visit *visit, const struct go_value *value)
{
	struct go_elements elements = go_value_elements(value);

	for (uint64_t i = 0; i < elements.count && visit->left; i++) {
		struct go_value element = go_element(&elements, i);

		/* What is not there of an array's end. */
		if (element.state == VALUE_TRUNCATED)
			break;
		visit_value(visit, &element);
	}
}

static void visit_map(struct visit *visit, const struct go_value *value)
{
	struct go_entries entries = go_value_entries(value);

	for (unsigned i = 0; i < GO_MAX_ENTRIES; i++) {
		if (!(entries.present >> i & 1))
			continue;
		struct go_value key = go_entry(&entries, i, true);
		struct go_value elem = go_entry(&entries, i, false);

		visit_value(visit, &key);
		visit_value(visit, &elem);
	}
}

static void visit_inside(struct visit *visit, const struct go_value *value)
{
	struct go_value inner;
	uint8_t state;

	switch (value->type->kind) {
	case GO_POINTER:
		inner = go_value_target(value);
		visit_value(visit, &inner);
		break;
	case GO_STRUCT:
		visit_fields(visit, value);
		break;
	case GO_SLICE:
	case GO_ARRAY:
		visit_elements(visit, value);
		break;
	case GO_MAP:
		visit_map(visit, value);
		break;
	case GO_FUNC:
		go_value_function(value, &state);
		break;
	case GO_INTERFACE:
		if (go_value_dynamic(value, &inner, &state))
			visit_value(visit, &inner);
		break;
	}
}

static void visit_value(struct visit *visit, const struct go_value *value)
{
	if (!visit->left)
		return;
	/* Whatever it is: there may be 2^64 of it, without a size. */
	visit->left--;
	if (value->state != VALUE_WHOLE || visit->nesting == MAX_NESTING)
		return;
	visit->nesting++;
	if (!go_value_is_plain(value) && go_type_complete(value->type) && !go_value_is_text(value))
		visit_inside(visit, value);
	visit->nesting--;
}

void go_visit(const struct typed_list *typed, const struct captured *captured)
{
	for (size_t i = 0; i < typed->num_values; i++) {
		struct visit visit = {.left = MAX_VALUES};
		struct go_value value = go_value_at(typed, captured, i);

		if (typed_is_inferred(&typed->values[i]))
			infer(&value);
		else
			visit_value(&visit, &value);
	}
}
