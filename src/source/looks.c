/* SPDX-License-Identifier: MIT */
#include "source/looks.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/event_clock.h"
#include "source/called_syscall.h"
#include "source/holders.h"
#include "source/insiders.h"
#include "source/looked_at.h"
#include "source/open_on.h"
#include "source/polled.h"
#include "source/target_stacks.h"

/* What is read as one: the time of a look is known as well as these take to be read. */
#define CHUNK 32
/* Stacks that need not be told again, by a part of their ids. */
#define TOLD_STACKS 4096

#define LOOKS_MAX_FOUND (LOOKS_MAX + LOOKS_MAX_STARTED + HOLDERS_MAX)

struct found {
	struct record_look_on on; /* the look's size says whether it is on something */
	struct record_stack stack; /* look.stack is 0: none */
};

struct looks {
	const struct graph_bpf *bpf; /* not owned, nor is this */
	const struct event_clock *clock;
	struct target_stacks stacks;
	struct looked_at_all processes;
	struct insiders insiders, started;
	struct holders holders;
	struct looked_at
		*locked; /* one in which somebody may wait for a lock, by this look; NULL: none */
	uint64_t next_holders_ns;
	struct polled polled;
	struct called_syscall_functions syscalls;
	struct waited_on on; /* of the last system call */
	uint64_t period_ns, next_ns;
	uint64_t cost_ns; /* of the last one: processor time */
	struct found *found; /* LOOKS_MAX_FOUND */
	size_t num_found, num_told, num_told_holders;
	uint64_t told_stacks[TOLD_STACKS];
};

/* ---- life ---- */

struct error *looks_new(const struct plan *plan, const struct graph_bpf *bpf, uint32_t frequency_hz,
			const struct event_clock *clock, struct looks **out)
{
	struct looks *looks = *out = calloc(1, sizeof(*looks));
	struct error *err;

	if (!looks)
		return error_out_of_memory();
	looks->bpf = bpf;
	looks->clock = looks->processes.clock = clock;
	looks->period_ns = UINT64_C(1000000000) / (frequency_hz ?: 1);
	looks->insiders.seed = looks->started.seed = event_clock_now_ns(clock) | 1;
	err = target_stacks_init(&looks->stacks, plan);
	if (err)
		return err;
	looks->found = calloc(LOOKS_MAX_FOUND, sizeof(*looks->found));
	if (!looks->found || !holders_init(&looks->holders))
		return error_out_of_memory();
	looks->syscalls = called_syscall_functions(plan->bin);
	/* The first address that is looked up takes long. */
	if (plan->num_funcs)
		places_code(&looks->stacks.places, plan->funcs[0].func->va);
	return NULL;
}

void looks_free(struct looks *looks)
{
	if (!looks)
		return;
	insiders_release(&looks->insiders);
	insiders_release(&looks->started);
	holders_release(&looks->holders);
	looked_at_release(&looks->processes);
	target_stacks_release(&looks->stacks);
	free(looks->found);
	free(looks);
}

/* ---- who is inside ---- */

void looks_see(struct looks *looks, const struct record *record)
{
	insiders_see(&looks->insiders, record);
	insiders_see_started(&looks->started, &looks->insiders, record, LOOKS_MAX_STARTED);
	if (!insiders_are_over(record))
		return;
	if (looks->locked && looks->locked->pid == (pid_t)record->pid)
		looks->locked = NULL;
	looked_at_forget(&looks->processes, (pid_t)record->pid);
}

void looks_add(struct looks *looks, uint64_t goid, uint32_t pid, uint64_t g)
{
	insiders_add(&looks->insiders, goid, pid, g);
}

void looks_forget(struct looks *looks)
{
	insiders_forget(&looks->insiders);
	insiders_forget(&looks->started);
	insiders_forget(&looks->holders.goroutines);
}

/* ---- when ---- */

uint64_t looks_wait_ns(const struct looks *looks, uint64_t now_ns)
{
	return looks->next_ns > now_ns ? looks->next_ns - now_ns : 0;
}

/* `cost_ns`: of the one that ends now. That code is seen for the first time costs once. */
static void plan_next(struct looks *looks, uint64_t cost_ns)
{
	uint64_t now_ns = event_clock_now_ns(looks->clock);
	uint64_t usual_ns = cost_ns < looks->cost_ns ? cost_ns : looks->cost_ns;
	uint64_t rest_ns = (uint64_t)((double)usual_ns * (1 / LOOKS_MAX_SHARE - 1));

	looks->cost_ns = cost_ns;
	looks->next_ns += looks->period_ns;
	if (looks->next_ns < now_ns)
		looks->next_ns = now_ns + looks->period_ns;
	if (looks->next_ns < now_ns + rest_ns)
		looks->next_ns = now_ns + rest_ns;
}

