/* SPDX-License-Identifier: MIT */
#include "command/play.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/event_clock.h"
#include "base/file_age.h"
#include "base/log.h"
#include "base/output_file.h"
#include "base/status_line.h"
#include "base/text.h"
#include "command/counts.h"
#include "command/signals.h"

#define SHOW_AFTER_NS 1000000000ull
#define SHOW_EVERY_NS 250000000ull

/* ---- files ---- */

struct error *play_open(struct play *play)
{
	struct stat stat;

	play->file = strcmp(play->path, "-") ? fopen(play->path, "re") : stdin;
	if (!play->file)
		return error_errno(errno, "cannot read %s", play->path);
	if (fstat(fileno(play->file), &stat))
		return error_errno(errno, "cannot read the recording");
	play->size = S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
	return NULL;
}

static bool is_read(const struct play *play, const char *path)
{
	return play && file_is_named(fileno(play->file), path);
}

struct error *play_open_output(const struct play *play, const struct play *other,
			       const struct format *format, const char *output_path, FILE **file)
{
	struct error *err = format_check_target(format, output_path, isatty(STDOUT_FILENO));

	*file = format_has_no_file(format, output_path) ? NULL : stdout;
	if (err || !output_path || !strcmp(output_path, "-") ||
	    (!*file && !format_is_rewritten(format)))
		return err;
	if (is_read(play, output_path) || is_read(other, output_path))
		return error_new(
			"-o %s is the recording itself, which would be overwritten: give another file",
			output_path);
	if (!*file)
		return NULL;
	err = output_file_open_stream(output_path, file);
	return err ?: output_file_cut(*file, output_path);
}

/* ---- how far it is ---- */

void play_progress_text(char text[PLAY_PROGRESS_SIZE], const char *path, uint64_t done,
			uint64_t size, uint64_t taken_ns)
{
	double share = size ? (double)done / (double)size : 0;

	if (share <= 0 || share > 1) {
		snprintf(text, PLAY_PROGRESS_SIZE, "reading %s", path);
		return;
	}
	snprintf(text, PLAY_PROGRESS_SIZE, "reading %s: %d %%, %.0fs left", path,
		 (int)(share * 100), (double)taken_ns * (1 - share) / share / 1e9);
}

static void show_progress(struct play *play)
{
	uint64_t now_ns = monotonic_ns();
	_cleanup_free_ char *path = NULL;
	char text[PLAY_PROGRESS_SIZE];

	if (now_ns - play->begun_ns < SHOW_AFTER_NS || now_ns - play->shown_ns < SHOW_EVERY_NS)
		return;
	play->shown_ns = now_ns;
	if (status_line_gave_way())
		return;
	path = text_escape(play->path, strlen(play->path));
	play_progress_text(text, path ?: "?", player_offset(play->player), play->size,
			   now_ns - play->begun_ns);
	status_line_show(text);
}

/* ---- records ---- */

static struct error *check(const struct play *play, enum recorded recorded)
{
	static const char *const commands[] = {
		[RECORDED_TREES] = "replay",
		[RECORDED_STATES] = "states --replay",
		[RECORDED_HUNT] = "hunt --replay",
		[RECORDED_GOROUTINES] = "goroutines --replay",
	};

	if (recorded == play->recorded)
		return NULL;
	return error_new("%s was recorded otherwise: gofuncgraph-c %s %s shows it", play->path,
			 commands[recorded], play->path);
}

static struct output_options output_options(const struct play *play,
					    const struct player_state *state)
{
	const struct recording_about *about = &state->about;

	return (struct output_options){
		.file = play->output,
		.path = play->output_path,
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
		.is_told_to_stop = signals_arrived,
	};
}

static struct error *begin(void *context, const struct player_state *state)
{
	struct play *play = context;
	const struct output_options options = output_options(play, state);
	struct error *err = check(play, about_recorded(&state->about));

	if (err)
		return err;
	memset(play->counts, 0, sizeof(play->counts));
	play->has_begun = true;
	return play->begin(play->context, state, &options);
}

static void end(void *context)
{
	struct play *play = context;

	play->end(play->context);
}

static void handle(void *context, const struct record *record)
{
	struct play *play = context;
	struct error *err;

	counts_take(play->counts, record);
	err = play->feed(play->context, record, play->counts[STAT_LOST]);
	if (play->err)
		error_free(err);
	else
		play->err = err;
}

