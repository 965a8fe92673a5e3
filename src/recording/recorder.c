/* SPDX-License-Identifier: MIT */
/* recorder.c - records into a recording; see recorder.h. */
#include "recording/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gofuncgraph/stacks.h"
#include "recording/blocks.h"
#include "recording/clock_block.h"
#include "recording/lasting.h"
#include "recording/notes.h"
#include "recording/pack.h"
#include "recording/value_notes.h"

/* A block of records is written when it is that large, or so old. */
#define BLOCK_BYTES  (1u << 20)
#define BLOCK_AGE_NS 1000000000

/* A process whose command line was written. */
struct told_process {
	struct hash_key key; /* the pid */
	uint32_t crc; /* of the line */
};

struct recorder {
	struct block_writer *writer;
	struct packer *packer;
	struct packer *lasting; /* of those that hold on */
	/* The same, by enum lasting_newest; size 0: none was told. */
	struct record_statistics newest[LASTING_NUM_NEWEST];
	bool has_newer; /* since they were written */
	struct hash stacks; /* ids of those that were told so */
	struct notes *notes;
	struct value_notes *values;
	struct recorder_state state;
	struct hit_time *hit_times; /* as they were written */
	size_t num_sites;
	size_t num_steps; /* the same, of the clock */
	struct event_clock_step last_step;
	double share_of_exact; /* the same */
	struct hash processes; /* of struct told_process */
	bool are_several;
	uint32_t last_pid; /* whose command line was looked at last; 0: of none */
	bool may_have_changed; /* the state, since it was looked at */
	uint64_t num_records;
	struct bytes bytes; /* of the block that is written */
	struct bytes change; /* of one that tells of a change; else empty */
};

/* ---- life ---- */

struct error *recorder_new(FILE *file, const struct keep_limits *limits, struct recorder **out)
{
	struct recorder *recorder = *out = calloc(1, sizeof(*recorder));

	if (!recorder)
		return error_out_of_memory();
	recorder->packer = packer_new();
	recorder->lasting = packer_new();
	if (!recorder->packer || !recorder->lasting)
		return error_out_of_memory();
	return block_writer_new(file, limits, &recorder->writer);
}

static void forget(struct recorder *recorder)
{
	hash_free_items(&recorder->processes);
	hash_free_items(&recorder->stacks);
	notes_free(take_pointer(recorder->notes));
	value_notes_free(take_pointer(recorder->values));
	free(take_pointer(recorder->hit_times));
	memset(recorder->newest, 0, sizeof(recorder->newest));
	recorder->has_newer = false;
	recorder->last_pid = 0;
	recorder->are_several = false;
	recorder->share_of_exact = 0;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	forget(recorder);
	packer_free(recorder->packer);
	packer_free(recorder->lasting);
	block_writer_free(recorder->writer);
	bytes_destroy(&recorder->bytes);
	bytes_destroy(&recorder->change);
	free(recorder);
}

/* ---- records ---- */

static struct error *write_notes(struct recorder *recorder, enum block_kind kind,
				 const struct bytes *notes)
{
	return notes->size || notes->failed ? block_write(recorder->writer, kind, 0, notes) : NULL;
}

static struct error *write_packed(struct recorder *recorder, enum block_kind kind,
				  struct packer *packer)
{
	uint64_t first_ns = packer->first_ns;

	if (!packer->num_records)
		return NULL;
	bytes_clear(&recorder->bytes);
	if (!packer_take(packer, &recorder->bytes))
		return error_out_of_memory();
	return block_write(recorder->writer, kind, first_ns, &recorder->bytes);
}

static struct error *write_newest(struct recorder *recorder)
{
	if (!recorder->has_newer)
		return NULL;
	recorder->has_newer = false;
	for (size_t i = 0; i < LASTING_NUM_NEWEST; i++)
		if (recorder->newest[i].header.size)
			packer_add(recorder->lasting, &recorder->newest[i].header);
	return write_packed(recorder, BLOCK_NEWEST, recorder->lasting);
}

/* What was packed, and before it the names and types that it takes. */
static struct error *write_records(struct recorder *recorder)
{
	uint64_t count = recorder->packer->num_records;
	struct error *err;

