/* SPDX-License-Identifier: MIT */
#include "source/processors.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "gofuncgraph/maps.h"
#include "goroutines/memory.h"
#include "source/open_on.h"
#include "source/privileges.h"

struct processors {
	const struct graph_bpf *bpf; /* not owned */
	struct hunt_options options;
	struct bpf_link *switches;
	struct bpf_link **clocks; /* one for each processor; NULL: it has none */
	int num_processors;
};

/* ---- attaching ---- */

/* The processor's clock, whether or not it can count what it executes. Negative: it has none. */
static int open_clock(int processor, uint32_t frequency_hz)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = sizeof(attr),
		.freq = 1,
		.sample_freq = frequency_hz,
		.exclude_idle = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
}

static struct error *attach_clocks(struct processors *processors)
{
	int num_attached = 0, errnum = ENODEV;

	processors->num_processors = libbpf_num_possible_cpus();
	processors->clocks =
		calloc((size_t)processors->num_processors + 1, sizeof(*processors->clocks));
	if (!processors->clocks)
		return error_out_of_memory();
	for (int i = 0; i < processors->num_processors; i++) {
		int clock = open_clock(i, processors->options.frequency_hz);

		if (clock >= 0)
			processors->clocks[i] = bpf_program__attach_perf_event(
				processors->bpf->progs.sample, clock);
		if (processors->clocks[i]) {
			num_attached++;
			continue;
		}
		if (errno != ENODEV) /* it is not running */
			errnum = errno;
		if (clock >= 0)
			close(clock);
		if (errnum != ENODEV)
			break;
	}
	if (num_attached && errnum == ENODEV)
		return NULL;
	if (errnum == EINVAL)
		return error_new(
			"cannot take samples at %u Hz: the kernel's limit is in /proc/sys/kernel/perf_event_max_sample_rate",
			processors->options.frequency_hz);
	return privileges_error(errnum, "attach to the clocks of processors");
}

/* NULL: out of memory; errno is that of attaching to switches. */
static struct processors *make(const struct graph_bpf *bpf)
{
	struct processors *processors = calloc(1, sizeof(*processors));

	if (!processors)
		return NULL;
	processors->bpf = bpf;
	processors->switches = bpf_program__attach(bpf->progs.sched_switch);
	return processors;
}

struct error *processors_attach(const struct graph_bpf *bpf, const struct hunt_options *options,
				struct processors **out)
{
	struct processors *processors = *out = make(bpf);

	if (!processors)
		return error_out_of_memory();
	processors->options = *options;
	if (!processors->switches)
		return privileges_error(errno, "attach to the tracepoint of the scheduler");
	return options->frequency_hz ? attach_clocks(processors) : NULL;
}

struct error *processors_attach_switches(const struct graph_bpf *bpf, struct processors **out)
{
	struct processors *processors = *out = make(bpf);

	if (!processors)
		return error_out_of_memory();
	if (!processors->switches)
		log_verbose("%s", PROCESSORS_NO_SWITCHES);
	return NULL;
}

void processors_detach(struct processors *processors)
{
	if (!processors)
		return;
	for (int i = 0; processors->clocks && i < processors->num_processors; i++)
		bpf_link__destroy(processors->clocks[i]);
	free(processors->clocks);
	processors->clocks = NULL;
	bpf_link__destroy(processors->switches);
	processors->switches = NULL;
}

void processors_free(struct processors *processors)
{
	processors_detach(processors);
	free(processors);
}

/* ---- what has not ended ---- */

struct teller {
	const struct processors *processors;
	uint64_t time_ns;
	bool is_last;
	void (*tell)(void *context, const struct record *record);
	void *context;
};

static void tell(const struct teller *teller, struct record *header, uint8_t kind, size_t size,
		 uint64_t goid)
{
	header->kind = kind;
	header->flags = RECORD_IS_OPEN;
	header->size = (uint16_t)size;
	header->time_ns = teller->time_ns;
	header->goid = goid;
	teller->tell(teller->context, header);
}

