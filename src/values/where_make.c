/* SPDX-License-Identifier: MIT */
/* where_make.c - the condition of --where, and of labels that have a value. */
#include <stdlib.h>
#include <string.h>

#include "values/where_internal.h"

struct error *where_add_label(struct where **where, const char *label)
{
	struct where_comparison *comparison;
	const char *value = strchr(label, '=') + 1;

	if (!*where)
		*where = calloc(1, sizeof(**where));
	if (!*where || ((*where)->num_comparisons == WHERE_MAX_ALL))
		return error_out_of_memory();
	comparison = &(*where)->comparisons[(*where)->num_comparisons++];
	*comparison = (struct where_comparison){.name = strndup(label, strcspn(label, "=")),
						.is_label = true,
						.wanted = OUTCOME_EQUAL,
						.constant = WHERE_TEXT,
						.text = strdup(value),
						.text_size = strlen(value)};
	(*where)->steps[(*where)->num_steps++] = STEP_COMPARE;
	if ((*where)->num_comparisons > 1)
		(*where)->steps[(*where)->num_steps++] = STEP_AND;
	return comparison->name && comparison->text ? NULL : error_out_of_memory();
}

struct error *where_make(const char *text, const char *const *labels, size_t num_labels,
			 struct where **where)
{
	struct error *err = NULL;

	*where = NULL;
	if (text)
		err = where_parse(text, where);
	for (size_t i = 0; !err && i < num_labels; i++)
		if (strchr(labels[i], '='))
			err = where_add_label(where, labels[i]);
	return err;
}
