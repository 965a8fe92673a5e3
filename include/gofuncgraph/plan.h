/* SPDX-License-Identifier: MIT */
/*
 * plan.h - what is probed: functions of a binary and the sites in them.
 *
 * plan_make(): patterns -> functions (select.h) -> decoded code (decode.h) -> a struct plan, which
 * attachment, BPF programs and output follow.
 */
#ifndef GOFUNCGRAPH_PLAN_H
#define GOFUNCGRAPH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "gofuncgraph/decode.h"
#include "gofuncgraph/gobin.h"
#include "gofuncgraph/select.h"
#include "values/where.h"

struct plan_func {
	const struct gobin_func *func;
	/* its sites are first_site .. first_site + num_sites - 1: entry, then exits */
	uint32_t first_site;
	uint32_t num_sites; /* 0: left out altogether, see its omissions */
	bool target;
	bool needs_resume; /* how it ends tells the site SITE_RESUME, and no other */
};

/* Something that matched and is not probed. */
struct omission {
	const struct gobin_func *func;
	uint64_t va;
	const char *reason; /* static text, a sentence for the user */
	bool is_runtime; /* a site of the tracer's own */
};

struct plan {
	struct gobin *bin; /* not owned */
	struct plan_func *funcs; /* those that were chosen, by rising va */
	size_t num_funcs;
	/* The tracer's own: runtime.recovery, goexit0, gdestroy, gogo (SITE_UNWIND, SITE_GOEXIT,
	 * SITE_RESUME), and with run_options.states or follow those of site_is_state(): one entry
	 * for each of their sites, also where the user chose the same function. */
	struct plan_func *runtime_funcs;
	size_t num_runtime_funcs;
	struct site *sites; /* by function; those of runtime_funcs last */
	const char **mnemonics; /* of each site's instruction, by its index: static text */
	size_t num_sites;
	struct omission *omissions;
	size_t num_omissions;
	struct value_lists values; /* of SITE_VALUES, by site.values */
	/* run_options.where; NULL: there is none. Functions without any of its values are no targets. */
	struct where *where;
	bool where_is_early; /* the BPF programs decide all of it at a tree's beginning */
	struct condition *conditions; /* of SITE_CONDITION, by site.values */
	size_t num_conditions, conditions_capacity;
	/* With run_options.trace_ids: what leads to spans, and how many targets have contexts. */
	struct trace_types trace_types;
	bool tells_traces, has_spans;
	bool tells_id_labels; /* the program gives labels to goroutines */
	size_t num_traced_targets;
	size_t labels_alone; /* number plus one of the list of targets without values; 0: there is none */
};

struct run_options;

/*
 * `options`: of them `states`, `hunt` and `follow` want sites of the tracer's own, and `where` says when
 * targets are such; NULL: none. Errors:
 * nothing matched (with near names, and where the function was inlined to if it exists only
 * so), no target matched, everything that matched had to be left out. `plan` is always safe to
 * destroy.
 */
struct error *plan_make(struct gobin *bin, const struct selection *selection,
			const struct run_options *options, struct plan *plan);
void plan_destroy(struct plan *plan);

/*
 * The plan of `gofuncgraph-c states`: no function of the user's, all sites of site_is_state(),
 * those of the garbage collector's marks (STATE_SCAN) among them. Error: this Go keeps its
 * goroutines' states in another way (runtime.casgstatus cannot be found or probed).
 */
struct error *plan_make_states(struct gobin *bin, struct plan *plan);
/* An error if values are asked for, where there is no use for them. `what`: "a script". */
struct error *plan_refuse_values(const struct plan *plan, const char *what);
uint64_t plan_cookie(const struct plan *plan, uint32_t site);
/* The function that the site is in. */
const struct gobin_func *plan_site_func(const struct plan *plan, const struct site *site);
/* Functions that were chosen and have probes: neither left out nor the tracer's own. */
size_t plan_num_traced(const struct plan *plan);

/* All functions have numbers: those of plan->funcs, and behind them those of plan->runtime_funcs. */
static inline size_t plan_num_all(const struct plan *plan)
{
	return plan->num_funcs + plan->num_runtime_funcs;
}

static inline const struct plan_func *plan_func_at(const struct plan *plan, uint32_t number)
{
	return number < plan->num_funcs ? &plan->funcs[number]
					: &plan->runtime_funcs[number - plan->num_funcs];
}

/* NULL: it was not chosen. */
const struct plan_func *plan_find_func(const struct plan *plan, const struct gobin_func *func);

/* Where goroutines are switched: SITE_RESUME. It is of use only to functions that need it, and they
 * are not without it. */
struct plan_resume {
	bool exists;
	bool has_targets; /* among those that need it */
	uint32_t site;
	uint32_t func; /* the number of the one that the site is in */
};
struct plan_resume plan_find_resume(const struct plan *plan);

/* How many of the function's sites are at its first one's place: 2 where the instruction that it begins with
 * leaves it, else 1. Their probes come together, the exit's first: what is attached last runs first. */
uint32_t plan_num_at_entry(const struct plan *plan, const struct plan_func *func);
/* Puts the numbers of functions where goroutines change their states (site_is_state()) into `numbers`,
 * which has room for plan_num_all(), or of those alone where none begins. Returns how many. */
size_t plan_find_states(const struct plan *plan, bool without_births, uint32_t *numbers);

#endif