/* The goroutine's id. 0: it is in no target that is open. */
static uint64_t goid_inside(const struct processors *processors, const struct gate_key *key,
			    uint64_t program)
{
	struct gate gate;

	if (bpf_map_lookup_elem(bpf_map__fd(processors->bpf->maps.gates), key, &gate) ||
	    gate.state != GATE_OPEN || gate.program != program)
		return 0;
	return gate.goid;
}

/* What is only known by the process's memory. False: that cannot be read. */
static bool read_goroutine(const struct processors *processors, const struct gate_key *key,
			   uint64_t *goid, uint8_t *reason)
{
	const pid_t pid = (pid_t)key->pid;
	const struct memory memory = memory_of_process(&pid);

	return memory_read(&memory, key->g + processors->bpf->rodata->g_goid, goid,
			   sizeof(*goid)) &&
	       memory_read(&memory, key->g + processors->bpf->rodata->g_waitreason, reason,
			   sizeof(*reason));
}

/* What the thread of a system call that has not ended at record->header.time_ns does. `arguments`: of that. */
static void note_syscall(const struct processors *processors, const struct hunted_wait *wait,
			 struct record_wait *record, __u64 arguments[2])
{
	uint64_t now_ns = record->header.time_ns;
	struct thread thread;

	if (wait->state != STATE_SYSCALL || wait->ready_ns ||
	    bpf_map_lookup_elem(bpf_map__fd(processors->bpf->maps.threads), &wait->thread,
				&thread) ||
	    thread.seen_ns < wait->start_ns || thread.seen_ns > now_ns)
		return;
	record->syscall = thread.syscall;
	memcpy(arguments, thread.arguments, sizeof(thread.arguments));
	record->asleep_ns = thread.asleep_ns + (thread.is_asleep ? now_ns - thread.seen_ns : 0);
}

/* `reason`: that it has now. `arguments`: of a system call. */
static struct record_wait open_wait(const struct processors *processors, uint64_t time_ns,
				    const struct gate_key *key, const struct hunted_wait *wait,
				    uint8_t reason, __u64 arguments[2])
{
	struct record_wait record = {
		.header = {.pid = (uint32_t)key->pid, .time_ns = time_ns},
		.start_ns = wait->start_ns,
		.ready_ns = wait->ready_ns ?: time_ns,
		.by_goid = wait->by_goid,
		.by_stack = wait->by_stack,
		.state = wait->state,
		.reason = wait->state != STATE_WAITING ? 0 : wait->reason ?: reason,
		.syscall = wait->syscall,
		.asleep_ns = wait->asleep_ns,
	};

	memcpy(arguments, wait->arguments, sizeof(wait->arguments));
	note_syscall(processors, wait, &record, arguments);
	return record;
}

static void tell_wait(const struct teller *teller, const struct gate_key *key,
		      const struct hunted_wait *wait)
{
	const struct processors *processors = teller->processors;
	uint64_t inside = wait->is_inside ? goid_inside(processors, key, wait->program) : 0;
	uint64_t goid = inside, age_ns = teller->time_ns - wait->start_ns;
	struct record_wait_on record = {0};
	bool is_on_something;
	__u64 arguments[2];
	uint8_t reason = 0;

	if (!wait->start_ns || wait->start_ns > teller->time_ns ||
	    (!inside && age_ns < processors->options.outside_min_wait_ns))
		return;
	if (!read_goroutine(processors, key, &goid, &reason) && !inside)
		return;
	record.wait = open_wait(processors, teller->time_ns, key, wait, reason, arguments);
	/* Of the others there may be very many. */
	is_on_something =
		inside && open_on_find(processors->bpf, key, &record.wait, arguments, &record.on);
	tell(teller, &record.wait.header, RECORD_WAIT,
	     is_on_something ? sizeof(record) : sizeof(record.wait), inside ?: goid);
}

