/* SPDX-License-Identifier: MIT */
/*
 * folded.c - a line a path, for flame graphs: the functions from the first call of a tree down, and how many
 * microseconds the last one took itself. With --states, what it did meanwhile is one more step, "[sleep]",
 * unless it ran.
 */
#include <string.h>

#include "base/text.h"
#include "output/profile.h"

struct line {
	struct output *out;
	const struct path *path;
};

/* Some viewers take a semicolon for the next step. */
static void put_step(struct output *out, const char *text)
{
	for (; *text; text++)
		writer_put(&out->writer, *text == ';' ? ":" : text, 1);
}

/* The outermost first. Paths are at most PATHS_MAX_DEPTH + 1 deep. */
static void put_path(struct output *out, const struct path *path)
{
	if (path->parent) {
		put_path(out, path->parent);
		writer_put(&out->writer, ";", 1);
	}
	put_step(out, profile_function(path));
}

static void put_spent(void *context, const char *state, uint64_t ns)
{
	const struct line *line = context;
	struct output *out = line->out;
	char number[TEXT_NUMBER_SIZE];

	if (ns < 1000)
		return;
	put_path(out, line->path);
	if (strcmp(state, "running") != 0) {
		writer_puts(&out->writer, ";[");
		put_step(out, state);
		writer_put(&out->writer, "]", 1);
	}
	writer_put(&out->writer, " ", 1);
	writer_put(&out->writer, number, text_format_number(number, ns / 1000));
	writer_put(&out->writer, "\n", 1);
}

static void end(struct output *out, const struct output_totals *totals)
{
	const struct paths *paths = out->data;

	for (size_t i = 0; i < paths_count(paths); i++) {
		struct line line = {out, paths_at(paths, i)};

		profile_visit_spent(out, line.path, put_spent, &line);
	}
}

const struct format format_folded = {
	.prints = "the calls",
	.begin = profile_begin,
	.entry = profile_entry,
	.call = profile_call,
	.end = end,
	.free = profile_free,
};