/* ---- looking ---- */

/* The same, with its number for struct record_look. */
static const struct waited_on *find_syscall_on(struct looks *looks, const struct looked_at *process,
					       const struct goroutine *goroutine, __u16 *number)
{
	const struct gate_key key = {.g = goroutine->g, .pid = (uint64_t)process->pid};
	struct record_wait wait = {.state = STATE_SYSCALL};
	struct called_syscall call, again;

	if (!called_syscall_read(&looks->syscalls, &process->source, goroutine, &call))
		return NULL;
	wait.syscall = (__s32)call.number;
	*number = (__u16)(call.number + 1);
	if (!open_on_find(looks->bpf, &key, &wait, call.arguments, &looks->on) ||
	    !called_syscall_read(&looks->syscalls, &process->source, goroutine, &again) ||
	    memcmp(&call, &again, sizeof(call)) != 0)
		return NULL;
	return &looks->on;
}

/* NULL: nothing, or unknown. */
static const struct waited_on *find_on(struct looks *looks, const struct looked_at *process,
				       const struct goroutine *goroutine, __u16 *number)
{
	const struct gate_key key = {.g = goroutine->g, .pid = (uint64_t)process->pid};
	const struct left_at left = {.sp = goroutine->sp, .ip = goroutine->ip};

	if (goroutine->state == STATE_SYSCALL)
		return find_syscall_on(looks, process, goroutine, number);
	if (goroutine->state != STATE_WAITING || !goroutine->sp ||
	    goroutine->reason != looks->bpf->rodata->poll_reason)
		return NULL;
	return polled_find(&looks->polled, looks->bpf, &key, &left);
}

static bool take_stack(struct looks *looks, const struct snapshot *snapshot,
		       const struct goroutine *goroutine, bool is_inside,
		       struct record_stack *stack)
{
	return is_inside ? target_stacks_take(&looks->stacks, snapshot, goroutine, stack)
			 : target_stacks_take_whole(snapshot, goroutine, stack);
}

static void add(struct looks *looks, struct looked_at *process, const struct snapshot *snapshot,
		const struct goroutine *goroutine, bool is_inside, uint64_t since_ns)
{
	uint64_t time_ns = process->read_ns;
	struct found *found = &looks->found[looks->num_found];
	bool runs = goroutine->state == STATE_RUNNING;
	const struct waited_on *on;
	__u16 number = 0;
	struct record_look *look = &found->on.look;

	if (goroutine->has_moved ||
	    (!runs && !take_stack(looks, snapshot, goroutine, is_inside, &found->stack)))
		return;
	on = find_on(looks, process, goroutine, &number);
	if (on)
		found->on.on = *on;
	*look = (struct record_look){
		.header = {.kind = RECORD_LOOK,
			   .size = on ? sizeof(found->on) : sizeof(*look),
			   .time_ns = time_ns,
			   .goid = goroutine->goid,
			   .pid = (uint32_t)process->pid},
		.since_ns = since_ns,
		.stack = runs ? 0 : found->stack.id,
		.state = goroutine->state,
		.reason = goroutine->reason,
		.syscall = number,
	};
	if (goroutine->state == STATE_WAITING &&
	    process->source.ways[goroutine->reason] == AWAITED_BY_SEMAPHORE)
		looks->locked = process;
	found->stack.header.time_ns = time_ns;
	found->stack.header.pid = (uint32_t)process->pid;
	looks->num_found++;
}

static const struct goroutine *find_at(const struct snapshot *snapshot, const struct insider *one)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->goroutines[i].g == one->g &&
		    snapshot->goroutines[i].goid == one->key.first)
			return &snapshot->goroutines[i];
	return NULL;
}

/* One that is not there any more has ended. Who is inside by now is looked at as that. */
static void add_outside(struct looks *looks, struct looked_at *process,
			const struct snapshot *snapshot, struct insiders *of, struct insider *one,
			uint64_t since_ns)
{
	const struct goroutine *goroutine = find_at(snapshot, one);

	if (!goroutine)
		insiders_remove(of, one);
	else if (!insiders_find(&looks->insiders, goroutine->goid, (uint32_t)process->pid))
		add(looks, process, snapshot, goroutine, false, since_ns);
}