static struct error *flush(struct play *play, bool *is_closed)
{
	int errnum = 0;
	struct error *err =
		play->shown && *play->shown ? output_flush(*play->shown, &errnum) : NULL;

	*is_closed = err != NULL;
	return output_forgive_reader(err, errnum);
}

/* Of a pipe, it tells who writes into it, and what that still has is shown. */
static bool is_told_to_stop(const struct play *play)
{
	return play->size && signals_arrived();
}

static struct error *play_all(struct play *play)
{
	struct error *err = NULL;
	bool is_closed = false;

	while (!err && !is_closed && !player_is_over(play->player) && !is_told_to_stop(play) &&
	       !(play->is_full && play->is_full(play->context))) {
		err = source_poll(play->player, 0);
		if (!err && play->err)
			err = take_pointer(play->err);
		if (!err)
			err = flush(play, &is_closed);
		show_progress(play);
	}
	if (err || is_closed)
		return err;
	source_stop(play->player);
	if (!play->err && !play->has_begun && !signals_arrived())
		return error_new("%s has nothing between --since and --until", play->path);
	return take_pointer(play->err) ?: flush(play, &is_closed);
}

static struct error *find_window(const struct play *play, struct player_window *window)
{
	struct recording_index index;
	struct error *err = recording_index_read(play->file, play->path, &index);

	if (!err)
		err = window_find(play->times, &index, play->path, window);
	recording_index_destroy(&index);
	return err;
}

struct error *play_run(struct play *play, FILE *file)
{
	bool is_part = play->times && window_is_wanted(play->times);
	struct player_window window;
	const struct player_options options = {.file = play->file,
					       .path = play->path,
					       .sink = {handle, play},
					       .window = is_part ? &window : NULL,
					       .begin = begin,
					       .end = end};
	struct error *err = NULL;

	play->begun_ns = monotonic_ns();
	status_line_allow(file ? fileno(file) : STDERR_FILENO);
	if (is_part)
		err = find_window(play, &window);
	if (!err)
		err = player_new(&options, &play->player);
	if (!err)
		err = play_all(play);
	status_line_give_way();
	return err;
}

/* ---- the end ---- */

void play_report(const struct play *play)
{
	static const char *const advice[] = {
		[RECORDED_TREES] = "record fewer functions, or give record's --ring-size more",
		[RECORDED_STATES] =
			"what is shown lacks some; give --ring-size more when you record",
		[RECORDED_HUNT] =
			"calls of which some are missing are left out; give --ring-size more when you record",
	};
	struct player_trouble trouble = player_trouble(play->player);
	unsigned long long offset = trouble.offset;

	counts_report(play->counts, advice[play->recorded]);
	if (trouble.num_damaged)
		log_warning(
			"%s is damaged: %s left out, the first at byte %llu; what was called then is missing",
			play->path,
			text_counted(trouble.num_damaged, "part of it is", "parts of it are").text,
			offset);
	else if (trouble.is_cut)
		log_warning(
			"%s was cut off at byte %llu, by a crash or a full disk: what is shown ends there",
			play->path, offset);
}

void play_close(struct play *play)
{
	source_free(take_pointer(play->player));
	error_free(take_pointer(play->err));
	if (play->file)
		fclose(take_pointer(play->file));
	if (play->output && play->output != stdout)
		fclose(take_pointer(play->output));
}

/* ---- all of it ---- */

struct error *play_show(struct play *play)
{
	struct error *err;

	signals_catch();
	err = play_open(play);
	if (!err)
		err = play_open_output(play, NULL, play->format, play->output_path, &play->output);
	if (!err)
		err = play_run(play, play->output);
	if (!err) {
		play_report(play);
		play->report(play->context, play->counts);
	}
	play_close(play);
	return err;
}

/* ---- what is in a file ---- */

static struct error *look(void *context, const struct player_state *state)
{
	enum recorded *recorded = context;

	*recorded = about_recorded(&state->about);
	return NULL;
}

static void look_away(void *context)
{
}

static void ignore(void *context, const struct record *record)
{
}

bool play_look(const char *path, enum recorded *recorded)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	const struct player_options options = {.file = file,
					       .path = path,
					       .sink = {ignore, recorded},
					       .begin = look,
					       .end = look_away};
	struct source *player = NULL;
	struct stat stat;
	struct error *err;

	/* What is in a pipe can be read once. */
	if (!file || fstat(fileno(file), &stat) || !S_ISREG(stat.st_mode))
		return false;
	err = player_new(&options, &player);
	source_free(player);
	error_free(err);
	return !err;
}
