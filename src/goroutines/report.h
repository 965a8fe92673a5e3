/* SPDX-License-Identifier: MIT */
/* report.h - goroutines as they are printed: by groups as text, one by one as JSON. */
#ifndef GOROUTINES_REPORT_H
#define GOROUTINES_REPORT_H

#include "goroutines/groups.h"
#include "goroutines/leads.h"
#include "goroutines/locks.h"
#include "goroutines/places.h"
#include "output/writer.h"
#include "process/command_lines.h"

/* What is reported of one process. Nothing is owned. */
struct report {
	pid_t pid;
	const struct command_line *command_line; /* NULL: it is not told */
	struct places *places;
	const struct snapshot *snapshot;
	const struct groups *groups; /* those that are wanted */
	const struct locks *locks;
	const struct leads *leads; /* of some that wait: report_find_leads() */
	size_t num_leads;
	size_t num_system; /* goroutines of the runtime that are not */
	uint64_t now_ns; /* nanotime() in the process, of snapshot.since_ns */
	uint64_t limit; /* groups, or goroutines of JSON; 0: all */
	bool is_full; /* frames that Go's own traces leave out, too */
	size_t width; /* of the terminal; 0: none, lines are not cut */
	bool is_colored;
};

void report_text(const struct report *report, struct writer *writer);
void report_json(const struct report *report, struct writer *writer);

/* Looks who may serve what goroutines of the report's groups wait for, of LEADS_MAX_ASKED at most: of the first of each
 * group that is shown, or of the first goroutines. The only error is out of memory. */
struct error *report_find_leads(struct report *report, const struct snapshot_source *source,
				bool is_by_group, struct leads found[LEADS_MAX_ASKED]);

/* ---- shared ---- */

/* NULL: none is known. */
const struct leads *report_leads(const struct report *report, const struct goroutine *one);

/* Where it is: its innermost frame of the program's own, else its outermost one. NULL: unknown. */
const struct shown_frame *report_place(const struct report *report, const struct goroutine *one);

/* The name of the state in small letters, or of what it waits for: "chan receive". */
#define REPORT_STATE_SIZE 80
void report_state(const struct report *report, const struct goroutine *one,
		  char text[REPORT_STATE_SIZE]);

/* How long it waits, at least; 0: unknown. */
uint64_t report_wait_ns(const struct report *report, uint64_t since_ns);

/* Visits the frames that are to be shown, the innermost first. */
void report_frames(const struct report *report, const struct goroutine *one,
		   void (*visit)(void *context, const struct shown_frame *frame), void *context);

/* True of what nobody can end: a channel that is nil, a select without cases. */
bool report_is_endless(const struct report *report, const struct goroutine *one);

/* Of those in the circle: what the one at this place waits for that the next one has. */
struct sync_object report_circle_object(const struct report *report, size_t place);
/* Whether all of them wait for locks. */
bool report_circle_is_of_locks(const struct report *report);

/* Where the goroutine was started; NULL: nowhere, or unknown. */
const struct shown_frame *report_creator(const struct report *report, const struct goroutine *one);

/* A label as it is asked for. */
struct label_choice {
	const char *key;
	size_t key_len;
	const char *value; /* NULL: any */
};

bool report_has_label(const struct goroutine *one, const struct label_choice *choice);

/* True when any of what is shown of it holds the text. */
bool report_has_text(const struct report *report, const struct goroutine *one, const char *text);

/*
 * True when nothing in the program can ever go on, as far as can be seen: no goroutine of its own
 * runs or is about to, and each waits for another one: on a channel, a lock and the like.
 */
bool report_is_deadlock(const struct report *report);

#endif
