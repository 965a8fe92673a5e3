/* SPDX-License-Identifier: MIT */
/* replay.c - trees out of a recording, as if they were traced now. */
#include <errno.h>

#include "base/log.h"
#include "command/command.h"
#include "command/options.h"
#include "command/play.h"
#include "command/replay.h"
#include "command/run_args.h"
#include "command/signals.h"
#include "command/tree_view.h"

/* ---- the command line ---- */

static const struct argp_option options[] = {
	{"output", 'o', "FILE", 0, "Write to FILE, not to standard output", OPTIONS_OUTPUT},
	{},
};

static error_t take_argument(struct replay_args *args, const char *arg, struct argp_state *state)
{
	if (args->path) {
		argp_error(state, "'%s' is too much: replay shows one FILE", arg);
		return EINVAL;
	}
	args->path = arg;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct replay_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->view;
		state->child_inputs[1] = &args->times;
		return 0;
	case 'o':
		args->output_path = arg;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(args, arg, state);
	case ARGP_KEY_END:
		if (!args->path)
			argp_error(state, "which FILE? gofuncgraph-c record makes one");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&view_argp, 0, NULL, 0}, {&window_argp, 0, NULL, 0}, {&common_argp, 0, NULL, 0}, {}};

const struct argp replay_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] FILE",
	.doc = "Shows what was recorded, in any way that tracing can show it: the same options, the same output. Needs neither root nor the binary.\n"
	       "\n"
	       "The three slowest calls:\n"
	       "  gofuncgraph-c replay --slowest 3 slow.rec\n"
	       "The last ten seconds before it was stopped:\n"
	       "  gofuncgraph-c replay --since -10s slow.rec\n"
	       "How long each function took:\n"
	       "  gofuncgraph-c replay --summary slow.rec\n"
	       "\v"
	       "FILE is what `record` or --record wrote; - is standard input. What `states`, `hunt` and `goroutines` recorded is shown as they do; their --replay takes options.\n"
	       "\n"
	       "See gofuncgraph-c-replay(8).\n",
	.children = children,
};

/* ---- showing ---- */

struct shown {
	const struct replay_args *args;
	struct tree_view view;
	struct where *where; /* what trees must satisfy; NULL: nothing */
	struct run_options options; /* of what is played last; labels and texts are not owned */
	unsigned num_begun; /* binaries */
};

static struct error *begin(void *context, const struct player_state *state,
			   const struct output_options *output)
{
	struct shown *shown = context;
	const struct recording_about *about = &state->about;
	struct error *err;

	if (shown->num_begun++ && format_is_document(shown->args->view.format))
		return error_new(
			"the binary was overwritten when %s was recorded, and what -f writes cannot tell of two: what came before is there",
			shown->args->path);
	where_free(take_pointer(shown->where));
	if (!about->where_is_early) {
		err = where_make(about->run.where, about->run.labels, about->run.num_labels,
				 &shown->where);
		if (err)
			return err;
	}
	shown->view.where = shown->where;
	shown->options = about->run;
	return tree_view_open(&shown->view, output, state->hit_times);
}

static void end(void *context)
{
	struct shown *shown = context;

	tree_view_close(&shown->view);
}

static struct error *feed(void *context, const struct record *record, uint64_t lost)
{
	struct shown *shown = context;

	return tree_view_feed(&shown->view, record);
}

static bool is_full(void *context)
{
	const struct shown *shown = context;

	return tree_view_is_full(&shown->view);
}

static void report(void *context, const uint64_t counts[STAT_COUNT])
{
	const struct shown *shown = context;

	if (!shown->view.output)
		return;
	tree_view_report_unwanted(&shown->view, &shown->options, counts);
	tree_view_report(&shown->view);
	if (!tree_view_num_roots(&shown->view) && !tree_view_has_shown(&shown->view))
		log_info("nothing to show: no call of a target began while it was recorded%s",
			 window_is_wanted(&shown->args->times) ? ", between --since and --until"
							       : "");
}

struct error *replay_run(const struct replay_args *args)
{
	struct shown shown = {.args = args, .view.args = &args->view};
	struct play play = {.path = args->path,
			    .times = &args->times,
			    .format = args->view.format,
			    .output_path = args->output_path,
			    .context = &shown,
			    .begin = begin,
			    .end = end,
			    .feed = feed,
			    .shown = &shown.view.output,
			    .is_full = is_full,
			    .report = report};
	struct error *err = play_show(&play);

	where_free(shown.where);
	return err;
}

/* Without any option: as it is shown while it is traced. True: it is no recording of trees, and was shown. */
static bool shows_otherwise(int argc, char **argv, int *status)
{
	static int (*const commands[])(int argc, char **argv) = {
		[RECORDED_STATES] = command_states,
		[RECORDED_HUNT] = command_hunt,
		[RECORDED_GOROUTINES] = command_goroutines,
	};
	enum recorded recorded;
	char command[] = "", option[] = "--replay";
	char *arguments[] = {command, option, argv[1], NULL};

	if (argc != 2 || !play_look(argv[1], &recorded) || recorded == RECORDED_TREES)
		return false;
	*status = commands[recorded](3, arguments);
	return true;
}

int command_replay(int argc, char **argv)
{
	struct error *err;
	struct replay_args args = {};
	char name[] = "gofuncgraph-c replay";
	int status;

	if (shows_otherwise(argc, argv, &status))
		return status;
	argv[0] = name;
	if (argp_parse(&replay_argp, argc, argv, ARGP_NO_HELP, NULL, &args))
		return command_status(error_out_of_memory());
	err = replay_run(&args);
	return command_status(err);
}
