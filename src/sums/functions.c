/* SPDX-License-Identifier: MIT */
/* functions.c - calls summed up by function; see functions.h. */
#include "sums/functions.h"

#include <stdlib.h>
#include <string.h>

/* Calls of one function that are open in one tree. */
struct open_calls {
	struct hash_key key; /* number of the name, and of the tree */
	uint64_t count;
};

struct functions {
	struct hash sums; /* struct function_sums */
	struct hash open; /* struct open_calls; those of none are taken out */
	struct own own;
};

static uint64_t number_of(const struct name *name)
{
	return name ? name->number : 0;
}

/* ---- calls that are open ---- */

bool functions_call_began(struct functions *functions, const struct name *name,
			  const struct tree *tree)
{
	struct hash_key key = {number_of(name), tree->number};
	struct open_calls *open = hash_find(&functions->open, key);

	if (open) {
		open->count++;
		return true;
	}
	open = malloc(sizeof(*open));
	if (!open)
		return false;
	*open = (struct open_calls){.key = key, .count = 1};
	if (hash_add(&functions->open, &open->key))
		return true;
	free(open);
	return false;
}

/* True if no other call of the function is open in the tree. */
static bool close_call(struct functions *functions, const struct name *name,
		       const struct tree *tree)
{
	struct open_calls *open =
		hash_find(&functions->open, (struct hash_key){number_of(name), tree->number});

	if (open && --open->count)
		return false;
	if (open)
		hash_remove(&functions->open, &open->key);
	free(open);
	return true;
}

/* ---- sums ---- */

static struct function_sums *find_sums(struct functions *functions, const struct name *name)
{
	struct hash_key key = {.first = number_of(name)};
	struct function_sums *sums = hash_find(&functions->sums, key);

	if (sums)
		return sums;
	sums = calloc(1, sizeof(*sums));
	if (!sums)
		return NULL;
	sums->key = key;
	sums->name = name;
	if (hash_add(&functions->sums, &sums->key))
		return sums;
	free(sums);
	return NULL;
}

static bool add_outermost(struct function_sums *sums, const struct call *call)
{
	sums->total_ns += call->end_ns - call->start_ns;
	sums->probe_ns += call->probe_ns;
	return spent_add_call(&sums->total, call);
}

/* ---- calls that end ---- */

static void note_slowest(struct function_sums *sums, const struct tree *tree,
			 const struct call *call)
{
	if (sums->durations.count && call->end_ns - call->start_ns <= sums->durations.max)
		return;
	sums->slowest = (struct slowest_call){
		.start_ns = call->start_ns,
		.caller_va = call->caller_va,
		.goid = tree->goid,
		.pid = tree->pid,
	};
}

bool functions_call_ended(struct functions *functions, const struct name *name,
			  const struct tree *tree, const struct call *call)
{
	bool is_outermost = close_call(functions, name, tree);
	struct function_sums *sums = find_sums(functions, name);
	uint64_t duration_ns = call->end_ns - call->start_ns;

	if (!sums || !own_call_ended(&functions->own, tree, call, &sums->self))
		return false;
	sums->calls++;
	sums->lacks_states |= call->lacks_states;
	sums->ends[call->end]++;
	if (call_time_is_unknown(call))
		return true;
	sums->self_ns += duration_ns - call->inner_ns;
	note_slowest(sums, tree, call);
	return histogram_add(&sums->durations, duration_ns) &&
	       (!is_outermost || add_outermost(sums, call));
}

size_t functions_count(const struct functions *functions)
{
	return functions->sums.count;
}

uint64_t functions_self_ns(const struct functions *functions)
{
	const struct function_sums *sums;
	uint64_t ns = 0;

	for (size_t at = 0; (sums = hash_next(&functions->sums, &at));)
		ns += sums->self_ns;
	return ns;
}

/* ---- in order ---- */

bool function_order_from_name(const char *name, enum function_order *order)
{
	static const char *const names[] = {
		[FUNCTIONS_BY_TOTAL] = "total", [FUNCTIONS_BY_SELF] = "self",
		[FUNCTIONS_BY_CALLS] = "calls", [FUNCTIONS_BY_AVERAGE] = "average",
		[FUNCTIONS_BY_P50] = "p50",     [FUNCTIONS_BY_P90] = "p90",
		[FUNCTIONS_BY_P99] = "p99",     [FUNCTIONS_BY_MAX] = "max",
		[FUNCTIONS_BY_NAME] = "name",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name))
			continue;
		*order = i;
		return true;
	}
	return false;
}

struct ranked {
	uint64_t rank; /* the greatest first, then by name */
	struct function_row row;
};

static uint64_t rank_of(const struct function_row *row, enum function_order order)
{
	switch (order) {
	case FUNCTIONS_BY_TOTAL:
		return row->sums->total_ns;
	case FUNCTIONS_BY_SELF:
		return row->sums->self_ns;
	case FUNCTIONS_BY_CALLS:
		return row->sums->calls;
	case FUNCTIONS_BY_AVERAGE:
		return row->average_ns;
	case FUNCTIONS_BY_P50:
		return row->p50_ns;
	case FUNCTIONS_BY_P90:
		return row->p90_ns;
	case FUNCTIONS_BY_P99:
		return row->p99_ns;
	case FUNCTIONS_BY_MAX:
		return row->max_ns;
	default:
		return 0;
	}
}

static struct function_row make_row(const struct function_sums *sums)
{
	const struct histogram *durations = &sums->durations;

	return (struct function_row){
		.sums = sums,
		.average_ns = durations->count ? durations->sum / durations->count : 0,
		.p50_ns = histogram_quantile(durations, 0.5),
		.p90_ns = histogram_quantile(durations, 0.9),
		.p99_ns = histogram_quantile(durations, 0.99),
		.max_ns = durations->max,
	};
}

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct name *one = x->row.sums->name, *other = y->row.sums->name;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	int order = strcmp(one ? one->text : "", other ? other->text : "");
	if (order)
		return order;
	return number_of(one) < number_of(other) ? -1 : number_of(one) > number_of(other);
}

struct error *functions_visit(const struct functions *functions, enum function_order order,
			      uint64_t max,
			      void (*visit)(void *context, const struct function_row *row),
			      void *context)
{
	size_t count = functions->sums.count, done = 0;
	_cleanup_free_ struct ranked *ranked = calloc(count + 1, sizeof(*ranked));
	const struct function_sums *sums;

	if (!ranked)
		return error_out_of_memory();
	for (size_t at = 0; (sums = hash_next(&functions->sums, &at)); done++) {
		ranked[done].row = make_row(sums);
		ranked[done].rank = rank_of(&ranked[done].row, order);
	}
	qsort(ranked, count, sizeof(*ranked), compare);
	for (size_t i = 0; i < count && (!max || i < max); i++)
		visit(context, &ranked[i].row);
	return NULL;
}

/* ---- life ---- */

struct error *functions_new(struct functions **functions)
{
	*functions = calloc(1, sizeof(**functions));
	return *functions ? NULL : error_out_of_memory();
}

void functions_begin_anew(struct functions *functions)
{
	struct function_sums *sums;

	for (size_t at = 0; (sums = hash_next(&functions->sums, &at));) {
		histogram_destroy(&sums->durations);
		spent_destroy(&sums->total);
		spent_destroy(&sums->self);
		free(sums);
	}
	hash_clear(&functions->sums);
}

void functions_free(struct functions *functions)
{
	if (!functions)
		return;
	functions_begin_anew(functions);
	hash_free_items(&functions->open);
	own_destroy(&functions->own);
	free(functions);
}
