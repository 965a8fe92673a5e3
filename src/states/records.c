/* SPDX-License-Identifier: MIT */
/* records.c - what is known of each goroutine; see records.h. */
#include "states/records.h"

#include <stdlib.h>
#include <utlist.h>

struct record *records_find(struct records *records, uint32_t pid, uint64_t goid)
{
	struct record_key key = {.id = goid, .pid = pid};
	struct record *record;

	HASH_FIND(hh, records->table, &key, sizeof(key), record);
	return record;
}

struct record *records_of_process(struct records *records, uint32_t pid)
{
	struct process_member *first = processes_first(&records->processes, pid);

	return first ? process_member_of(first, struct record, of_process) : NULL;
}

/* False: out of memory. */
static bool enter_table(struct records *records, struct record *record)
{
	uint32_t pid = (uint32_t)record->key.pid;

	if (!processes_add(&records->processes, pid, &record->of_process))
		return false;
	record->in_table = true;
	HASH_ADD(hh, records->table, key, sizeof(record->key), record);
	if (!record->in_table)
		processes_remove(&records->processes, pid, &record->of_process);
	return record->in_table;
}

struct record *records_add(struct records *records, uint32_t pid, uint64_t goid)
{
	struct record *record = calloc(1, sizeof(*record));

	if (!record)
		return NULL;
	record->key = (struct record_key){.id = goid, .pid = pid};
	if (!enter_table(records, record)) {
		free(record);
		return NULL;
	}
	DL_APPEND(records->living, record);
	records->count++;
	return record;
}

static struct record **list_of(struct records *records, const struct record *record)
{
	return record->has_ended ? &records->ended : &records->living;
}

void records_touch(struct records *records, struct record *record, bool has_ended)
{
	DL_DELETE(*list_of(records, record), record);
	record->has_ended = has_ended;
	DL_APPEND(*list_of(records, record), record);
}

void records_hide(struct records *records, struct record *record)
{
	if (!record->in_table)
		return;
	HASH_DEL(records->table, record);
	record->in_table = false;
	processes_remove(&records->processes, (uint32_t)record->key.pid, &record->of_process);
}

static void record_free(struct record *record)
{
	sums_destroy(&record->sums);
	free(record);
}

void records_remove(struct records *records, struct record *record)
{
	records_hide(records, record);
	DL_DELETE(*list_of(records, record), record);
	records->count--;
	record_free(record);
}

struct function *records_function(struct records *records, uint32_t pid, uint64_t start_va)
{
	struct record_key key = {.id = start_va, .pid = pid};
	struct function *function;

	HASH_FIND(hh, records->functions, &key, sizeof(key), function);
	if (function)
		return function;
	if (HASH_COUNT(records->functions) >= STATES_MAX_FUNCTIONS)
		return &records->others;
	function = calloc(1, sizeof(*function));
	if (!function)
		return NULL;
	function->key = key;
	function->in_table = true;
	HASH_ADD(hh, records->functions, key, sizeof(function->key), function);
	if (!function->in_table) {
		free(function);
		return NULL;
	}
	return function;
}

void records_destroy(struct records *records)
{
	struct function *function, *next_function;
	struct record *record, *next;

	HASH_CLEAR(hh, records->table);
	processes_destroy(&records->processes);
	DL_FOREACH_SAFE(records->living, record, next)
	record_free(record);
	DL_FOREACH_SAFE(records->ended, record, next)
	record_free(record);
	HASH_ITER (hh, records->functions, function, next_function) {
		HASH_DEL(records->functions, function);
		sums_destroy(&function->sums);
		free(function);
	}
	sums_destroy(&records->others.sums);
}
