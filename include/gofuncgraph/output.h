/* SPDX-License-Identifier: MIT */
/*
 * output.h - finished calls and trees, changes of goroutines' states and sums of them as text: one
 * file a format behind one small interface.
 */
#ifndef GOFUNCGRAPH_OUTPUT_H
#define GOFUNCGRAPH_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/event_clock.h"
#include "base/terminal.h"
#include "gofuncgraph/calltree.h"
#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/run_options.h"
#include "gofuncgraph/stacks.h"
#include "gofuncgraph/states.h"
#include "names/names.h"
#include "process/command_lines.h"
#include "sums/functions.h"
#include "values/list.h"

struct output;

/* What an output is about, for formats that tell. Not owned; NULL and 0: unknown. */
struct output_about {
	char *const *arguments; /* those of the command, its name first, NULL at the end */
	const char *binary; /* path */
	const char *build_id;
	uint64_t start_ns; /* of tracing, by the clock of records */
};

/* What hunt traces exactly when it has reported. */
struct hunt_drill {
	struct place target;
	uint64_t slower_ns; /* calls that take at least that are waited for */
	struct hunt_path path; /* functions in these calls */
};

/* True of those that can be traced. */
static inline bool hunt_drill_has(const struct hunt_path_func *func)
{
	return func->function && func->va && !func->is_runtime;
}

/* What becomes of trees that a format sends. */
enum output_fate {
	FATE_SENT,
	FATE_STAYED, /* not chosen: there were too many */
	FATE_NO_ROOM, /* dropped: too many waited */
	FATE_REFUSED, /* by the server */
	FATE_WAITING, /* they are on their way */
	FATE_COUNT
};

struct output_sent {
	struct {
		uint64_t trees, spans;
	} by[FATE_COUNT];
	uint64_t rejected; /* of the spans that were sent, those that the server left out */
};

/* What is counted besides calls, as far as it is known: kept up to date by who feeds the output. */
struct output_counts {
	uint64_t statistics[STAT_COUNT]; /* by enum statistic */
	uint64_t
		unwanted; /* calls of targets that a filter left out: they were not slow enough, say */
	uint64_t rejected, undecided; /* and those that it found not to satisfy the conditions */
	/* What probes cost; of what happened before, nobody knows. */
	bool knows_cost;
	struct output_cost {
		uint64_t num_hits, cost_ns, cpu_ns; /* as in struct guard_cost */
	} traced, others; /* the traced processes, and those that were not chosen */
	size_t num_processes, num_off;
	bool knows_sent;
	struct output_sent sent; /* of the format that these metrics are beside */
};

/* What is known when tracing has ended. */
struct output_totals {
	uint64_t stop_ns; /* by the clock of records */
	uint64_t lost; /* records */
	struct hunt_totals hunt; /* of OUTPUT_HUNT */
	const struct hunt_drill *drill; /* the same: its trees are to come behind; NULL: none */
};

/* A goroutine that may serve what that of a stuck call waits for. */
struct hunt_lead {
	uint64_t goid;
	enum lead_by by;
	bool of_wait_group; /* `object` is one, and no channel */
	uint64_t object; /* address of what is waited for; 0: none */
	const char *state; /* as below */
	const struct hunt_object *on; /* what its own wait is on; NULL: unknown, or nothing */
	/* Where it is, as below */
	const uint64_t *stack;
	size_t num_addresses;
};

/* A call that is open for much longer than others took, and what its goroutine does now. */
struct hunt_stuck {
	struct place target;
	uint64_t ns; /* since it began */
	uint64_t goid;
	uint32_t pid;
	const char *state; /* "chan receive", "running"; NULL: unknown */
	const struct hunt_object *on; /* what it waits on; NULL: unknown, or nothing */
	bool waits_for_others; /* without leads: the goroutines command may tell for whom */
	/* Its stack as return addresses, the innermost first; none, and `why_not`, if it is not known. */
	const uint64_t *stack;
	size_t num_addresses;
	const char *why_not;
	const struct hunt_lead *leads;
	size_t num_leads;
};

/* --caller: how "graph" tells where a call came from, and where it ended. */
enum caller_style {
	CALLER_AUTO, /* short on a terminal */
	CALLER_OFF,
	CALLER_SHORT, /* without the folders of files and the paths of packages */
	CALLER_FULL,
};

/* Calls summed up by function, instead of themselves. */
struct summary_options {
	bool is_wanted;
	bool is_detailed; /* with more quantiles, shares of time and the slowest call of each */
	enum function_order order;
	uint64_t top; /* --limit: so many functions; 0: all */
	uint64_t interval_ns; /* a table of the calls of each; 0: one at the end */
};

