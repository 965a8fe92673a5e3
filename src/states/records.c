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

static struct program *find_program(struct records *records, uint64_t pid)
{
	struct program *program;

	HASH_FIND(hh, records->programs, &pid, sizeof(pid), program);
	return program;
}

static struct program *add_program(struct records *records, uint64_t pid)
{
	struct program *program = calloc(1, sizeof(*program));

	if (!program)
		return NULL;
	program->pid = pid;
	program->in_table = true;
	HASH_ADD(hh, records->programs, pid, sizeof(program->pid), program);
	if (program->in_table)
		return program;
	free(program);
	return NULL;
}

static void forget_if_empty(struct records *records, struct program *program)
{
	if (program->records)
		return;
	HASH_DEL(records->programs, program);
	free(program);
}

struct record *records_of_process(struct records *records, uint32_t pid)
{
	struct program *program = find_program(records, pid);

	return program ? program->records : NULL;
}

/* False: out of memory. */
static bool enter_table(struct records *records, struct record *record)
{
	struct program *program =
		find_program(records, record->key.pid) ?: add_program(records, record->key.pid);

	if (!program)
		return false;
	record->in_table = true;
	HASH_ADD(hh, records->table, key, sizeof(record->key), record);
	if (!record->in_table) {
		forget_if_empty(records, program);
		return false;
	}
	record->program = program;
	DL_APPEND2(program->records, record, prev_of_program, next_of_program);
	return true;
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
	struct program *program = record->program;

	if (!record->in_table)
		return;
	HASH_DEL(records->table, record);
	record->in_table = false;
	DL_DELETE2(program->records, record, prev_of_program, next_of_program);
	forget_if_empty(records, program);
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
	struct program *program, *next_program;
	struct record *record, *next;

	HASH_CLEAR(hh, records->table);
	HASH_ITER (hh, records->programs, program, next_program) {
		HASH_DEL(records->programs, program);
		free(program);
	}
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
