/* SPDX-License-Identifier: MIT */
#include "source/open_waits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "base/hash.h"
#include "goroutines/memory.h"
#include "source/open_on.h"
#include "source/target_stacks.h"

/* What is known of some of them. */
struct details {
	struct record_stack stack; /* wait.stack is 0: none */
	struct waited_on on; /* the wait's size says whether it is on something */
};

struct noted {
	struct hash_key key; /* g, pid */
	struct record_wait wait;
	struct details *details; /* NULL: nothing */
};

/* Waits that are as long are noted, as often. */
#define LONG_NS UINT64_C(1000000000)

struct open_waits {
	const struct graph_bpf *bpf; /* not owned */
	struct hunt_options options;
	struct target_stacks stacks;
	bool has_stacks;
	/* What goroutines of one process are read from; pid 0: of none. */
	pid_t pid;
	struct snapshot_source source;
	uint64_t time_ns;
	uint64_t next_ns; /* see open_waits_note_long() */
	struct hash noted;
	size_t num_details;
};

/* ---- life ---- */

struct error *open_waits_new(const struct plan *plan, const struct graph_bpf *bpf,
			     const struct hunt_options *options, struct open_waits **out)
{
	struct open_waits *waits = *out = calloc(1, sizeof(*waits));
	struct error *err;

	if (!waits)
		return error_out_of_memory();
	waits->bpf = bpf;
	waits->options = *options;
	err = target_stacks_init(&waits->stacks, plan);
	waits->has_stacks = !err;
	error_free(err);
	return NULL;
}

static void forget(struct open_waits *waits)
{
	const struct noted *noted;

	for (size_t at = 0; (noted = hash_next(&waits->noted, &at));)
		free(noted->details);
	hash_free_items(&waits->noted);
	waits->num_details = 0;
	waits->pid = 0;
}

void open_waits_free(struct open_waits *waits)
{
	if (!waits)
		return;
	forget(waits);
	target_stacks_release(&waits->stacks);
	free(waits);
}

/* ---- what the programs know ---- */

#define BATCH 1024

/* All that are kept of goroutines, those that run, too. */
static void walk(struct open_waits *waits,
		 void (*visit)(void *context, const struct gate_key *key,
			       const struct hunted_wait *wait),
		 void *context)
{
	struct {
		struct gate_key keys[BATCH];
		struct hunted_wait waits[BATCH];
	} *batch = malloc(sizeof(*batch));
	uint32_t at, *from = NULL, count;
	int failed = 0;

	while (batch && !failed) {
		count = BATCH;
		failed = bpf_map_lookup_batch(bpf_map__fd(waits->bpf->maps.waits), from, &at,
					      batch->keys, batch->waits, &count, NULL);
		if (failed && failed != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++)
			visit(context, &batch->keys[i], &batch->waits[i]);
		from = &at;
	}
	free(batch);
}

static struct gate_key gate_key_of(const struct noted *noted)
{
	return (struct gate_key){.g = noted->key.first, .pid = noted->key.second};
}

static bool is_open_still(const struct open_waits *waits, const struct noted *noted)
{
	const struct gate_key key = gate_key_of(noted);
	struct hunted_wait now;

	return !bpf_map_lookup_elem(bpf_map__fd(waits->bpf->maps.waits), &key, &now) &&
	       now.start_ns == noted->wait.start_ns;
}

/* The goroutine's id. 0: it is in no target that is open. */
static uint64_t goid_inside(const struct open_waits *waits, const struct gate_key *key,
			    const struct hunted_wait *wait)
{
	struct gate gate;

	if (!wait->is_inside ||
	    bpf_map_lookup_elem(bpf_map__fd(waits->bpf->maps.gates), key, &gate) ||
	    gate.state != GATE_OPEN || gate.program != wait->program)
		return 0;
	return gate.goid;
}

/* What the thread of a system call that has not ended at record->header.time_ns does. `arguments`: of that. */
static void note_syscall(const struct graph_bpf *bpf, const struct hunted_wait *wait,
			 struct record_wait *record, __u64 arguments[2])
{
	uint64_t now_ns = record->header.time_ns;
	struct thread thread;