	if (!count)
		return NULL;
	err = write_notes(recorder, BLOCK_NAMES, notes_take(recorder->notes));
	if (!err)
		err = write_notes(recorder, BLOCK_VALUES, value_notes_take(recorder->values));
	if (!err)
		err = write_packed(recorder, BLOCK_RECORDS, recorder->packer);
	if (!err)
		err = write_packed(recorder, BLOCK_LASTING, recorder->lasting);
	if (!err)
		err = write_newest(recorder);
	if (!err)
		recorder->num_records += count;
	return err;
}

/* It is told again and again; beyond MAX_STACKS nobody reads any. */
static bool is_new_stack(struct recorder *recorder, const struct record *record)
{
	uint64_t id = ((const struct record_stack *)record)->id;

	return recorder->stacks.count < MAX_STACKS &&
	       hash_note(&recorder->stacks, (struct hash_key){id, 0});
}

static void add_lasting(struct recorder *recorder, const struct record *record)
{
	enum lasting_newest newest = lasting_newest_of(record->kind);

	if (newest < LASTING_NUM_NEWEST) {
		memcpy(&recorder->newest[newest], record, record_min_size(record->kind));
		recorder->has_newer = true;
	} else if (record->kind != RECORD_STACK || is_new_stack(recorder, record)) {
		packer_add(recorder->lasting, record);
	}
}

static bool is_due(const struct packer *packer)
{
	return packer_size(packer) >= BLOCK_BYTES ||
	       (int64_t)(packer->last_ns - packer->first_ns) >= BLOCK_AGE_NS;
}

/* ---- what changes ---- */

/* recorder->change, at this place among the records. */
static struct error *write_change(struct recorder *recorder, enum block_kind kind)
{
	struct error *err = write_records(recorder);

	if (!err)
		err = block_write(recorder->writer, kind, 0, &recorder->change);
	bytes_clear(&recorder->change);
	return err;
}

static bool are_equal(const struct hit_time *one, const struct hit_time *other)
{
	return one->before_ns == other->before_ns && one->behind_ns == other->behind_ns;
}

static struct error *look_at_hit_times(struct recorder *recorder)
{
	const struct hit_time *times = recorder->state.hit_times;
	size_t count = recorder->num_sites;

	if (!times || !memcmp(times, recorder->hit_times, count * sizeof(*times)))
		return NULL;
	memcpy(recorder->hit_times, times, count * sizeof(*times));
	for (size_t begin = 0, end; begin < count; begin = end) {
		for (end = begin + 1; end < count && are_equal(&times[begin], &times[end]);)
			end++;
		bytes_put_number(&recorder->change, end - begin);
		bytes_put_number(&recorder->change, times[begin].before_ns);
		bytes_put_number(&recorder->change, times[begin].behind_ns);
	}
	return write_change(recorder, BLOCK_HIT_TIMES);
}

static struct error *look_at_clock(struct recorder *recorder)
{
	const struct event_clock *clock = recorder->state.clock;
	const struct event_clock_step *last;

	if (!clock || !clock->num_steps)
		return NULL;
	last = &clock->steps[clock->num_steps - 1];
	if (clock->num_steps == recorder->num_steps &&
	    !memcmp(last, &recorder->last_step, sizeof(*last)))
		return NULL;
	recorder->num_steps = clock->num_steps;
	recorder->last_step = *last;
	clock_put(&recorder->change, clock);
	return write_change(recorder, BLOCK_CLOCK);
}

static uint32_t crc_of(const struct command_line *line)
{
	return (uint32_t)crc32(line->is_cut, (const Bytef *)line->arguments, (uInt)line->len);
}

/* False: it was not, or not so. */
static bool is_told(struct recorder *recorder, const struct command_line *line)
{
	struct told_process *told = hash_find(&recorder->processes, line->key);
	uint32_t crc = crc_of(line);
	bool is_same = told && told->crc == crc;

	if (!told) {
		told = malloc(sizeof(*told));
		if (told)
			told->key = line->key;
		if (!told || !hash_add(&recorder->processes, &told->key)) {
			free(told);
			return false;
		}
	}
	told->crc = crc;
	return is_same;
}

static struct error *look_at_process(struct recorder *recorder, uint32_t pid)
{
	const struct command_lines *lines = recorder->state.command_lines;
	const struct command_line *line = lines ? command_lines_find(lines, pid) : NULL;

