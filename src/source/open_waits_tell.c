/* SPDX-License-Identifier: MIT */
/* open_waits_tell.c - open waits that were noted are told, and those of processes that end; see open_waits.h. */
#include "source/open_waits_internal.h"

#include <bpf/bpf.h>

#include "base/event_clock.h"
#include "source/gates.h"

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
			   .goid = open_wait_goid_inside(teller->waits->bpf, key, wait),
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

	if (noted->wait.stack) {
		noted->details->stack.header.time_ns = noted->wait.header.time_ns;
		teller->tell(teller->context, &noted->details->stack.header);
	}
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
		open_wait_walk(waits->bpf, tell_short_waits, &teller);
	for (size_t at = 0; (noted = hash_next(&waits->noted, &at));)
		if (open_waits_goes_on(waits, noted))
			tell_wait(&teller, noted);
	open_waits_forget_all(waits);
}

/* ---- of a process that has ended ---- */

/* Ends of processes may cost so much processor time at once, and of all time the share below: who starts a program
 * hundreds of times a second would keep records waiting. */
#define ENDED_MAX_NS UINT64_C(500000000)
#define ENDED_SHARE  10

struct ending {
	struct teller teller;
	uint32_t pid;
	uint64_t first_alive; /* hunted_wait.program: earlier ones are gone */
};

/* What was noted has gone on until now. `fresh`: what the programs know of it, whose thread may be gone. */
static struct record_wait prolonged(const struct record_wait *noted,
				    const struct record_wait *fresh)
{
	struct record_wait now = *noted;

	now.header.time_ns = fresh->header.time_ns;
	now.ready_ns = fresh->ready_ns;
	now.by_goid = fresh->by_goid;
	now.by_stack = fresh->by_stack;
	if (fresh->asleep_ns >= noted->asleep_ns)
		now.asleep_ns = fresh->asleep_ns;
	else if (fresh->ready_ns > noted->header.time_ns) /* who slept is taken to have slept on */
		now.asleep_ns += fresh->ready_ns - noted->header.time_ns;
	return now;
}

static void tell_ended_wait(const struct ending *ending, const struct gate_key *key,
			    const struct hunted_wait *wait, uint64_t goid)
{
	struct open_waits *waits = ending->teller.waits;
	const struct noted *known = open_waits_find(waits, key);
	struct noted noted = {0};
	__u64 arguments[2];

	noted.wait = open_wait_make(waits->bpf, waits->time_ns, key, wait, 0, arguments);
	noted.wait.header.goid = goid;
	if (known && known->wait.start_ns == wait->start_ns) {
		noted.details = known->details;
		noted.wait = prolonged(&known->wait, &noted.wait);
	}
	tell_wait(&ending->teller, &noted);
}

/* So that it is not told again. The program that runs there now may have the same key. */
static void delete_ended(const struct ending *ending, const struct gate_key *key)
{
	int fd = bpf_map__fd(ending->teller.waits->bpf->maps.waits);
	struct hunted_wait now;

	if (!bpf_map_lookup_elem(fd, key, &now) && now.program < ending->first_alive)
		bpf_map_delete_elem(fd, key);
}

static void tell_ended(void *context, const struct gate_key *key, const struct hunted_wait *wait)
{
	struct ending *ending = context;
	struct open_waits *waits = ending->teller.waits;
	struct noted *known;
	uint64_t inside;

	if (key->pid != ending->pid || wait->program >= ending->first_alive)
		return;
	inside = open_wait_goid_inside(waits->bpf, key, wait);
	if (!inside) {
		delete_ended(ending, key);
		return;
	}
	tell_short_waits(&ending->teller, key, wait);
	if (open_waits_was_open(waits, wait))
		tell_ended_wait(ending, key, wait, inside);
	known = open_waits_find(waits, key);
	if (known)
		open_waits_forget(waits, known);
	delete_ended(ending, key);
}

void open_waits_tell_ended(struct open_waits *waits, const struct record_process *end,
			   void (*tell)(void *context, const struct record *record), void *context)
{
	struct ending ending = {.teller = {waits, tell, context},
				.pid = end->header.pid,
				.first_alive = gates_first_alive(end)};
	uint64_t began_ns = thread_cpu_ns();

	if (!waits || waits->bpf->bss->samples_waits ||
	    !cost_limit_allows(&waits->ended_cost, end->header.time_ns, ENDED_MAX_NS, ENDED_SHARE))
		return;
	waits->time_ns = end->header.time_ns;
	open_wait_walk(waits->bpf, tell_ended, &ending);
	waits->ended_cost.owed_ns += thread_cpu_ns() - began_ns;
}
