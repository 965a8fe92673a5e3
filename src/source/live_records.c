/* SPDX-License-Identifier: MIT */
/* live_records.c - records of the kernel's ring buffer, and such as are made here, are handed on. */
#include "source/live_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "source/foreign.h"

/* Records handed on in one go, so that a flood cannot keep source_poll() from returning. */
#define BATCH 65536
/* Counts that nobody is waiting for are told so often. */
#define STATISTICS_EVERY_NS 1000000000ull

void live_hand_on(struct live *live, const struct record *record)
{
	live->options.sink.handle(live->options.sink.context, record);
}

void live_hand_on_made(void *context, const struct record *record)
{
	live_hand_on(context, record);
}

uint64_t live_read_count(const struct live *live, uint32_t stat)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *values = calloc(cpus > 0 ? cpus : 1, sizeof(*values));
	uint64_t sum = 0;

	if (!values || bpf_map_lookup_elem(bpf_map__fd(live->bpf->maps.stats), &stat, values))
		return 0;
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += values[cpu];
	return sum;
}

void live_hand_on_statistics(struct live *live, uint64_t time_ns)
{
	struct record_statistics record = {
		.header = {.kind = RECORD_STATISTICS, .size = sizeof(record), .time_ns = time_ns}};

	for (uint32_t stat = 0; stat < STAT_COUNT; stat++)
		record.counts[stat] = live_read_count(live, stat);
	record.counts[STAT_SENT] = live->num_received - live->bpf->bss->num_told_ends;
	live->num_lost = record.counts[STAT_LOST];
	live->next_statistics_ns = time_ns + STATISTICS_EVERY_NS;
	live_hand_on(live, &record.header);
}

void live_hand_on_time(struct live *live, uint8_t kind, uint64_t time_ns)
{
	struct record record = {.kind = kind, .size = sizeof(record), .time_ns = time_ns};

	live_hand_on(live, &record);
}

/* Nothing goes on any more inside the program's targets. What its gates lost comes before. */
static void end_program(struct live *live, const struct record_process *end)
{
	if (end->header.kind != RECORD_WRONG_GOID && live->bpf->bss->num_gates)
		open_waits_tell_ended(live->open_waits, end, live_hand_on_made, live);
	gates_note_end(&live->gates, end);
	if (end->has_lost)
		gates_take_losses(&live->gates, end, live_hand_on_made, live);
}

/* What was found before comes before. */
static void pass_looks(struct live *live, const struct record *record)
{
	looks_tell(live->looks, record->time_ns, live_hand_on_made, live);
	looks_see(live->looks, record);
}

/* A program that ran when the rest began sent it. The call that it is of was dropped with all that were open, and what
 * is to end it would never come. */
static bool comes_too_late(const struct live *live, const struct record *record)
{
	return live->is_resting && record->goid && record->kind != RECORD_STACK &&
	       !gates_are_over(record);
}

int live_handle_record(void *context, void *data, size_t size)
{
	struct live *live = context;
	const struct record *record = data;
	union foreign_room room;

	if (!record_is_valid(record, size))
		return 0;
	live->num_received++;
	if (comes_too_late(live, record))
		return 0;
	if (live->looks)
		pass_looks(live, record);
	if (gates_are_over(record))
		end_program(live, (const struct record_process *)record);
	if (record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT)
		modules_forget(live->options.modules, record->pid);
	live_hand_on(live, foreign_number(live->options.modules, record, &room));
	return ++live->batch >= BATCH ? -EAGAIN : 0;
}

struct error *live_consume(struct live *live)
{
	int failed;

	live->batch = 0;
	failed = ring_buffer__consume(live->ring);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot read the ring buffer");
	return NULL;
}

struct error *live_consume_all(struct live *live)
{
	uint64_t room = bpf_map__max_entries(live->bpf->maps.records);
	uint64_t end = live->num_received + room / sizeof(struct record);
	struct error *err;

	do
		err = live_consume(live);
	while (!err && live->batch >= BATCH && live->num_received < end);
	return err;
}