bool processors_find_on(const struct processors *processors, const struct gate_key *key,
			uint64_t now_ns, struct waited_on *on)
{
	struct hunted_wait wait;
	struct record_wait record;
	__u64 arguments[2];
	uint8_t reason;
	uint64_t goid;

	if (processors->bpf->bss->samples_waits)
		return open_on_find_polled(processors->bpf, key, NULL, on);
	if (bpf_map_lookup_elem(bpf_map__fd(processors->bpf->maps.waits), key, &wait) ||
	    !wait.start_ns || wait.start_ns > now_ns ||
	    !read_goroutine(processors, key, &goid, &reason))
		return false;
	record = open_wait(processors, now_ns, key, &wait, reason, arguments);
	return open_on_find(processors->bpf, key, &record, arguments, on);
}

static void tell_short_waits(const struct teller *teller, const struct gate_key *key,
			     const struct hunted_wait *wait)
{
	uint64_t goid = wait->is_inside && wait->count
				? goid_inside(teller->processors, key, wait->program)
				: 0;
	struct record_short_waits record = {
		.header = {.pid = (uint32_t)key->pid},
		.count = wait->count,
		.waiting_ns = wait->waiting_ns,
		.syscall_ns = wait->syscall_ns,
		.runnable_ns = wait->runnable_ns,
	};

	if (goid)
		tell(teller, &record.header, RECORD_SHORT_WAITS, sizeof(record), goid);
}

static void tell_thread(const struct teller *teller, const struct thread *thread)
{
	const struct gate_key key = {.g = thread->g, .pid = thread->pid};
	struct record_offcpu record = {
		.header = {.pid = thread->pid, .tid = thread->tid},
		.start_ns = thread->off_ns,
		.stack = thread->stack,
		.words = {thread->words[0], thread->words[1]},
		.sp = thread->sp,
		.first_frame = thread->first_frame,
		.by = thread->is_throttled ? OFFCPU_BY_QUOTA : OFFCPU_BY_UNKNOWN,
		.slept = thread->slept,
		.left_at = thread->left_at,
	};
	struct gate gate;

	if (!thread->off_ns || thread->off_ns > teller->time_ns ||
	    bpf_map_lookup_elem(bpf_map__fd(teller->processors->bpf->maps.gates), &key, &gate) ||
	    gate.state != GATE_OPEN)
		return;
	record.frame = gate.frame >> 32 ? 0 : (uint32_t)gate.frame;
	tell(teller, &record.header, RECORD_OFFCPU, sizeof(record), gate.goid);
}

#define BATCH 1024

static void walk_waits(const struct teller *teller)
{
	struct {
		struct gate_key keys[BATCH];
		struct hunted_wait waits[BATCH];
	} *batch = malloc(sizeof(*batch));
	uint32_t at, *from = NULL, count;
	int failed = 0;

	while (batch && !failed) {
		count = BATCH;
		failed = bpf_map_lookup_batch(bpf_map__fd(teller->processors->bpf->maps.waits),
					      from, &at, batch->keys, batch->waits, &count, NULL);
		if (failed && failed != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++) {
			if (teller->is_last)
				tell_short_waits(teller, &batch->keys[i], &batch->waits[i]);
			tell_wait(teller, &batch->keys[i], &batch->waits[i]);
		}
		from = &at;
	}
	free(batch);
}

static void walk_threads(const struct teller *teller)
{
	struct {
		uint32_t tids[BATCH];
		struct thread threads[BATCH];
	} *batch = malloc(sizeof(*batch));
	uint32_t at, *from = NULL, count;
	int failed = 0;

	while (batch && !failed) {
		count = BATCH;
		failed = bpf_map_lookup_batch(bpf_map__fd(teller->processors->bpf->maps.threads),
					      from, &at, batch->tids, batch->threads, &count, NULL);
		if (failed && failed != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++)
			tell_thread(teller, &batch->threads[i]);
		from = &at;
	}
	free(batch);
}

void processors_tell_open(struct processors *processors, uint64_t time_ns, bool is_last,
			  void (*tell_one)(void *context, const struct record *record),
			  void *context)
{
	const struct teller teller = {processors, time_ns, is_last, tell_one, context};

	if (!processors || !processors->options.is_wanted)
		return;
	if (!processors->bpf->bss->samples_waits)
		walk_waits(&teller);
	walk_threads(&teller);
}
