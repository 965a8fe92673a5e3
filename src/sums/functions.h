/* SPDX-License-Identifier: MIT */
/*
 * functions.h - calls summed up by function: a pure state machine, fed with calls as they begin and
 * as they end.
 *
 * A function is known by its name: names of one source (names/place.h) differ by number, and one
 * that is unknown (NULL) is a function like others. Memory is bounded by the functions that there
 * are, and by the calls that are open (CALLTREE_MAX_TOTAL_OPEN).
 *
 * How a call is counted:
 * - However it ends: calls that were left by a panic, or still run when tracing ends, took the time
 *   until then. Only of CALL_LOST and CALL_TAKEN_OFF nobody knows how long it took: it is counted, and has no time.
 * - The total of a function is that of its outermost calls: what a call of the same function, in
 *   the same tree, is inside of has its time already. So has it what the time was spent on.
 * - Own time, and what is told of single calls (average, quantiles, maximum), is of all calls. So is
 *   what own time was spent on: what a call has of it, without what those directly inside have.
 */
#ifndef SUMS_FUNCTIONS_H
#define SUMS_FUNCTIONS_H

#include "base/error.h"
#include "base/hash.h"
#include "gofuncgraph/calltree.h"
#include "names/place.h"
#include "sums/histogram.h"
#include "sums/own.h"

#define FUNCTION_NUM_ENDS (CALL_TAKEN_OFF + 1)

/* Which call it was. */
struct slowest_call {
	uint64_t start_ns; /* by the clock of records */
	uint64_t caller_va; /* as in struct call */
	uint64_t goid;
	uint32_t pid;
};

struct function_sums {
	struct hash_key key; /* the name's number; 0: unknown */
	const struct name *name; /* NULL: unknown. Not owned */
	uint64_t calls;
	uint64_t ends[FUNCTION_NUM_ENDS]; /* how many ended so, by enum call_end */
	uint64_t total_ns, self_ns;
	uint64_t probe_ns; /* of total_ns: what probes took, as in struct call */
	struct histogram durations; /* of those whose time is known */
	struct slowest_call slowest; /* of those, the first that took so long */
	struct spent total, self; /* what total_ns and self_ns were spent on */
	bool lacks_states; /* some of its calls do: nothing is known of the above */
};

/* One function, as it is told. */
struct function_row {
	const struct function_sums *sums;
	uint64_t average_ns, p50_ns, p90_ns, p99_ns, max_ns; /* 0 if sums->durations has no call */
};

enum function_order {
	FUNCTIONS_BY_TOTAL,
	FUNCTIONS_BY_SELF,
	FUNCTIONS_BY_CALLS,
	FUNCTIONS_BY_AVERAGE,
	FUNCTIONS_BY_P50,
	FUNCTIONS_BY_P90,
	FUNCTIONS_BY_P99,
	FUNCTIONS_BY_MAX,
	FUNCTIONS_BY_NAME,
};

#define FUNCTION_ORDERS "total, self, calls, average, p50, p90, p99, max, name"

/* False: there is none of this name; FUNCTION_ORDERS are those that there are. */
bool function_order_from_name(const char *name, enum function_order *order);

struct functions;

struct error *functions_new(struct functions **functions);
void functions_free(struct functions *functions); /* NULL is fine */

/*
 * Each call begins, then ends; of one tree those inside a call do so before it ends. One whose
 * beginning was not told is taken for an outermost one. False: out of memory, and the call is not
 * counted, or not as a whole. `name`: of its function, and to be there as long as `functions`.
 */
bool functions_call_began(struct functions *functions, const struct name *name,
			  const struct tree *tree);
bool functions_call_ended(struct functions *functions, const struct name *name,
			  const struct tree *tree, const struct call *call);

/* The own time of all of them: each time once. */
uint64_t functions_self_ns(const struct functions *functions);

/* How many functions there are that calls have ended of. */
size_t functions_count(const struct functions *functions);

/* Visits the first `max` (0: all) of them: the largest first, names from A to Z. */
struct error *functions_visit(const struct functions *functions, enum function_order order,
			      uint64_t max,
			      void (*visit)(void *context, const struct function_row *row),
			      void *context);

/* All sums begin anew; calls that are open stay so. */
void functions_begin_anew(struct functions *functions);

#endif