struct output_options {
	FILE *file; /* not owned; NULL: the format opens `path` itself */
	const char *path; /* what -o names; NULL: nothing. Not owned */
	struct output_about about;
	struct names *names; /* not owned */
	const struct stacks *stacks; /* with run.stacks; not owned */
	const struct value_lists *values; /* that calls' values are of; NULL: none. Not owned */
	const struct event_clock *clock; /* not owned */
	struct command_lines *command_lines; /* not owned; NULL: processes are not told apart */
	const struct output_counts *counts; /* not owned; NULL: nothing is known of them */
	/* --limit: trees beyond it are not written; 0: any number. "graph" writes the first that
	 * end, "json" the first that begin, since it writes their calls before they end. */
	uint64_t max_trees;
	/* A filter hands on the trees: their calls come when it is known that the tree is shown, at
	 * its end mostly. So "json" writes the first that end, too. */
	bool whole_trees;
	/* What is shown happened before, here or elsewhere: it may be held up. */
	bool is_past;
	/* Of what is past: the user wants no more of it. Asked where something is waited for; NULL: never. */
	bool (*is_told_to_stop)(void);
	/* Of a format that sends them: whole trees beyond that stay; 0: none does. */
	uint64_t max_spans_per_second;
	bool leaf; /* of "graph": a call with nothing inside has one line */
	bool live; /* calls as they begin and end, of a format that can: format_can_be_live() */
	enum caller_style caller;
	struct summary_options summary; /* of a format that has one: format_can_summarize() */
	enum color_use color; /* with COLOR_ALWAYS lines are those of a terminal */
	uint64_t num_trees_before; /* calltree_num_begun() of what came before, see calltree_sink */
	/* With `follow`, followed trees do not count for max_trees, and go with the tree that they
	 * descend from. */
	struct run_options run;
};

enum output_kind {
	OUTPUT_TREES, /* calls, or trees of them: output_sink() */
	OUTPUT_STATES, /* output_change(), output_table(), output_row() */
	OUTPUT_REPORT, /* summaries of calls: output_sink() */
	OUTPUT_HUNT, /* output_stuck(), output_hunt() */
};

struct format;

/* What -f names; a name of NULL: the default. NULL: there is none. The names are in
 * output/format_list.h. */
const struct format *format_named(enum output_kind kind, const char *name);

/* Of a recording (recording/recorder.h), which is no output: only where it can go. */
extern const struct format format_recording;

bool format_can_summarize(const struct format *format);
/* It cannot go on with another binary: what is written is one thing, with one end. */
bool format_is_document(const struct format *format);
bool format_can_be_live(const struct format *format);

/* It sends what it is told to a server: there is no file. */
bool format_is_sent(const struct format *format);
/* It is written as a whole again and again, each `--interval`. */
bool format_is_rewritten(const struct format *format);
/* Where it goes is no file that is open all the time: there is no output_options.file. `path`: what -o names, NULL:
 * nothing. */
bool format_has_no_file(const struct format *format, const char *path);

/* Whether the format can go to `path`, what -o names (NULL: nothing), or, without one and for "-",
 * to standard output. The error says where it can go. */
struct error *format_check_target(const struct format *format, const char *path, bool to_terminal);

struct error *output_new(const struct format *format, const struct output_options *options,
			 struct output **out);
void output_free(struct output *out); /* NULL is fine */

/* What to feed a calltree with. */
struct calltree_sink output_sink(struct output *out);

void output_change(struct output *out, const struct state_change *change);

/* A table of a summary begins; the next row of it. */
void output_table(struct output *out, const struct state_table *table);
void output_row(struct output *out, const struct state_row *row);

/* At once; and, at the end, what was found out about each target. */
void output_stuck(struct output *out, const struct hunt_stuck *stuck);
void output_hunt(struct output *out, const struct hunt_report *report);
/* The format wants all functions of stacks: hunt_report_options.full_stacks. */
bool format_wants_full_stacks(const struct format *format);
/* And who they are of: hunt_report_options.by_goroutine. */
bool format_wants_goroutines(const struct format *format);
/* And so many of the slow calls of each target in order of time: hunt_report_options.slow_in_order. */
size_t format_num_slowest(const struct format *format);

/* Each record of trees, before the trees are told of it. */
void output_hear(struct output *out, const struct record *record);

/* To be called now and then: time has passed, by the clock of records. */
void output_tick(struct output *out, uint64_t now_ns);

/* After the last of all, once: what a format writes at its end. An output that is freed without it
 * was given up. */
void output_end(struct output *out, const struct output_totals *totals);

/* What became of trees by now; false: they are not sent anywhere. */
bool output_count_sent(const struct output *out, struct output_sent *sent);

uint64_t output_num_trees(const struct output *out); /* written so far, to their end */
uint64_t output_num_left_out(const struct output *out); /* functions, of the last summary */

/* Writes out what is buffered: to be called whenever there is time. The error that any write met
 * (disk full, closed pipe: EPIPE), as *errnum too; 0 and NULL: none. */
struct error *output_flush(struct output *out, int *errnum);
/* Of what it returned: a reader that went away (`| head`) is no error. Takes err. */
struct error *output_forgive_reader(struct error *err, int errnum);

#endif