	recorder->last_pid = pid;
	/* What one that is over was started with is known already. */
	if (!line || line->is_over || is_told(recorder, line))
		return NULL;
	bytes_put_number(&recorder->change, pid);
	bytes_put_number(&recorder->change, line->is_cut);
	bytes_put_sized(&recorder->change, line->arguments, line->len);
	return write_change(recorder, BLOCK_PROCESS);
}

/* It executed another program, or the next one of its number is another process. */
static void forget_process(struct recorder *recorder, uint32_t pid)
{
	struct told_process *told = hash_find(&recorder->processes, (struct hash_key){pid, 0});

	recorder->last_pid = 0;
	if (!told)
		return;
	hash_remove(&recorder->processes, &told->key);
	free(told);
}

static struct error *look_at_processes(struct recorder *recorder)
{
	const struct command_lines *lines = recorder->state.command_lines;

	if (recorder->are_several || !lines || !command_lines_are_several(lines))
		return NULL;
	recorder->are_several = true;
	return write_change(recorder, BLOCK_SEVERAL);
}

static struct error *look_at_share(struct recorder *recorder)
{
	const double *share = recorder->state.share_of_exact;

	if (!share || *share == recorder->share_of_exact)
		return NULL;
	recorder->share_of_exact = *share;
	bytes_put(&recorder->change, share, sizeof(*share));
	return write_change(recorder, BLOCK_SHARE_OF_EXACT);
}

static struct error *look_at_state(struct recorder *recorder)
{
	struct error *err = look_at_clock(recorder);

	recorder->may_have_changed = false;
	return err ?: look_at_hit_times(recorder)
		       ?: look_at_processes(recorder) ?: look_at_share(recorder);
}

/* ---- all ---- */

struct error *recorder_begin(struct recorder *recorder, const struct recording_about *about,
			     const struct name_source *names, const struct recorder_state *state)
{
	struct recording_about written = *about;
	struct error *err = NULL;

	if (recorder->notes)
		err = write_records(recorder);
	forget(recorder);
	recorder->state = *state;
	recorder->num_sites = about->num_sites;
	recorder->may_have_changed = true;
	recorder->hit_times = calloc(about->num_sites + 1, sizeof(*recorder->hit_times));
	if (!err && !recorder->hit_times)
		err = error_out_of_memory();
	if (!err)
		err = notes_new(names, state->code, about->sites, about->num_sites,
				&recorder->notes);
	if (!err)
		err = value_notes_new(state->values, &recorder->values);
	if (err)
		return err;
	bytes_clear(&recorder->bytes);
	written.has_lasting = true;
	about_write(&written, &recorder->bytes);
	return block_write(recorder->writer, BLOCK_ABOUT, 0, &recorder->bytes);
}

struct error *recorder_add(struct recorder *recorder, const struct record *record)
{
	struct error *err = NULL;

	if (recorder->may_have_changed || record->kind == RECORD_STOPPED)
		err = look_at_state(recorder);
	if (!err && record->pid && record->pid != recorder->last_pid) {
		err = look_at_process(recorder, record->pid);
		if (!err)
			err = look_at_processes(recorder);
	}
	if (err)
		return err;
	notes_take_record(recorder->notes, record);
	value_notes_take_record(recorder->values, record);
	packer_add(recorder->packer, record);
	if (lasting_is(record->kind))
		add_lasting(recorder, record);
	/* Between two ticks nobody else does anything. */
	recorder->may_have_changed = record->kind == RECORD_TICK;
	if (record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT)
		forget_process(recorder, record->pid);
	return is_due(recorder->packer) ? write_records(recorder) : NULL;
}

struct error *recorder_dump(struct recorder *recorder, FILE *file, uint64_t *num_bytes)
{
	struct error *err = write_records(recorder);

	return err ?: block_writer_dump(recorder->writer, file, num_bytes);
}

struct error *recorder_end(struct recorder *recorder)
{
	struct error *err = write_records(recorder);

	return err ?: block_writer_end(recorder->writer);
}

bool recorder_is_closed(const struct recorder *recorder)
{
	return block_writer_is_closed(recorder->writer);
}

struct recorder_sums recorder_sums(const struct recorder *recorder)
{
	return (struct recorder_sums){.num_records = recorder->num_records,
				      .num_bytes = block_writer_num_bytes(recorder->writer)};
}
