/* SPDX-License-Identifier: MIT */
#include "command/states_replay.h"

#include "base/log.h"
#include "command/play.h"
#include "command/states_view.h"

struct shown {
	struct states_view view;
	const struct play *play;
};

static struct error *begin(void *context, const struct player_state *state)
{
	struct shown *shown = context;
	const struct output_options options =
		play_output_options(state, shown->play->output, shown->view.args->run.output_path);
	struct error *err = states_view_open(&shown->view, &options);

	return err ?: states_view_start(&shown->view, state->about.traced_ns);
}

static void end(void *context)
{
	struct shown *shown = context;

	states_view_close(&shown->view);
}

static struct error *feed(void *context, const struct record *record, uint64_t lost)
{
	struct shown *shown = context;

	return states_view_feed(&shown->view, record, lost);
}

static bool is_full(void *context)
{
	const struct shown *shown = context;

	return states_view_is_full(&shown->view);
}

struct error *states_replay(const struct states_args *args)
{
	struct shown shown = {.view.args = args};
	struct play play = {.path = args->replay_path,
			    .times = &args->times,
			    .recorded = RECORDED_STATES,
			    .context = &shown,
			    .begin = begin,
			    .end = end,
			    .feed = feed,
			    .shown = &shown.view.output,
			    .is_full = is_full};
	struct error *err;

	shown.play = &play;
	err = play_show(&play, args->format, args->run.output_path);
	if (!err)
		play_report(&play);
	if (!err && !shown.view.num_lines) {
		states_view_explain(&shown.view);
		if (!shown.view.num_changes)
			log_info(
				"nothing to show: no goroutine changed its state while it was recorded");
	}
	if (!err)
		states_view_report(&shown.view);
	play_close(&play);
	return err;
}
