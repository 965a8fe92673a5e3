/* SPDX-License-Identifier: MIT */
#include "command/metrics_view.h"

#include <string.h>

#include "base/replaced_file.h"
#include "output/format_list.h"

struct error *metrics_view_open(struct metrics_view *metrics, const struct output_options *shown,
				const char *path, const struct where *where,
				struct calltree_sink *sink)
{
	const struct filter_options chosen = {.where = where, .values = shown->values};
	struct output_options options = {
		.path = path,
		.about = shown->about,
		.names = shown->names,
		.clock = shown->clock,
		.command_lines = shown->command_lines,
		.values = shown->values,
		.counts = &metrics->counts,
		.whole_trees = filter_is_needed(&chosen),
		.summary.interval_ns = shown->summary.interval_ns,
		.num_trees_before = shown->num_trees_before,
		.run = shown->run,
	};
	struct error *err;

	/* What was left out of calls is counted in these, by who shows it. */
	options.run.min_wait_ns = 0;
	if (!strcmp(path, "-") || !replaced_file_can_be(path))
		return error_new(
			"--metrics %s is no file that could be replaced as a whole again and again: give the name of one",
			path);
	metrics->counts = (struct output_counts){};
	err = output_new(&format_prometheus, &options, &metrics->output);
	if (err)
		return err;
	*sink = output_sink(metrics->output);
	if (!options.whole_trees)
		return NULL;
	err = filter_new(&chosen, sink, &metrics->filter);
	if (!err)
		*sink = filter_sink(metrics->filter);
	return err;
}

void metrics_view_close(struct metrics_view *metrics)
{
	filter_free(take_pointer(metrics->filter));
	output_free(take_pointer(metrics->output));
}

/* All that is counted there is counted here, but for what was left out. */
static void count(struct metrics_view *metrics, const struct output_counts *counts,
		  const struct output *shown)
{
	metrics->counts = *counts;
	metrics->counts.unwanted = 0;
	metrics->counts.knows_sent = output_count_sent(shown, &metrics->counts.sent);
}

struct error *metrics_view_feed(struct metrics_view *metrics, const struct record *record,
				const struct output_counts *counts, const struct output *shown)
{
	if (!metrics->output || (record->kind != RECORD_TICK && record->kind != RECORD_STOPPED))
		return NULL;
	count(metrics, counts, shown);
	if (record->kind == RECORD_TICK)
		output_tick(metrics->output, record->time_ns);
	else
		output_end(metrics->output, &(struct output_totals){.stop_ns = record->time_ns});
	return metrics->filter ? filter_take_error(metrics->filter) : NULL;
}

struct error *metrics_view_flush(struct metrics_view *metrics)
{
	int errnum;

	return metrics->output ? output_flush(metrics->output, &errnum) : NULL;
}
