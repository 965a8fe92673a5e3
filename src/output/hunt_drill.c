/* SPDX-License-Identifier: MIT */
#include "output/hunt_drill.h"

#include <stdio.h>

#include "base/text.h"
#include "output/hunt_line.h"
#include "output/json_writer.h"

/* ---- text ---- */

static void put_left_out(struct output *out, const struct hunt_path_func *func)
{
	const struct name *name = func->function ?: func->module;
	const struct place into = {.function = func->into};
	struct hunt_line line = {
		.indent = 2, .before = "without ", .name = name->text, .is_name_only = true};

	if (func->module)
		line.then = ", which is another file";
	else if (func->is_runtime)
		line.then = ", which is the runtime's own";
	else
		line.then = func->into ? ", which was inlined into " : ", which was inlined";
	line.place = func->into && !func->is_runtime ? &into : NULL;
	hunt_line_put(out, &line);
}

void hunt_drill_put(struct output *out, const struct hunt_drill *drill)
{
	const struct hunt_path *path = &drill->path;
	char text[384], amount[HUNT_AMOUNT_SIZE], probes[192] = "on it alone";
	size_t count = 0;

	for (size_t i = 0; i < path->count; i++)
		count += hunt_drill_has(&path->funcs[i]);
	if (count)
		snprintf(probes, sizeof(probes), "on it and %s that it calls",
			 text_counted(count, "function", "functions").text);
	snprintf(text, sizeof(text),
		 ": drilling into the next call of %s or longer, with probes %s",
		 hunt_amount(amount, drill->slower_ns), probes);
	hunt_line_begin_block(out);
	hunt_line_sentence(out, &drill->target, text);
	for (size_t i = 0; i < path->count; i++)
		if (!hunt_drill_has(&path->funcs[i]))
			put_left_out(out, &path->funcs[i]);
}

/* ---- JSON ---- */

static void put_functions(struct json_writer *json, const struct hunt_path *path)
{
	json_member_open(json, "functions", '[');
	for (size_t i = 0; i < path->count; i++)
		if (hunt_drill_has(&path->funcs[i]))
			json_element_text(json, path->funcs[i].function->text);
	json_close(json, ']');
}

static void put_left_out_json(struct json_writer *json, const struct hunt_path_func *func)
{
	json_open(json, '{');
	if (func->module)
		json_member_name(json, "module", func->module);
	else
		json_member_name(json, "function", func->function);
	if (func->is_runtime)
		json_member_true(json, "runtime");
	else if (func->into)
		json_member_name(json, "inlined_into", func->into);
	json_close(json, '}');
}

void hunt_drill_put_json(struct output *out, const struct hunt_drill *drill)
{
	const struct hunt_path *path = &drill->path;
	struct json_writer json = json_begin(&out->writer);

	json_key(&json, "drill");
	json_name(&json, drill->target.function);
	json_member_number(&json, "slower_ns", drill->slower_ns);
	put_functions(&json, path);
	json_member_open(&json, "left_out", '[');
	for (size_t i = 0; i < path->count; i++)
		if (!hunt_drill_has(&path->funcs[i]))
			put_left_out_json(&json, &path->funcs[i]);
	json_close(&json, ']');
	json_end(&json);
}
