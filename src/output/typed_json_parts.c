/* SPDX-License-Identifier: MIT */
/* typed_json_parts.c - which parts of a value are not whole, by their paths. */
#include "output/typed_json_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

void json_note_state(struct json_writing *writing, uint8_t state)
{
	struct part_state *part = &writing->states[writing->num_states];

	if (!writing->path_length) {
		writing->state = state;
		return;
	}
	if (state == VALUE_NIL || state == VALUE_WHOLE || writing->num_states == MAX_STATES)
		return;
	memcpy(part->path, writing->path, writing->path_length + 1);
	part->state = state;
	writing->num_states++;
}

void json_put_missing(struct json_writing *writing, uint8_t state)
{
	json_raw(writing->json, "null", 4);
	json_note_state(writing, state);
}

void json_put_clean(struct json_writing *writing, const char *text)
{
	_cleanup_free_ char *clean = text_escape(text, strlen(text));

	json_text(writing->json, clean ?: "");
}

size_t json_enter(struct json_writing *writing, const char *format, ...)
{
	size_t before = writing->path_length, room = PATH_SIZE - before;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(writing->path + before, room, format, args);
	va_end(args);
	/* One that is too long is told of by what it is in. */
	if (length < 0 || (size_t)length >= room)
		writing->path[before] = '\0';
	else
		writing->path_length += (size_t)length;
	return before;
}

void json_leave(struct json_writing *writing, size_t before)
{
	writing->path_length = before;
	writing->path[before] = '\0';
}

size_t json_begin_named(struct json_writing *writing, const char *name)
{
	_cleanup_free_ char *clean = text_escape(name, strlen(name));

	json_text_key(writing->json, clean ?: "");
	return json_enter(writing, ".%s", clean ?: "?");
}

void json_put_part_states(const struct json_writing *writing)
{
	for (size_t i = 0; i < writing->num_states; i++) {
		json_text_key(writing->json, writing->states[i].path);
		json_text(writing->json, value_state_text(writing->states[i].state));
	}
}

void json_put_states(const struct json_writing *writing)
{
	struct json_writer *json = writing->json;

	if (writing->state != VALUE_WHOLE)
		json_member_text(json, "state", value_state_text(writing->state));
	if (!writing->num_states)
		return;
	json_member_open(json, "states", '{');
	json_put_part_states(writing);
	json_close(json, '}');
}
