/* SPDX-License-Identifier: MIT */
/* open_waits.c - open waits are noted; see open_waits.h. */
#include "source/open_waits_internal.h"

#include <stdlib.h>

#include "source/open_on.h"

/* Waits that are as long are noted, as often; so many at once, as records wait meanwhile. */
#define LONG_NS      UINT64_C(1000000000)
#define LONG_AT_ONCE 100

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

static void free_noted(struct open_waits *waits, struct noted *noted)
{
	waits->num_details -= noted->details != NULL;
	free(noted->details);
	free(noted);
}

void open_waits_forget(struct open_waits *waits, struct noted *noted)
{
	hash_remove(&waits->noted, &noted->key);
	free_noted(waits, noted);
}

void open_waits_forget_all(struct open_waits *waits)
{
	const struct noted *noted;

	for (size_t at = 0; (noted = hash_next(&waits->noted, &at));)
		free(noted->details);
	hash_free_items(&waits->noted);
	waits->num_details = 0;
}

void open_waits_free(struct open_waits *waits)
{
	if (!waits)
		return;
	open_waits_forget_all(waits);
	target_stacks_release(&waits->stacks);
	free(waits);
}

/* ---- details ---- */

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

/* ---- noting ---- */

/* `inside`: the goroutine's id, if it is inside a target. NULL: nothing can be read of it, or out of memory. */
static struct noted *make_noted(const struct open_waits *waits, const struct gate_key *key,
				const struct hunted_wait *wait, uint64_t inside, __u64 arguments[2])
{
	struct noted *noted;
	uint64_t goid = 0;
	uint8_t reason = 0;

	if (!open_wait_read_goroutine(waits->bpf, key, &goid, &reason) && !inside)
		return NULL;
	noted = calloc(1, sizeof(*noted));
	if (!noted)
		return NULL;
	noted->key = (struct hash_key){.first = key->g, .second = key->pid};
	noted->wait = open_wait_make(waits->bpf, waits->time_ns, key, wait, reason, arguments);
	noted->wait.header.goid = inside ?: goid;
	return noted;
}

/* If what was read is of that wait: it goes on. */
static void keep(struct open_waits *waits, struct noted *noted)
{
	if (!open_waits_goes_on(waits, noted) || !hash_add(&waits->noted, &noted->key))
		free_noted(waits, noted);
}

static void note_inside(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct open_waits *waits = context;
	struct noted *noted;
	__u64 arguments[2];
	uint64_t inside;

	if (waits->num_details >= waits->max_details || !open_waits_was_open(waits, wait))
		return;
	inside = open_wait_goid_inside(waits->bpf, key, wait);
	noted = inside ? make_noted(waits, key, wait, inside, arguments) : NULL;
	if (!noted)
		return;
	add_details(waits, noted, arguments);
	keep(waits, noted);
}

/* Without details: what is read of memory by then may be of a later wait. */
static void note_other(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct open_waits *waits = context;
	struct noted *noted = NULL;
	__u64 arguments[2];
	uint64_t inside;

	if (!open_waits_was_open(waits, wait) || open_waits_find(waits, key))
		return;
	inside = open_wait_goid_inside(waits->bpf, key, wait);
	if (inside || waits->time_ns - wait->start_ns >= waits->options.outside_min_wait_ns)
		noted = make_noted(waits, key, wait, inside, arguments);
	if (noted)
		keep(waits, noted);
}

void open_waits_note(struct open_waits *waits, uint64_t time_ns)
{
	if (!waits)
		return;
	open_waits_forget_all(waits);
	waits->pid = 0;
	waits->time_ns = time_ns;
	waits->max_details = OPEN_WAITS_MAX_STACKS;
	if (!waits->bpf->bss->samples_waits)
		open_wait_walk(waits->bpf, note_inside, waits);
}

void open_waits_note_others(struct open_waits *waits)
{
	if (waits && !waits->bpf->bss->samples_waits)
		open_wait_walk(waits->bpf, note_other, waits);
}

/* ---- long ones ---- */

static void forget_ended(struct open_waits *waits)
{
	struct noted **ended = calloc(waits->noted.count + 1, sizeof(*ended)), *noted;
	size_t count = 0;

	for (size_t at = 0; ended && (noted = hash_next(&waits->noted, &at));)
		if (!open_waits_goes_on(waits, noted))
			ended[count++] = noted;
	for (size_t i = 0; i < count; i++)
		open_waits_forget(waits, ended[i]);
	free(ended);
}

static void note_long(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct open_waits *waits = context;

	if (open_waits_was_open(waits, wait) && waits->time_ns - wait->start_ns >= LONG_NS &&
	    !open_waits_find(waits, key))
		note_inside(waits, key, wait);
}

void open_waits_note_long(struct open_waits *waits, uint64_t now_ns)
{
	if (!waits || waits->bpf->bss->samples_waits || now_ns < waits->next_ns)
		return;
	waits->next_ns = now_ns + LONG_NS;
	waits->time_ns = now_ns;
	waits->pid = 0; /* it may have run another program since */
	forget_ended(waits);
	waits->max_details = waits->num_details + LONG_AT_ONCE;
	if (waits->max_details > OPEN_WAITS_MAX_STACKS)
		waits->max_details = OPEN_WAITS_MAX_STACKS;
	if (waits->num_details < waits->max_details)
		open_wait_walk(waits->bpf, note_long, waits);
}
