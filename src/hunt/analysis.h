/* SPDX-License-Identifier: MIT */
/* analysis.h - what the calls of one target are compared by, while its report is made. */
#ifndef HUNT_ANALYSIS_H
#define HUNT_ANALYSIS_H

#include "hunt/hunt_internal.h"
#include "hunt/sites.h"

/* A call that is looked at. */
struct looked_at {
	const struct kept_call *call;
	double weight; /* calls that it stands for */
};

/* Of the time of a group in slow calls, as much was alike: what was called, or who had the processor. */
struct group_part {
	const struct name *callee;
	uint8_t by; /* enum piece_flags */
	char by_comm[PIECE_COMM_SIZE];
	double ns;
};
#define GROUP_MAX_PARTS 16 /* further ones are not known */

/* A line of the program's own code that some of it was spent on, in slow calls. */
struct group_place {
	const struct name *function;
	uint32_t line;
	double ns;
	struct piece piece; /* the one that took most of that in a call */
	double piece_ns;
};
#define GROUP_MAX_PLACES 8 /* further ones are not known */

/* Times that are told as one: by kind and line of the program's own code; waits also by what that called. */
struct time_group {
	struct hash_key key;
	struct hunt_doing *doing; /* where it is told; NULL: not yet, or it is not */
	double slow_ns, fast_ns; /* with the weights of the calls */
	double count; /* in slow calls */
	struct group_place places[GROUP_MAX_PLACES];
	size_t num_places;
	struct group_part parts[GROUP_MAX_PARTS];
	size_t num_parts;
	size_t index; /* in analysis.groups */
};

struct analysis {
	struct sites *sites;
	struct looked_at *slow, *fast; /* all, or the slow ones; the faster half */
	size_t num_slow, num_fast;
	double slow_weight, fast_weight;
	double slow_scale, fast_scale; /* see analysis_scaled() */
	bool full_stacks, by_goroutine; /* see struct hunt_report_options */
	struct hash by_key;
	struct time_group **groups;
	size_t num_groups, groups_capacity;
};

/* What pieces of one group have in common. */
struct hash_key group_key(struct sites *sites, const struct piece *piece);
/* A piece of the line that most of the time of a group was spent on, which has some in slow calls. */
const struct piece *group_piece(const struct time_group *group);

/* The same without the line. */
bool group_is_same_matter(struct sites *sites, const struct piece *a, const struct piece *b);

/* It ran, in a stretch that was too short to have a sample. */
bool piece_is_without_sample(const struct piece *piece);

/*
 * The time of a piece, as a multiple of its own. Samples stand for all of the time that calls ran, also for
 * that of calls which were too short to have one: 0 for that, where there are enough of them.
 */
double analysis_scaled(const struct piece *piece, double scale);

/* Sums the pieces of all calls up, group by group. False: out of memory. */
bool analysis_sum_up(struct analysis *analysis);
void analysis_clear(struct analysis *analysis); /* frees all but the sites */

/* Fills in report->causes. False: out of memory. */
bool causes_find(struct analysis *analysis, const struct hunt_report_options *options,
		 struct hunt_report *report);

/* ---- doings ---- */

/* `piece` tells what it is; times are set by the caller. False: out of memory. */
bool doing_fill(struct sites *sites, const struct piece *piece, bool with_frames,
		struct hunt_doing *doing);
void doing_clear(struct hunt_doing *doing);
void doings_free(struct hunt_doing *doings, size_t count);

/* ---- object_sums.c ---- */

/* Different ones that are told apart. */
#define MAX_OBJECT_SUMS 256

struct object_sum {
	uint32_t number;
	double ns;
};

/* All zero: empty. */
struct object_sums {
	struct object_sum *items;
	size_t count, capacity;
	double total_ns; /* of all, known or not */
};

/* The time of a wait. False: out of memory. */
bool object_sums_add(struct object_sums *sums, uint32_t number, double ns);

/* Fills in doing->objects. `divisor`: as for guilt_find(). False: out of memory. */
bool object_sums_tell(const struct objects *objects, struct object_sums *sums, double divisor,
		      struct hunt_doing *doing);
void object_sums_clear(struct object_sums *sums);

/* ---- guilt.c ---- */

/* Waits of one kind that are asked about: pieces of calls. */
struct guilt_wait {
	const struct kept_call *call;
	uint32_t piece;
	double weight;
};

/*
 * Fills in what these waits were on, who ended them, and what that one did meanwhile: objects, by_goid, by,
 * behind, meanwhile.
 * `divisor`: by what sums of weighted times are divided to be told. False: out of memory.
 */
bool guilt_find(struct sites *sites, const struct guilt_wait *waits, size_t count, double divisor,
		struct hunt_doing *doing);

/* What goroutines did that calls started: `starts` have pieces of BLAME_STARTED. Fills in ns, for all of
 * them together, and meanwhile. False: out of memory. */
bool guilt_find_started(struct sites *sites, const struct guilt_wait *starts, size_t count,
			double divisor, struct hunt_doing *doing);

/* ---- started.c ---- */

/* Fills in report->started. False: out of memory. */
bool started_tell(const struct analysis *analysis, struct hunt_report *report);
void started_free(struct hunt_report *report);

/* ---- tree.c ---- */

/* Fills in report->tree. False: out of memory. */
bool tree_make(const struct analysis *analysis, struct hunt_report *report);

/* ---- by_process.c ---- */

/* Fills in report->processes. False: out of memory. */
bool by_process_count(const struct analysis *analysis, struct hunt_report *report);

/* ---- steps.c ---- */

/* Fills in report->slowest. False: out of memory. */
bool steps_make(struct sites *sites, const struct kept *kept,
		const struct hunt_report_options *options, struct hunt_report *report);
void steps_free(struct hunt_report *report);

#endif
