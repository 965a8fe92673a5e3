/* SPDX-License-Identifier: MIT */
/* progress.c - the line that tells what goes on; see progress.h. */
#include "command/progress.h"

#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "base/text.h"
#include "guard/bill.h"

#define PIECE_SIZE 96

/* In the order of the line. */
enum piece {
	PIECE_WHAT,
	PIECE_PROBES,
	PIECE_LEFT_OUT,
	PIECE_PROCESSES,
	PIECE_COUNT,
	PIECE_OVERHEAD,
	NUM_PIECES,
};

/* Those that matter least first; the one that is missing here stays. */
static const enum piece tracing_drops[] = {PIECE_PROBES, PIECE_WHAT, PIECE_LEFT_OUT,
					   PIECE_PROCESSES, PIECE_OVERHEAD};
static const enum piece attaching_drops[] = {PIECE_PROCESSES, PIECE_OVERHEAD, PIECE_LEFT_OUT};

_Static_assert(NUM_PIECES *(PIECE_SIZE + sizeof(" · ")) <= STATUS_LINE_SIZE, "they fit");

struct pieces {
	char texts[NUM_PIECES][PIECE_SIZE]; /* "": it is not there */
};

/* "1,204 functions" */
static void put_count(char text[PIECE_SIZE], const char *before, uint64_t count, const char *one,
		      const char *many)
{
	snprintf(text, PIECE_SIZE, "%s%s %s", before, text_count(count).text,
		 count == 1 ? one : many);
}

/* "3.1 %", "84 %" */
static void put_overhead(char text[PIECE_SIZE], double share)
{
	double percent = share * 100;

	if (share >= 0)
		snprintf(text, PIECE_SIZE, "overhead %.*f %%", percent < 9.95, percent);
}

static void put_counted(char text[PIECE_SIZE], const struct progress_count *counted)
{
	size_t length;

	if (!counted->one)
		return;
	put_count(text, "", counted->count, counted->one, counted->many);
	length = strlen(text);
	if (counted->are_chosen)
		snprintf(text + length, PIECE_SIZE - length, ", %s shown",
			 text_count(counted->num_shown).text);
}

static void put_processes(char text[PIECE_SIZE], const struct progress *progress)
{
	size_t count = progress->guard.num_processes;

	if (progress->are_processes_chosen)
		return;
	if (count)
		put_count(text, "", count, "process", "processes");
	else
		strcpy(text, "no process runs it");
}

static void put_attached(char text[PIECE_SIZE], const struct guard_now *guard)
{
	snprintf(text, PIECE_SIZE, "attaching %s of %s probe%s",
		 text_count(guard->num_attached).text, text_count(guard->num_sites).text,
		 guard->num_sites == 1 ? "" : "s");
}

static void make_pieces(struct pieces *pieces, const struct progress *progress)
{
	const struct guard_now *guard = &progress->guard;

	if (progress->is_attaching) {
		put_attached(pieces->texts[PIECE_WHAT], guard);
		if (guard->num_off)
			put_count(pieces->texts[PIECE_LEFT_OUT], "", guard->num_off,
				  "function left out", "functions left out");
	} else if (progress->num_funcs) {
		put_count(pieces->texts[PIECE_WHAT], "tracing ", progress->num_funcs, "function",
			  "functions");
	} else {
		strcpy(pieces->texts[PIECE_WHAT], "tracing goroutines");
	}
	if (!progress->is_attaching) {
		put_count(pieces->texts[PIECE_PROBES], "(", progress->num_probes, "probe)",
			  "probes)");
		put_counted(pieces->texts[PIECE_COUNT], &progress->counted);
	}
	put_processes(pieces->texts[PIECE_PROCESSES], progress);
	put_overhead(pieces->texts[PIECE_OVERHEAD], guard->share);
}

static void join(const struct pieces *pieces, char text[STATUS_LINE_SIZE])
{
	char *to = text;

	*to = 0;
	for (size_t i = 0; i < NUM_PIECES; i++) {
		if (!pieces->texts[i][0])
			continue;
		if (to != text)
			to = stpcpy(to, i == PIECE_PROBES ? " " : " · ");
		to = stpcpy(to, pieces->texts[i]);
	}
}

static bool fits(const char *text, size_t columns)
{
	size_t taken, length = strlen(text);

	return terminal_fit(text, length, columns, &taken) == length;
}

void progress_text(const struct progress *progress, size_t columns, char text[STATUS_LINE_SIZE])
{
	const enum piece *drops = progress->is_attaching ? attaching_drops : tracing_drops;
	size_t num_drops = progress->is_attaching
				   ? sizeof(attaching_drops) / sizeof(attaching_drops[0])
				   : sizeof(tracing_drops) / sizeof(tracing_drops[0]);
	struct pieces pieces = {0};

	make_pieces(&pieces, progress);
	join(&pieces, text);
	for (size_t i = 0; i < num_drops && !fits(text, columns); i++) {
		pieces.texts[drops[i]][0] = 0;
		join(&pieces, text);
	}
	if (!fits(text, columns))
		*text = 0;
}
