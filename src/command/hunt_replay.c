/* SPDX-License-Identifier: MIT */
#include "command/hunt_replay.h"

#include "base/log.h"
#include "command/hunt_view.h"
#include "command/play.h"

struct shown {
	struct hunt_view view;
	const struct play *play;
	const struct player_state *state;
};

static struct error *begin(void *context, const struct player_state *state,
			   const struct output_options *options)
{
	struct shown *shown = context;

	shown->state = state;
	return hunt_view_open(&shown->view, options, &state->code);
}

static void end(void *context)
{
	struct shown *shown = context;

	hunt_view_close(&shown->view);
}

static struct error *feed(void *context, const struct record *record, uint64_t lost)
{
	struct shown *shown = context;
	struct hunt_view *view = &shown->view;
	struct output_totals totals = {.stop_ns = record->time_ns, .lost = lost};
	struct error *err = NULL;

	err = hunt_view_feed(view, record);
	if (record->kind != RECORD_STOPPED)
		return err;
	if (!err)
		err = hunt_view_report(view, shown->state->share_of_exact);
	hunt_view_end(view, &totals);
	return err;
}

static bool is_full(void *context)
{
	const struct shown *shown = context;

	/* What was recorded behind that says what calls did that were open to the end. A pipe may have none. */
	return !shown->play->size && hunt_view_is_full(&shown->view);
}

static void report(void *context, const uint64_t counts[STAT_COUNT])
{
	const struct shown *shown = context;

	if (!hunt_view_num_calls(&shown->view))
		log_info("nothing to show: no call of a target ended while it was recorded");
}

struct error *hunt_replay(const struct hunt_args *args)
{
	struct shown shown = {.view.args = args};
	struct play play = {.path = args->replay_path,
			    .times = &args->times,
			    .recorded = RECORDED_HUNT,
			    .format = args->format,
			    .output_path = args->run.output_path,
			    .context = &shown,
			    .begin = begin,
			    .end = end,
			    .feed = feed,
			    .shown = &shown.view.output,
			    .is_full = is_full,
			    .report = report};

	shown.play = &play;
	return play_show(&play);
}
