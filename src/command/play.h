/* SPDX-License-Identifier: MIT */
/*
 * play.h - a recording is read, to its end or until nobody wants more, for commands that show what is in it.
 *
 * play_open() - play_run() - play_report() - play_close(). Meanwhile a line of standard error tells how far it
 * is, once that takes longer than a second.
 */
#ifndef COMMAND_PLAY_H
#define COMMAND_PLAY_H

#include "gofuncgraph/output.h"
#include "recording/player.h"
#include "recording/window.h"

struct play {
	/* To be set: */
	const char *path; /* of the recording, "-": standard input; not owned */
	enum recorded recorded; /* what can be shown; anything else is an error */
	const struct window_times *times; /* the part that is wanted; not owned; NULL: all */
	const struct format *format; /* for play_show() */
	const char *output_path; /* what -o names, for play_show(); NULL: nothing; not owned */
	void *context;
	/* As in struct player_options. `options`: what an output is told of the recording, with play_show(). */
	struct error *(*begin)(void *context, const struct player_state *state,
			       const struct output_options *options);
	void (*end)(void *context);
	/* `lost`: records so far, when it was recorded. */
	struct error *(*feed)(void *context, const struct record *record, uint64_t lost);
	/* What is flushed as records come. NULL, or it is NULL: nothing is written yet. */
	struct output *const *shown;
	bool (*is_full)(void *context); /* no more is wanted; NULL: all is */
	/* With play_show(), messages at the end; `counts`: when it was recorded, by enum statistic. */
	void (*report)(void *context, const uint64_t counts[STAT_COUNT]);

	/* Its own, zero at first. */
	FILE *file;
	FILE *output; /* of play_show(); NULL: a server */
	uint64_t size; /* bytes of the file; 0: a pipe, unknown */
	struct source *player;
	bool has_begun; /* something was there to be shown */
	uint64_t counts[STAT_COUNT]; /* when it was recorded, by enum statistic */
	uint64_t begun_ns, shown_ns; /* when it began, and when how far it is was shown last */
	struct error *err; /* met while a record was handled */
};

struct error *play_open(struct play *play);
/* Where the format goes: `output_path` is what -o names, NULL: nothing. The caller closes *file, unless it is
 * stdout, or NULL: a server. Error also if that is the recording, or `other`, unless NULL. */
struct error *play_open_output(const struct play *play, const struct play *other,
			       const struct format *format, const char *output_path, FILE **file);
/* `file`: where it is shown, or NULL. A reader that went away (`| head`) is no error. */
struct error *play_run(struct play *play, FILE *file);
/* What was counted when it was recorded, and what is damaged, as messages. */
void play_report(const struct play *play);
void play_close(struct play *play);

/* All of these, for who shows one recording in a format. */
struct error *play_show(struct play *play);

/* What is in the file. False: that cannot be told before it is read, or it is no recording. */
bool play_look(const char *path, enum recorded *recorded);

/* "reading slow.rec: 42 %, 12s left", when so many of its bytes were read in that time. Pure. */
#define PLAY_PROGRESS_SIZE 256
void play_progress_text(char text[PLAY_PROGRESS_SIZE], const char *path, uint64_t done,
			uint64_t size, uint64_t taken_ns);

#endif