	if (wait->state != STATE_SYSCALL || wait->ready_ns ||
	    bpf_map_lookup_elem(bpf_map__fd(bpf->maps.threads), &wait->thread, &thread) ||
	    thread.seen_ns < wait->start_ns || thread.seen_ns > now_ns)
		return;
	record->syscall = thread.syscall;
	memcpy(arguments, thread.arguments, sizeof(thread.arguments));
	record->asleep_ns = thread.asleep_ns + (thread.is_asleep ? now_ns - thread.seen_ns : 0);
}

/* ---- what the process's memory tells ---- */

/* False: it cannot be read. */
static bool read_goroutine(const struct graph_bpf *bpf, const struct gate_key *key, uint64_t *goid,
			   uint8_t *reason)
{
	const pid_t pid = (pid_t)key->pid;
	const struct memory memory = memory_of_process(&pid);
	struct memory_piece pieces[] = {
		{.at = key->g + bpf->rodata->g_goid, .to = goid, .len = sizeof(*goid)},
		{.at = key->g + bpf->rodata->g_waitreason, .to = reason, .len = sizeof(*reason)},
	};

	return memory_read_all(&memory, pieces, 2) && pieces[0].is_read && pieces[1].is_read;
}

/* False: goroutines of the process cannot be read. */
static bool find_source(struct open_waits *waits, pid_t pid)
{
	struct error *err;

	if (!waits->has_stacks)
		return false;
	if (waits->pid == pid)
		return true;
	waits->pid = pid;
	err = target_stacks_source(&waits->stacks, &waits->pid, &waits->source);
	if (err)
		waits->pid = 0;
	error_free(err);
	return waits->pid;
}

static void find_stack(struct open_waits *waits, struct noted *noted)
{
	struct record_stack *stack = &noted->details->stack;
	const uint64_t g = noted->key.first;
	struct snapshot snapshot;
	struct error *err;

	if (!find_source(waits, (pid_t)noted->key.second))
		return;
	err = snapshot_take_some(&waits->source, &g, 1, &snapshot);
	if (!err && snapshot.count &&
	    target_stacks_take(&waits->stacks, &snapshot, snapshot.goroutines, stack)) {
		stack->header.pid = noted->wait.header.pid;
		stack->header.time_ns = noted->wait.header.time_ns;
		noted->wait.stack = stack->id;
	}
	snapshot_release(&snapshot);
	error_free(err);
}

/* `reason`: that it has now. `arguments`: of a system call. */
static struct record_wait make_wait(const struct graph_bpf *bpf, uint64_t time_ns,
				    const struct gate_key *key, const struct hunted_wait *wait,
				    uint8_t reason, __u64 arguments[2])
{
	struct record_wait record = {
		.header = {.kind = RECORD_WAIT,
			   .flags = RECORD_IS_OPEN,
			   .size = sizeof(record),
			   .time_ns = time_ns,
			   .pid = (uint32_t)key->pid},
		.start_ns = wait->start_ns,
		.ready_ns = wait->ready_ns && wait->ready_ns < time_ns ? wait->ready_ns : time_ns,
		.by_goid = wait->by_goid,
		.by_stack = wait->by_stack,
		.state = wait->state,
		.reason = wait->state != STATE_WAITING ? 0 : wait->reason ?: reason,
		.syscall = wait->syscall,
		.asleep_ns = wait->asleep_ns,
	};

	memcpy(arguments, wait->arguments, sizeof(wait->arguments));
	note_syscall(bpf, wait, &record, arguments);
	return record;
}

bool open_waits_find_on(const struct graph_bpf *bpf, const struct gate_key *key, uint64_t now_ns,
			struct waited_on *on)
{
	struct hunted_wait wait;
	struct record_wait record;
	__u64 arguments[2];
	uint8_t reason;
	uint64_t goid;