/* Goroutines of one process. */
static void look_at(struct looks *looks, struct looked_at *process, struct insiders *of,
		    struct insider *const *chosen, size_t count)
{
	bool is_inside = of == &looks->insiders;
	uint64_t since_ns = event_clock_now_ns(looks->clock), addresses[CHUNK];
	struct snapshot snapshot;
	struct error *err;

	for (size_t i = 0; i < count; i++)
		addresses[i] = chosen[i]->g;
	err = snapshot_take_some(&process->source, addresses, count, &snapshot);
	for (size_t i = 0; i < snapshot.count && !err && is_inside; i++)
		add(looks, process, &snapshot, &snapshot.goroutines[i], true, since_ns);
	for (size_t i = 0; i < count && !err && !is_inside; i++)
		add_outside(looks, process, &snapshot, of, chosen[i], since_ns);
	snapshot_release(&snapshot);
	/* That it has ended, records tell. */
	process->is_readable = !err;
	error_free(err);
}

/* At `most` of them. */
static void look_at_some(struct looks *looks, struct insiders *of, size_t most)
{
	struct insider *chosen[LOOKS_MAX];
	size_t count = insiders_choose(of, chosen, most), end;

	for (size_t at = 0; at < count; at = end) {
		struct looked_at *process = looked_at_find(&looks->processes, &looks->stacks,
							   (pid_t)chosen[at]->key.second);

		for (end = at + 1; end < count && end - at < CHUNK &&
				   chosen[end]->key.second == chosen[at]->key.second;)
			end++;
		if (process && process->is_readable)
			look_at(looks, process, of, chosen + at, end - at);
	}
}

/* As long as somebody waits for a lock, and as often as that may cost. */
static void look_for_holders(struct looks *looks)
{
	uint64_t began_ns = thread_cpu_ns(), now_ns = event_clock_now_ns(looks->clock), rest_ns;
	struct looked_at *process = looks->locked;
	struct error *err;

	if (!process)
		insiders_forget(&looks->holders.goroutines);
	if (!process || !process->source.allgs || now_ns < looks->next_holders_ns)
		return;
	err = holders_find(&looks->holders, &looks->stacks, &process->source, process->pid,
			   &looks->insiders, &looks->started);
	for (size_t i = 0; i < looks->holders.count; i++) {
		struct held *held = &looks->holders.items[i];

		held->holder.header.time_ns = held->stack.header.time_ns = process->read_ns;
		held->stack.header.pid = (uint32_t)process->pid;
	}
	error_free(err);
	rest_ns = (uint64_t)((double)(thread_cpu_ns() - began_ns) * (1 / LOOKS_MAX_SHARE - 1));
	looks->next_holders_ns = event_clock_now_ns(looks->clock) + rest_ns;
}

void looks_take(struct looks *looks)
{
	uint64_t began_ns = thread_cpu_ns();

	looks->num_found = looks->num_told = looks->num_told_holders = looks->holders.count = 0;
	looks->locked = NULL;
	look_at_some(looks, &looks->insiders, LOOKS_MAX);
	look_at_some(looks, &looks->started, LOOKS_MAX_STARTED);
	look_at_some(looks, &looks->holders.goroutines, HOLDERS_MAX);
	plan_next(looks, thread_cpu_ns() - began_ns);
	look_for_holders(looks);
}

/* ---- telling ---- */

typedef void (*teller)(void *context, const struct record *record);

/* `id`: the stack's, as the record names it; 0: it names none. */
static void tell_with_stack(struct looks *looks, const struct record_stack *stack, uint64_t id,
			    const struct record *record, teller tell, void *context)
{
	uint64_t *told = &looks->told_stacks[id % TOLD_STACKS];

	if (id && *told != id) {
		*told = id;
		tell(context, &stack->header);
	}
	tell(context, record);
}

void looks_tell(struct looks *looks, uint64_t until_ns, teller tell, void *context)
{
	for (; looks->num_told < looks->num_found; looks->num_told++) {
		const struct found *found = &looks->found[looks->num_told];

		if (found->on.look.header.time_ns > until_ns)
			return;
		tell_with_stack(looks, &found->stack, found->on.look.stack, &found->on.look.header,
				tell, context);
	}
	for (; looks->num_told_holders < looks->holders.count; looks->num_told_holders++) {
		const struct held *held = &looks->holders.items[looks->num_told_holders];

		if (held->holder.header.time_ns > until_ns)
			return;
		tell_with_stack(looks, &held->stack, held->holder.by_stack, &held->holder.header,
				tell, context);
	}
}
