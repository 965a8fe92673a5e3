/* SPDX-License-Identifier: MIT */
/* summary.c - what goroutines spent their time on, in tables, put in order. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "states/internal.h"

/* ---- in order ---- */

bool state_order_from_name(const char *name, enum state_order *order)
{
	static const char *const names[] = {
		[STATES_BY_NOT_RUNNING] = "not-running", [STATES_BY_RUNNING] = "running",
		[STATES_BY_RUNNABLE] = "runnable",       [STATES_BY_WAITING] = "waiting",
		[STATES_BY_SYSCALL] = "syscall",         [STATES_BY_CHANGES] = "changes",
		[STATES_BY_LONGEST] = "longest",         [STATES_BY_GOROUTINES] = "goroutines",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name))
			continue;
		*order = i;
		return true;
	}
	return false;
}

static uint64_t rank_of(enum state_order order, const struct sums *sums, uint64_t num_goroutines)
{
	switch (order) {
	case STATES_BY_RUNNING:
		return sums_ns(sums, STATE_RUNNING);
	case STATES_BY_RUNNABLE:
		return sums_ns(sums, STATE_RUNNABLE);
	case STATES_BY_WAITING:
		return sums_ns(sums, STATE_WAITING);
	case STATES_BY_SYSCALL:
		return sums_ns(sums, STATE_SYSCALL);
	case STATES_BY_CHANGES:
		return sums->changes;
	case STATES_BY_LONGEST:
		return sums->longest_wait_ns;
	case STATES_BY_GOROUTINES:
		return num_goroutines;
	default:
		return sums_not_running_ns(sums);
	}
}

/* What a row is made of. */
struct ranked {
	uint64_t rank; /* the greatest first */
	struct hash_key key;
	const struct sums *sums;
	const struct goroutine *goroutine; /* NULL: several, */
	const struct group *group; /* these */
	uint64_t num_goroutines, num_living;
};

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	if (x->key.second != y->key.second)
		return x->key.second < y->key.second ? -1 : 1;
	return x->key.first < y->key.first ? -1 : x->key.first > y->key.first;
}

struct table {
	enum state_table_kind kind;
	struct ranked *rows;
	size_t count;
};

static void add_row(struct table *table, struct ranked row, enum state_order order)
{
	row.rank = rank_of(order, row.sums, row.num_goroutines);
	table->rows[table->count++] = row;
}

static void add_goroutines(struct table *table, const struct goroutine *first, bool have_ended,
			   enum state_order order)
{
	const struct goroutine *goroutine;

	DL_FOREACH(first, goroutine)
	add_row(table,
		(struct ranked){.key = goroutine->key,
				.sums = &goroutine->sums,
				.goroutine = goroutine,
				.num_goroutines = 1,
				.num_living = !have_ended},
		order);
}

static void find_goroutines(struct states *states, struct table *table)
{
	struct goroutines *goroutines = &states->goroutines;
	enum state_order order = states->summary.order;
	const struct group *function;

	add_goroutines(table, goroutines->living, false, order);
	if (states->summary.each_ended)
		add_goroutines(table, goroutines->ended, true, order);
	for (size_t at = 0; (function = groups_next(&goroutines->functions, &at));)
		if (function->ended.count)
			add_row(table,
				(struct ranked){.key = function->key,
						.sums = &function->ended.sums,
						.group = function,
						.num_goroutines = function->ended.count},
				order);
}

static void find_groups(struct states *states, struct groups *groups, struct table *table)
{
	const struct group *group;

	for (size_t at = 0; (group = groups_next(groups, &at));)
		add_row(table,
			(struct ranked){.key = group->key,
					.sums = &group->all.sums,
					.group = group,
					.num_goroutines = group->all.count,
					.num_living = group->num_living},
			states->summary.order);
}

/* ---- visiting ---- */

static void visit(const struct states_visitor *visitor, enum state_table_kind kind,
		  const struct ranked *ranked)
{
	const struct goroutine *goroutine = ranked->goroutine;
	struct state_row row = {
		.kind = kind,
		.pid = (uint32_t)ranked->key.second,
		.goid = goroutine ? goroutine->key.first : 0,
		.start_va = goroutine ? goroutine->start_va : ranked->group->start_va,
		.go_va = kind == STATES_STATEMENTS ? ranked->key.first : 0,
		.num_goroutines = ranked->num_goroutines,
		.num_living = ranked->num_living,
	};

	sums_expand(ranked->sums, &row.sums);
	visitor->row(visitor->context, &row);
}

static void visit_table(struct states *states, const struct states_visitor *visitor,
			struct table *table)
{
	uint64_t limit = states->summary.limit ?: UINT64_MAX;
	struct state_table told = {.kind = table->kind};

	if (!table->count)
		return;
	qsort(table->rows, table->count, sizeof(*table->rows), compare);
	for (size_t i = 1; i < table->count; i++)
		told.has_processes |= table->rows[i].key.second != table->rows[0].key.second;
	told.num_left_out = table->count > limit ? table->count - limit : 0;
	visitor->table(visitor->context, &told);
	for (size_t i = 0; i < table->count && i < limit; i++)
		visit(visitor, table->kind, &table->rows[i]);
}

/* What is known of groups as of now only. False: out of memory. */
static bool count_members(struct states *states)
{
	struct goroutines *goroutines = &states->goroutines;
	struct groups *both[] = {&goroutines->functions, &goroutines->statements};
	struct goroutine *goroutine;
	struct group *group;
	bool is_complete = true;

	for (size_t i = 0; i < 2; i++) {
		for (size_t at = 0; (group = groups_next(both[i], &at));) {
			group->num_living = 0;
			crowd_clear(&group->ended);
			is_complete &= crowd_add(&group->ended, group->dropped.count,
						 &group->dropped.sums);
		}
	}
	DL_FOREACH(goroutines->living, goroutine)
	{
		goroutine->function->num_living++;
		if (goroutine->statement)
			goroutine->statement->num_living++;
	}
	if (states->summary.each_ended)
		return is_complete;
	DL_FOREACH(goroutines->ended, goroutine)
	is_complete &= crowd_add(&goroutine->function->ended, 1, &goroutine->sums);
	return is_complete;
}

static void find_rows(struct states *states, struct table *table)
{
	struct goroutines *goroutines = &states->goroutines;

	if (table->kind == STATES_GOROUTINES)
		find_goroutines(states, table);
	else if (table->kind == STATES_FUNCTIONS)
		find_groups(states, &goroutines->functions, table);
	else
		find_groups(states, &goroutines->statements, table);
}

struct error *states_summarize(struct states *states, uint64_t now_ns,
			       const struct states_visitor *visitor)
{
	struct goroutines *goroutines = &states->goroutines;
	size_t num_groups =
		goroutines->functions.table.count + goroutines->statements.table.count + 2;
	/* Of any table. */
	_cleanup_free_ struct ranked *rows = calloc(goroutines->count + num_groups, sizeof(*rows));
	struct goroutine *goroutine;

	if (!rows)
		return error_out_of_memory();
	DL_FOREACH(goroutines->living, goroutine)
	{
		if (!states_sum_up_until(goroutine, now_ns))
			return error_out_of_memory();
	}
	if (!count_members(states))
		return error_out_of_memory();
	for (enum state_table_kind kind = 0; kind < STATES_NUM_TABLES; kind++) {
		struct table table = {.kind = kind, .rows = rows};

		if (!(states->summary.tables & 1u << kind))
			continue;
		find_rows(states, &table);
		visit_table(states, visitor, &table);
	}
	return NULL;
}