	if (bpf->bss->samples_waits)
		return open_on_find_polled(bpf, key, NULL, on);
	if (bpf_map_lookup_elem(bpf_map__fd(bpf->maps.waits), key, &wait) || !wait.start_ns ||
	    wait.start_ns > now_ns || !read_goroutine(bpf, key, &goid, &reason))
		return false;
	record = make_wait(bpf, now_ns, key, &wait, reason, arguments);
	return open_on_find(bpf, key, &record, arguments, on);
}

/* ---- noting ---- */

static void add_details(struct open_waits *waits, struct noted *noted, const __u64 arguments[2])
{
	const struct gate_key key = gate_key_of(noted);

	noted->details = calloc(1, sizeof(*noted->details));
	if (!noted->details)
		return;
	waits->num_details++;
	find_stack(waits, noted);
	if (open_on_find(waits->bpf, &key, &noted->wait, arguments, &noted->details->on))
		noted->wait.header.size = sizeof(struct record_wait_on);
}

/* `inside`: the goroutine's id, if it is inside a target. */
static void note(struct open_waits *waits, const struct gate_key *key,
		 const struct hunted_wait *wait, uint64_t inside)
{
	struct noted *noted;
	__u64 arguments[2];
	uint64_t goid = 0;
	uint8_t reason = 0;

	if (!read_goroutine(waits->bpf, key, &goid, &reason) && !inside)
		return;
	noted = calloc(1, sizeof(*noted));
	if (!noted)
		return;
	noted->key = (struct hash_key){.first = key->g, .second = key->pid};
	noted->wait = make_wait(waits->bpf, waits->time_ns, key, wait, reason, arguments);
	noted->wait.header.goid = inside ?: goid;
	if (inside && waits->num_details < OPEN_WAITS_MAX_STACKS)
		add_details(waits, noted, arguments);
	if (is_open_still(waits, noted) && hash_add(&waits->noted, &noted->key))
		return;
	free(noted->details);
	free(noted);
}

static bool is_open(const struct open_waits *waits, const struct hunted_wait *wait)
{
	return wait->start_ns && wait->start_ns <= waits->time_ns;
}

static void note_inside(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct open_waits *waits = context;
	uint64_t inside = is_open(waits, wait) ? goid_inside(waits, key, wait) : 0;

	if (inside && waits->num_details < OPEN_WAITS_MAX_STACKS)
		note(waits, key, wait, inside);
}

static void note_other(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct open_waits *waits = context;
	uint64_t inside;

	if (!is_open(waits, wait) ||
	    hash_find(&waits->noted, (struct hash_key){.first = key->g, .second = key->pid}))
		return;
	inside = goid_inside(waits, key, wait);
	if (inside || waits->time_ns - wait->start_ns >= waits->options.outside_min_wait_ns)
		note(waits, key, wait, inside);
}

void open_waits_note(struct open_waits *waits, uint64_t time_ns)
{
	if (!waits)
		return;
	forget(waits);
	waits->time_ns = time_ns;
	if (!waits->bpf->bss->samples_waits)
		walk(waits, note_inside, waits);
}

void open_waits_note_others(struct open_waits *waits)
{
	if (waits && !waits->bpf->bss->samples_waits)
		walk(waits, note_other, waits);
}

/* ---- long ones ---- */

static void forget_one(struct open_waits *waits, struct noted *noted)
{
	hash_remove(&waits->noted, &noted->key);
	waits->num_details -= noted->details != NULL;
	free(noted->details);
	free(noted);
}

static void forget_ended(struct open_waits *waits)
{
	struct noted **ended = calloc(waits->noted.count + 1, sizeof(*ended)), *noted;
	size_t count = 0;

	for (size_t at = 0; ended && (noted = hash_next(&waits->noted, &at));)
		if (!is_open_still(waits, noted))
			ended[count++] = noted;
	for (size_t i = 0; i < count; i++)
		forget_one(waits, ended[i]);
	free(ended);
}

static void note_long(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct open_waits *waits = context;

	if (is_open(waits, wait) && waits->time_ns - wait->start_ns >= LONG_NS &&
	    !hash_find(&waits->noted, (struct hash_key){.first = key->g, .second = key->pid}))
		note_inside(waits, key, wait);
}

