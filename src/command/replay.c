/* SPDX-License-Identifier: MIT */
/* replay.c - trees out of a recording, as if they were traced now. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_age.h"
#include "base/log.h"
#include "base/output_file.h"
#include "command/command.h"
#include "command/counts.h"
#include "command/options.h"
#include "command/replay.h"
#include "command/signals.h"
#include "command/tree_view.h"
#include "recording/player.h"

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
	{&view_argp, 0, NULL, 0}, {&common_argp, 0, NULL, 0}, {}};

const struct argp replay_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[OPTION...] FILE",
	.doc = "Shows what was recorded, in any way that tracing can show it: the same options, the same output. Needs neither root nor the binary.\n"
	       "\n"
	       "The three slowest calls:\n"
	       "  gofuncgraph-c replay --slowest 3 slow.rec\n"
	       "How long each function took:\n"
	       "  gofuncgraph-c replay --summary slow.rec\n"
	       "\v"
	       "FILE is what `record` or --record wrote; - is standard input.\n"
	       "\n"
	       "See gofuncgraph-c-replay(8).\n",
	.children = children,
};

/* ---- playing ---- */

struct replay {
	const struct replay_args *args;
	struct tree_view view;
	struct where *where; /* what trees must satisfy; NULL: nothing */
	struct source *player;
	FILE *file; /* where it is shown; NULL: on a server */
	unsigned num_begun; /* binaries */
	uint64_t counts[STAT_COUNT]; /* when it was recorded, by enum statistic */
	struct run_options options; /* of what is played last; labels and texts are not owned */
	bool is_pipe; /* what is read */
	struct error *err; /* met while a record was handled */
};

static void fail(struct replay *replay, struct error *err)
{
	if (replay->err)
		error_free(err);
	else
		replay->err = err;
}

static struct error *begin(void *context, const struct player_state *state)
{
	struct replay *replay = context;
	const struct recording_about *about = &state->about;
	const struct output_options about_output = {
		.file = replay->file,
		.path = replay->args->output_path,
		.about = {.arguments = about->arguments,
			  .binary = about->binary,
			  .build_id = about->build_id,
			  .start_ns = about->start_ns},
		.names = state->names,
		.clock = &state->clock,
		.command_lines = state->command_lines,
		.values = state->values,
		.run = about->run,
		.is_past = true,
	};
	struct error *err;

	if (replay->num_begun++ && format_is_document(replay->args->view.format))
		return error_new(
			"the binary was overwritten when %s was recorded, and what -f writes cannot tell of two: what came before is there",
			replay->args->path);
	memset(replay->counts, 0, sizeof(replay->counts));
	where_free(take_pointer(replay->where));
	if (!about->where_is_early) {
		err = where_make(about->run.where, about->run.labels, about->run.num_labels,
				 &replay->where);
		if (err)
			return err;
	}
	replay->view.where = replay->where;
	replay->options = about->run;
	return tree_view_open(&replay->view, &about_output, state->hit_times);
}

static void end(void *context)
{
	struct replay *replay = context;

	tree_view_close(&replay->view);
}

static void handle(void *context, const struct record *record)
{
	struct replay *replay = context;

	counts_take(replay->counts, record);
	fail(replay, tree_view_feed(&replay->view, record, replay->counts[STAT_LOST]));
}

/* The error that a write met; a reader that went away (`| head`) is none, and ends it. */
static struct error *flush(struct replay *replay, bool *is_closed)
{
	int errnum = 0;
	struct error *err = output_flush(replay->view.output, &errnum);

	*is_closed = err != NULL;
	return output_forgive_reader(err, errnum);
}

/* Of a pipe, it tells who writes into it, and what that still has is shown. */
static bool is_told_to_stop(const struct replay *replay)
{
	return !replay->is_pipe && signals_arrived();
}

static struct error *play(struct replay *replay)
{
	struct error *err = NULL;
	bool is_closed = false;

	while (!err && !is_closed && !player_is_over(replay->player) && !is_told_to_stop(replay) &&
	       !tree_view_is_full(&replay->view)) {
		err = source_poll(replay->player, 0);
		if (!err && replay->err)
			err = take_pointer(replay->err);
		if (!err && replay->view.output)
			err = flush(replay, &is_closed);
	}
	if (err || is_closed)
		return err;
	source_stop(replay->player);
	return take_pointer(replay->err) ?: flush(replay, &is_closed);
}

/* ---- files ---- */

static struct error *open_recording(const struct replay_args *args, FILE **file)
{
	*file = strcmp(args->path, "-") ? fopen(args->path, "re") : stdin;
	return *file ? NULL : error_errno(errno, "cannot read %s", args->path);
}

static struct error *open_output(const struct replay_args *args, FILE *recording, FILE **file)
{
	struct error *err =
		format_check_target(args->view.format, args->output_path, isatty(STDOUT_FILENO));

	*file = format_has_no_file(args->view.format) ? NULL : stdout;
	if (err || !*file)
		return err;
	if (!args->output_path || !strcmp(args->output_path, "-"))
		return NULL;
	err = output_file_open_stream(args->output_path, file);
	if (err)
		return err;
	if (file_is_same(fileno(*file), fileno(recording)))
		return error_new(
			"-o %s is the recording itself, which would be overwritten: give another file",
			args->output_path);
	return output_file_cut(*file, args->output_path);
}

static struct error *look_at_file(FILE *recording, bool *is_pipe)
{
	struct stat stat;

	if (fstat(fileno(recording), &stat))
		return error_errno(errno, "cannot read the recording");
	*is_pipe = !S_ISREG(stat.st_mode);
	return NULL;
}

static void report(const struct replay *replay)
{
	struct player_trouble trouble = player_trouble(replay->player);
	unsigned long long offset = trouble.offset;

	counts_report(replay->counts, "record fewer functions, or give record's --ring-size more");
	if (replay->view.output) {
		tree_view_report_unwanted(&replay->view, &replay->options, replay->counts);
		tree_view_report(&replay->view);
	}
	if (trouble.num_damaged)
		log_warning(
			"%s is damaged: %llu parts of it are left out, the first at byte %llu; what was called then is missing",
			replay->args->path, (unsigned long long)trouble.num_damaged, offset);
	else if (trouble.is_cut)
		log_warning(
			"%s was cut off at byte %llu, by a crash or a full disk: what is shown ends there",
			replay->args->path, offset);
}

struct error *replay_run(const struct replay_args *args)
{
	_cleanup_fclose_ FILE *recording = NULL;
	struct replay replay = {.args = args, .view.args = &args->view};
	struct error *err = open_recording(args, &recording);

	signals_catch();
	if (!err)
		err = open_output(args, recording, &replay.file);
	if (!err)
		err = look_at_file(recording, &replay.is_pipe);
	if (!err)
		err = player_new(&(struct player_options){.file = recording,
							  .path = args->path,
							  .sink = {handle, &replay},
							  .begin = begin,
							  .end = end},
				 &replay.player);
	if (!err)
		err = play(&replay);
	if (!err)
		report(&replay);
	source_free(replay.player);
	error_free(replay.err);
	where_free(replay.where);
	if (replay.file && replay.file != stdout)
		fclose(replay.file);
	return err;
}

int command_replay(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct replay_args args = {};
	char name[] = "gofuncgraph-c replay";

	argv[0] = name;
	argp_parse(&replay_argp, argc, argv, ARGP_NO_HELP, NULL, &args);
	err = replay_run(&args);
	if (err)
		log_failure(err);
	return err ? STATUS_FAILED : STATUS_OK;
}
