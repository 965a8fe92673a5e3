/* SPDX-License-Identifier: MIT */
#include "output/speedscope_file.h"

struct json_writer speedscope_begin(struct writer *writer, const char *name)
{
	struct json_writer json = json_begin(writer);

	json_member_text(&json, "$schema", "https://www.speedscope.app/file-format-schema.json");
	json_member_text(&json, "exporter", "gofuncgraph-c");
	json_member_text(&json, "name", name);
	json_member_open(&json, "profiles", '[');
	return json;
}

static void put_nothing(struct json_writer *json)
{
	json_open(json, '{');
	json_member_text(json, "type", "evented");
	json_member_text(json, "name", "no calls");
	json_member_text(json, "unit", "nanoseconds");
	json_member_number(json, "startValue", 0);
	json_member_number(json, "endValue", 0);
	json_member_open(json, "events", '[');
	json_close(json, ']');
	json_close(json, '}');
}

void speedscope_end_profiles(struct json_writer *json, bool has_profiles)
{
	if (!has_profiles)
		put_nothing(json);
	json_close(json, ']');
	json_member_open(json, "shared", '{');
	json_member_open(json, "frames", '[');
}

void speedscope_put_frame(struct json_writer *json, const char *name, const char *file,
			  unsigned line)
{
	json_open(json, '{');
	json_member_text(json, "name", name);
	if (file)
		json_member_text(json, "file", file);
	if (line)
		json_member_number(json, "line", line);
	json_close(json, '}');
}

void speedscope_end(struct json_writer *json)
{
	json_close(json, ']');
	json_close(json, '}');
	json_end(json);
}