void open_waits_note_long(struct open_waits *waits, uint64_t now_ns)
{
	if (!waits || waits->bpf->bss->samples_waits || now_ns < waits->next_ns)
		return;
	waits->next_ns = now_ns + LONG_NS;
	waits->time_ns = now_ns;
	forget_ended(waits);
	walk(waits, note_long, waits);
}

/* ---- telling ---- */

struct teller {
	struct open_waits *waits;
	void (*tell)(void *context, const struct record *record);
	void *context;
};

static void tell_short_waits(void *context, const struct gate_key *key,
			     const struct hunted_wait *wait)
{
	const struct teller *teller = context;
	const struct record_short_waits record = {
		.header = {.kind = RECORD_SHORT_WAITS,
			   .flags = RECORD_IS_OPEN,
			   .size = sizeof(record),
			   .time_ns = teller->waits->time_ns,
			   .goid = goid_inside(teller->waits, key, wait),
			   .pid = (uint32_t)key->pid},
		.count = wait->count,
		.waiting_ns = wait->waiting_ns,
		.syscall_ns = wait->syscall_ns,
		.runnable_ns = wait->runnable_ns,
	};

	if (record.count && record.header.goid)
		teller->tell(teller->context, &record.header);
}

static void tell_wait(const struct teller *teller, const struct noted *noted)
{
	struct record_wait_on record = {.wait = noted->wait};

	if (noted->wait.stack)
		teller->tell(teller->context, &noted->details->stack.header);
	if (noted->wait.header.size == sizeof(record))
		record.on = noted->details->on;
	teller->tell(teller->context, &record.wait.header);
}

void open_waits_tell(struct open_waits *waits, bool is_last,
		     void (*tell)(void *context, const struct record *record), void *context)
{
	struct teller teller = {waits, tell, context};
	const struct noted *noted;

	if (!waits)
		return;
	if (is_last && !waits->bpf->bss->samples_waits)
		walk(waits, tell_short_waits, &teller);
	for (size_t at = 0; (noted = hash_next(&waits->noted, &at));)
		if (is_open_still(waits, noted))
			tell_wait(&teller, noted);
	forget(waits);
}

/* ---- of a process that has ended ---- */

struct ending {
	struct teller teller;
	uint32_t pid;
};

/* It has gone on until now. */
static struct record_wait prolonged(const struct open_waits *waits, const struct noted *noted,
				    const struct hunted_wait *wait)
{
	const struct gate_key key = gate_key_of(noted);
	uint64_t more_ns = waits->time_ns - noted->wait.header.time_ns;
	struct record_wait now = noted->wait;
	__u64 arguments[2];

	now.header.time_ns = waits->time_ns;
	now.ready_ns =
		make_wait(waits->bpf, waits->time_ns, &key, wait, now.reason, arguments).ready_ns;
	now.asleep_ns += now.asleep_ns ? more_ns : 0;
	return now;
}

static void tell_ended(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct ending *ending = context;
	struct open_waits *waits = ending->teller.waits;
	const struct noted *known;
	struct noted noted = {.key = {.first = key->g, .second = key->pid}};
	uint64_t inside = key->pid == ending->pid ? goid_inside(waits, key, wait) : 0;
	__u64 arguments[2];

	if (!inside)
		return;
	tell_short_waits(&ending->teller, key, wait);
	if (!is_open(waits, wait))
		return;
	known = hash_find(&waits->noted, noted.key);
	if (known && known->wait.start_ns == wait->start_ns) {
		noted.details = known->details;
		noted.wait = prolonged(waits, known, wait);
	} else {
		noted.wait = make_wait(waits->bpf, waits->time_ns, key, wait, 0, arguments);
		noted.wait.header.goid = inside;
	}
	tell_wait(&ending->teller, &noted);
}

void open_waits_tell_ended(struct open_waits *waits, const struct record *end,
			   void (*tell)(void *context, const struct record *record), void *context)
{
	struct ending ending = {.teller = {waits, tell, context}, .pid = end->pid};

	if (!waits || waits->bpf->bss->samples_waits)
		return;
	waits->time_ns = end->time_ns;
	walk(waits, tell_ended, &ending);
}
