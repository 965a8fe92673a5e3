/* SPDX-License-Identifier: MIT */
#include "command/states_replay.h"

#include "base/log.h"
#include "command/play.h"
#include "command/states_view.h"

static struct error *begin(void *context, const struct player_state *state,
			   const struct output_options *options)
{
	struct states_view *view = context;
	struct error *err = states_view_open(view, options);

	return err ?: states_view_start(view, state->about.traced_ns);
}

static void end(void *context)
{
	struct states_view *view = context;

	states_view_close(view);
}

static struct error *feed(void *context, const struct record *record, uint64_t lost)
{
	struct states_view *view = context;

	return states_view_feed(view, record, lost);
}

static bool is_full(void *context)
{
	const struct states_view *view = context;

	return states_view_is_full(view);
}

static void report(void *context, const uint64_t counts[STAT_COUNT])
{
	const struct states_view *view = context;

	if (!view->num_lines) {
		states_view_explain(view);
		if (!view->num_changes)
			log_info(
				"nothing to show: no goroutine changed its state while it was recorded");
	}
	states_view_report(view);
}

struct error *states_replay(const struct states_args *args)
{
	struct states_view view = {.args = args};
	struct play play = {.path = args->replay_path,
			    .times = &args->times,
			    .recorded = RECORDED_STATES,
			    .format = args->format,
			    .output_path = args->run.output_path,
			    .context = &view,
			    .begin = begin,
			    .end = end,
			    .feed = feed,
			    .shown = &view.output,
			    .is_full = is_full,
			    .report = report};

	return play_show(&play);
}
