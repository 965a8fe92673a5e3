/* SPDX-License-Identifier: MIT */
/* typed_json_context.c - what a context.Context says, besides what it is made of. */
#include "output/typed_json_internal.h"
#include "values/go_context.h"
#include "values/go_time.h"

void json_put_context(struct json_writing *writing, const struct go_value *value)
{
	struct json_writer *json = writing->json;
	char deadline[GO_TIME_SIZE + 1];
	struct go_context context;
	size_t length;

	if (!go_context_read(value, &context))
		return;
	if (context.is_whole && !context.has_deadline && !go_context_end(&context))
		return;
	json_member_open(json, "context", '{');
	if (context.has_deadline) {
		length = go_time_put(&context.deadline, deadline);
		deadline[length] = '\0';
		if (length)
			json_member_text(json, "deadline", deadline);
	}
	if (go_context_end(&context))
		json_member_text(json, "done", go_context_end(&context));
	if (!context.is_whole)
		json_member_text(json, "state", value_state_text(VALUE_DEPTH));
	json_close(json, '}');
}
