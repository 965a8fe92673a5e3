/* SPDX-License-Identifier: MIT */
/* diff.c - two recordings into what became slower; see diff.h. */
#include "command/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "command/play.h"
#include "command/signals.h"
#include "compare/compare.h"
#include "output/format.h"
#include "output/format_list.h"

/* ---- one recording ---- */

struct side {
	struct tree_times *times;
	struct untraced *untraced; /* of both */
	struct names *names;
	struct calltree *trees;
	bool is_incomplete; /* there was no memory */
};

static void call_began(void *context, const struct tree *tree, const struct call *call)
{
	struct side *side = context;
	const struct name *function = call_entry(side->names, call)->function;

	side->is_incomplete |= !tree_times_call_began(side->times, function, tree, call);
}

static void call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct side *side = context;
	const struct name *function = call_entry(side->names, call)->function;

	side->is_incomplete |= !tree_times_call_ended(side->times, function, tree, call);
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	const struct side *side = context;

	return names_func_of_site(side->names, site);
}

static struct error *begin(void *context, const struct player_state *state,
			   const struct output_options *options)
{
	struct side *side = context;
	const struct calltree_sink sink = {
		.context = side,
		.call_began = call_began,
		.call_ended = call_ended,
		.func_of_site = func_of_site,
		.states = state->about.run.states,
		.hit_times = state->hit_times,
	};

	side->names = state->names;
	tree_times_begin(side->times, side->names, state->about.run.states);
	return calltree_new(&sink, &side->trees);
}

static void end(void *context)
{
	struct side *side = context;

	calltree_free(take_pointer(side->trees));
	tree_times_begin(side->times, NULL, false);
}

static void note_taken_off(struct side *side, uint32_t site)
{
	const struct name *function = names_site(side->names, site)->function;

	if (function)
		side->is_incomplete |= !untraced_add(side->untraced, function->text);
}

static struct error *feed(void *context, const struct record *record, uint64_t lost)
{
	struct side *side = context;
	struct error *err = calltree_feed(side->trees, record);

	if (record->kind == RECORD_TAKEN_OFF)
		note_taken_off(side, ((const struct record_frame *)record)->site);

	return !err && side->is_incomplete ? error_out_of_memory() : err;
}

static struct play play_of(const struct diff_args *args, const char *path, struct side *side)
{
	return (struct play){.path = path,
			     .times = args->times,
			     .context = side,
			     .begin = begin,
			     .end = end,
			     .feed = feed};
}

/* And what to do about it, where something can be done. */
static void report_left_out(const char *path, const struct tree_times *times)
{
	uint64_t count = times->num_left_out;

	if (times->num_taken_off > count / 2)
		log_info(
			"%s: %s left out because they were called too often: record fewer functions, or all of them with --max-overhead none",
			path,
			text_counted(count,
				     "call of a target is not compared, functions in it were",
				     "calls of targets are not compared, functions in them were")
				.text);
	else if (count)
		log_info("%s: %s not there as a whole", path,
			 text_counted(count, "call of a target is not compared, it is",
				      "calls of targets are not compared, they are")
				 .text);
}

static struct error *read_recording(struct play *play, FILE *file)
{
	struct error *err = play_run(play, file);

	if (!err && signals_arrived() && !player_is_over(play->player))
		return error_new("stopped before both recordings were read: nothing is compared");
	return err;
}

static void report_recording(const struct play *play)
{
	const struct side *side = play->context;

	play_report(play);
	report_left_out(play->path, side->times);
}

/* ---- functions that were left out of one of them ---- */

/* What is in a pipe can be read once. */
static bool is_readable_again(const struct play *play)
{
	return play->size && strcmp(play->path, "-");
}

static struct error *read_again(const struct diff_args *args, struct play *play, FILE *file)
{
	struct side *side = play->context;
	const char *path = play->path;
	struct error *err;

	play_close(play);
	tree_times_destroy(side->times);
	*side->times = (struct tree_times){.untraced = side->untraced};
	*play = play_of(args, path, side);
	err = play_open(play);
	return err ?: read_recording(play, file);
}

static void report_untraced(const struct untraced *untraced)
{
	_cleanup_free_ char *names = untraced_text(untraced);

	log_info(
		"not compared, as their probes were taken off in one of the recordings: %s; what they took counts as their callers'",
		names ?: "?");
}

/* Which these are is known when both were read. */
static struct error *read_both(const struct diff_args *args, struct play *old, struct play *new,
			       FILE *file)
{
	const struct side *side = old->context;
	struct error *err = read_recording(old, file) ?: read_recording(new, file);

	if (!err && side->untraced->names.count && is_readable_again(old) &&
	    is_readable_again(new)) {
		err = read_again(args, old, file) ?: read_again(args, new, file);
		report_untraced(side->untraced);
	}
	if (err)
		return err;
	report_recording(old);
	report_recording(new);
	return NULL;
}

/* ---- both ---- */

static struct error *write_comparison(const struct diff_args *args,
				      const struct comparison *comparison, FILE *file)
{
	_cleanup_free_ struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return error_out_of_memory();
	writer->file = file;
	if (args->is_json)
		comparison_json(comparison, writer);
	else
		comparison_text(comparison, writer, terminal_uses_color(args->color, file));
	writer_flush(writer);
	return output_forgive_reader(writer_error(writer, "the comparison"), writer->errnum);
}

struct error *diff_run(const struct diff_args *args)
{
	struct tree_times times[2] = {};
	struct untraced untraced = {};
	struct side sides[2] = {{.times = &times[0], .untraced = &untraced},
				{.times = &times[1], .untraced = &untraced}};
	struct play old = play_of(args, args->old, &sides[0]);
	struct play new = play_of(args, args->new, &sides[1]);
	struct comparison comparison = {};
	FILE *file = NULL;
	struct error *err;

	signals_catch();
	err = play_open(&old) ?: play_open(&new);
	if (!err)
		err = play_open_output(&old, &new, &format_summary_text, args->output_path, &file);
	if (!err)
		err = read_both(args, &old, &new, file);
	if (!err)
		err = compare(&times[0], &times[1], &comparison);
	if (!err)
		err = write_comparison(args, &comparison, file);
	play_close(&old);
	play_close(&new);
	if (file && file != stdout)
		fclose(file);
	comparison_destroy(&comparison);
	tree_times_destroy(&times[0]);
	tree_times_destroy(&times[1]);
	untraced_destroy(&untraced);
	return err;
}
